"""Read YAML files into frozen dataclasses, strictly, telling every fault with its line and column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

import yaml

from config.binding import Binder, problem_at
from config.problems import ConfigError, Problem

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Document(Generic[T]):
    """A file as a value that still knows its places, for faults that only show from outside the file.

    Attributes:
        path: The file, as the caller named it.
        value: What it says.
        text: What stands in it.
    """

    path: Path
    value: T
    text: str = field(repr=False)
    _node: yaml.Node = field(repr=False)

    def problem(self, message: str, *keys: str | int) -> Problem:
        """Return a fault at the place that `keys` lead to, like `("rules", 0, "kind")`.

        A key that the file leaves out means the place of the mapping that lacks it.
        """
        return problem_at(str(self.path), _reached(self._node, keys), message)

    def gives(self, *keys: str | int) -> bool:
        """Tell whether the file itself says something at the place that `keys` lead to."""
        *above, last = keys
        node = _reached(self._node, above)
        return isinstance(node, yaml.MappingNode) and any(name.value == last for name, _ in node.value)

    def line(self, *keys: str | int) -> int:
        """Return the line of the place that `keys` lead to, counted from 1."""
        return _reached(self._node, keys).start_mark.line + 1


def _reached(node: yaml.Node, keys: Sequence[str | int]) -> yaml.Node:
    for key in keys:
        if isinstance(node, yaml.SequenceNode) and isinstance(key, int):
            node = node.value[key]
        elif isinstance(node, yaml.MappingNode):
            node = next((value for name, value in node.value if name.value == key), node)
    return node


def read_document(path: Path, schema: type[T]) -> Document[T]:
    """Return the file as an instance of `schema`, with its places.

    Args:
        path: A YAML file holding one mapping.
        schema: A dataclass; its annotations are the schema, its defaults the defaults.

    Raises:
        ConfigError: Any fault at all: unreadable file, YAML syntax, unknown or duplicate key, wrong type,
            or a value that the dataclass refuses in `__post_init__`. All faults are told at once.
    """
    text = _text(path)
    node = _parse(path, text)
    binder = Binder(str(path))
    value = binder.bind(node, schema)
    if binder.problems:
        raise ConfigError(binder.problems)
    return Document(path, value, text, node)


def read_folder(folder: Path, schema: type[T]) -> tuple[list[Document[T]], list[Problem]]:
    """Return every `*.yaml` file of a folder in the order of their names, and the faults of those that fail.

    For callers that go on to find faults between files, so that all can be told at once.

    Raises:
        ConfigError: The folder does not exist.
    """
    if not folder.is_dir():
        raise ConfigError([_whole(folder, "this folder does not exist; name another one with --config")])
    documents: list[Document[T]] = []
    problems = [
        _whole(path, "would not be read; let its name end in .yaml") for path in sorted(folder.glob("*.yml"))
    ]
    for path in sorted(folder.glob("*.yaml")):
        try:
            documents.append(read_document(path, schema))
        except ConfigError as error:
            problems += error.problems
    return documents, problems


def load_file(path: Path, schema: type[T]) -> T:
    """Return the file as an instance of `schema`.

    Raises:
        ConfigError: As `read_document`.
    """
    return read_document(path, schema).value


def load_folder(folder: Path, schema: type[T]) -> dict[Path, T]:
    """Return every `*.yaml` file of a folder, by path, in the order of their names.

    Raises:
        ConfigError: The faults of all files together; also when the folder does not exist.
    """
    documents, problems = read_folder(folder, schema)
    if problems:
        raise ConfigError(problems)
    return {document.path: document.value for document in documents}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError([_whole(path, f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([_whole(path, "is not UTF-8 text")]) from error


def _parse(path: Path, text: str) -> yaml.Node:
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise ConfigError([_unparsed(path, error)]) from error
    except yaml.YAMLError as error:
        raise ConfigError([_whole(path, "holds a character that YAML does not allow")]) from error
    if node is None:
        raise ConfigError([_whole(path, "is empty")])
    return node


def _unparsed(path: Path, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    advice = "; indent with spaces, not tabs" if "\\t" in str(error.problem) else ""
    return Problem(
        path=str(path), line=line, column=column, message=f"not valid YAML: {error.problem}{advice}"
    )


def _whole(path: Path, message: str) -> Problem:
    return Problem(path=str(path), line=0, column=0, message=message)
