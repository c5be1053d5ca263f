"""The project's own source, as the architecture tests look at it."""

from __future__ import annotations

import ast
import configparser
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = (
    "config",
    "storage",
    "devices",
    "people",
    "alerts",
    "ingest",
    "dashboard",
    "simulators",
    "notification",
    "pantau",
)


def modules() -> list[Path]:
    """Return every Python module of the rooms."""
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def project_files() -> list[Path]:
    """Return the files that belong to the project: those that git would keep, or all when there is no git."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        return sorted(path for path in ROOT.rglob("*") if path.is_file() and not _is_made(path))
    return sorted(path for name in listed if name and (path := ROOT / name).is_file())


def _is_made(path: Path) -> bool:
    made = {"var", "build", "dist", "__pycache__"}
    return any(part.startswith(".") or part in made for part in path.relative_to(ROOT).parts)


def docstring_lines(tree: ast.Module) -> set[int]:
    """Return the numbers of the lines that docstrings take."""
    taken: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and (
            ast.get_docstring(node, clean=False) is not None
        ):
            taken.update(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return taken


def metadata() -> configparser.ConfigParser:
    """Return `setup.cfg`."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def listed(section: str, key: str) -> list[str]:
    """Return the lines of one list in `setup.cfg`."""
    return [line for line in metadata()[section][key].splitlines() if line.strip()]
