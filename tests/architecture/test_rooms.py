"""The rooms: which way imports run, what stands in them and what does not."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.source import ROOMS, ROOT, metadata, modules, project_files

VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "manager", "managers", "misc", "tools"}
SKIPPED_FOLDERS = {".git", "node_modules"}


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def named(paths) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def test_imports_run_the_way_the_contracts_say():
    program = shutil.which("lint-imports", path=str(Path(sys.executable).parent)) or shutil.which(
        "lint-imports"
    )
    if program is None:
        pytest.skip("import-linter is not installed: pip install '.[check]'")
    run = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_room_is_under_contract():
    contracts = metadata()
    assert set(contracts["importlinter"]["root_packages"].split()) == set(ROOMS)
    layers = re.split(r"[\s|]+", contracts["importlinter:contract:rooms"]["layers"].strip())
    assert sorted(layers) == sorted(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_decides(room):
    for path in (ROOT / room).rglob("__init__.py"):
        assert len(ast.get_docstring(parsed(path)) or "") > 10, path
    purpose = ast.get_docstring(parsed(ROOT / room / "__init__.py")) or ""
    assert re.search(r"\b(not|no|nothing)\b", purpose), f"{room} does not say what it leaves to others"


def test_every_module_says_what_it_is_for():
    assert named(path for path in modules() if not ast.get_docstring(parsed(path))) == []


def test_no_module_has_a_name_that_says_nothing():
    assert (
        named(path for path in modules() if {path.stem, *path.parent.relative_to(ROOT).parts} & VAGUE_NAMES)
        == []
    )


def test_no_package_stands_under_tests_to_shadow_a_room():
    assert named((ROOT / "tests").rglob("__init__.py")) == []


def test_every_test_folder_mirrors_a_room():
    folders = {path.name for path in (ROOT / "tests" / "unit").iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders <= set(ROOMS)


def test_only_the_console_prints():
    printing = [
        path
        for path in modules()
        if path != ROOT / "pantau" / "console.py"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert named(printing) == []


def test_nothing_names_the_machine_it_was_made_on():
    here = re.escape(str(ROOT).encode())
    home = re.compile(rb"/(?:home|Users)/[a-z][\w.-]*/|[A-Z]:\\\\Users|" + here)
    guilty = [
        path
        for path in project_files()
        if path.name != "test_rooms.py"
        and path.suffix not in (".png", ".pmtiles", ".woff2")
        and home.search(path.read_bytes())
    ]
    assert named(guilty) == []


def test_no_work_is_left_without_a_place_where_it_is_tracked():
    marks = re.compile(r"#.*\b(?:TODO|FIXME|XXX)\b(?!.*(?:#\d+|https?://))")
    assert named(path for path in modules() if marks.search(path.read_text(encoding="utf-8"))) == []


def test_a_skipped_test_says_what_is_missing():
    silent = [
        path
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("pytest.skip", "pytest.mark.skip")
        and not (node.args or node.keywords)
    ]
    assert named(silent) == []
