"""The house's size limits. Docstrings, blank lines and comments do not count: they help the reader."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.source import ROOT, docstring_lines, modules

FUNCTION_LINES = 50
MODULE_LINES = 400
CLASS_LINES = 200
POSITIONAL = 4

# What is larger, and why it may be: {"path::name": "reason"}.
EXCEPTIONS: dict[str, str] = {
    "storage/migrations/versions/0001_first_schema.py::upgrade": "a list of tables, written by Alembic",
}

MODULES = modules()


def code_lines(text: str, first: int, last: int, skipped: set[int]) -> int:
    """Count the lines of code from first to last, both counted from 1."""
    lines = text.splitlines()[first - 1 : last]
    return sum(
        1
        for number, line in enumerate(lines, start=first)
        if line.strip() and not line.strip().startswith("#") and number not in skipped
    )


def sized(path: Path, kinds: tuple[type, ...]) -> Iterator[tuple[str, int]]:
    """Yield the name and the lines of code of every definition of a kind in a module."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    skipped = docstring_lines(tree)
    for node in ast.walk(tree):
        if isinstance(node, kinds):
            yield node.name, code_lines(text, node.lineno, node.end_lineno or node.lineno, skipped)


def too_large(kinds: tuple[type, ...], limit: int) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}::{name} has {lines} lines, the limit is {limit}"
        for path in MODULES
        for name, lines in sized(path, kinds)
        if lines > limit and f"{path.relative_to(ROOT)}::{name}" not in EXCEPTIONS
    ]


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def test_no_function_is_longer_than_a_reader_can_hold():
    assert too_large(FUNCTIONS, FUNCTION_LINES) == []


def test_no_class_does_everything():
    assert too_large((ast.ClassDef,), CLASS_LINES) == []


def test_no_module_does_everything():
    sizes = {
        str(path.relative_to(ROOT)): code_lines(
            text := path.read_text(encoding="utf-8"),
            1,
            len(text.splitlines()),
            docstring_lines(ast.parse(text)),
        )
        for path in MODULES
    }
    assert {name: size for name, size in sizes.items() if size > MODULE_LINES} == {}


def test_the_usual_function_is_short():
    lengths = [lines for path in MODULES for _, lines in sized(path, FUNCTIONS)]
    assert statistics.median(lengths) <= 8
    assert statistics.quantiles(lengths, n=10)[-1] <= 30


def test_no_function_takes_more_positional_parameters_than_a_caller_can_order():
    crowded = [
        f"{path.relative_to(ROOT)}::{node.name}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, FUNCTIONS)
        and len([a for a in node.args.posonlyargs + node.args.args if _counts(a.arg)]) > POSITIONAL
    ]
    assert crowded == []


def _counts(argument: str) -> bool:
    # A name that begins with an underscore is not used: a library that calls us prescribes it.
    return argument not in ("self", "cls") and not argument.startswith("_")


@pytest.mark.parametrize("exception", EXCEPTIONS)
def test_an_exception_is_still_needed(exception):
    path, _, name = exception.partition("::")
    sizes = dict(sized(ROOT / path, (*FUNCTIONS, ast.ClassDef)))
    assert sizes[name] > FUNCTION_LINES
