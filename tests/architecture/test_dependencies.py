"""What Pantau leans on: few libraries, each with its reason, all locked."""

from __future__ import annotations

import ast
import re
import sys

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from support.source import ROOMS, ROOT, listed, modules

CONSTRAINTS = ROOT / "constraints.txt"
RUNTIME = [Requirement(line) for line in listed("options", "install_requires")]
EXTRAS = [
    Requirement(line) for extra in ("test", "check") for line in listed("options.extras_require", extra)
]
# Distributions whose modules have another name.
MODULE_OF = {
    "paho-mqtt": "paho",
    "fpdf2": "fpdf",
    "pyyaml": "yaml",
    "python-multipart": "multipart",
    "influxdb-client": "influxdb_client",
    "argon2-cffi": "argon2",
}


def locked() -> dict[str, list[Requirement]]:
    pins: dict[str, list[Requirement]] = {}
    for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            pin = Requirement(line)
            pins.setdefault(canonicalize_name(pin.name), []).append(pin)
    return pins


PINS = locked()


@pytest.mark.parametrize("requirement", RUNTIME, ids=lambda r: r.name)
def test_every_dependency_has_its_reason_in_the_architecture(requirement):
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    name = re.escape(requirement.name).replace(r"\-", "[-_]")
    assert re.search(rf"(?i)\b{name}\b.{{20,}}", page), f"{requirement.name} has no reason in ARCHITECTURE.md"


@pytest.mark.parametrize("requirement", RUNTIME + EXTRAS, ids=lambda r: r.name)
def test_every_dependency_is_locked_inside_its_bounds(requirement):
    pins = PINS[canonicalize_name(requirement.name)]
    for pin in pins:
        (exact,) = pin.specifier
        assert exact.operator == "=="
        assert requirement.specifier.contains(Version(exact.version)), f"{pin} is outside {requirement}"


@pytest.mark.parametrize("requirement", RUNTIME, ids=lambda r: r.name)
def test_every_dependency_is_bounded_on_both_sides(requirement):
    operators = {specifier.operator for specifier in requirement.specifier}
    assert {">=", "<"} <= operators


@pytest.mark.parametrize("name", PINS)
def test_every_locked_version_is_exact_and_at_most_one_holds_at_a_time(name):
    for version in ("3.11", "3.12", "3.13"):
        environment = {
            "python_version": version,
            "python_full_version": f"{version}.0",
            "sys_platform": "linux",
        }
        held = [pin for pin in PINS[name] if pin.marker is None or pin.marker.evaluate(environment)]
        assert len(held) <= 1
    assert all(re.fullmatch(r"==[^*,]+", str(pin.specifier)) for pin in PINS[name])


def test_only_named_dependencies_are_imported():
    allowed = {MODULE_OF.get(r.name.lower(), r.name.lower().replace("-", "_")) for r in RUNTIME}
    # dash[fastapi] is asked for by that name and brings these.
    allowed |= {"fastapi", "starlette", "uvicorn", "pydantic"} if any(r.extras for r in RUNTIME) else set()
    imported = {
        name.partition(".")[0]
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _imported(node)
    }
    assert imported - allowed - set(ROOMS) - set(sys.stdlib_module_names) == set()


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
