"""Read YAML files into frozen dataclasses, strictly, telling every fault with its line and column."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

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
        is_whole: False for what is left of a file with faults, without the items of its lists that have one.
    """

    path: Path
    value: T
    text: str = field(repr=False)
    _node: yaml.Node = field(repr=False)
    is_whole: bool = True

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


def read_folder(
    folder: Path, schema: type[T], *, partly: bool = False
) -> tuple[list[Document[T]], list[Problem]]:
    """Return every `*.yaml` file of a folder in the order of their names, and the faults of those that fail.

    For callers that go on to find faults between files, so that all can be told at once.

    Args:
        folder: Where the files are.
        schema: As for `read_document`.
        partly: Give what is right of the files that fail too, as documents that are not whole.

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
        document, faults = read_what_is_right(path, schema)
        documents += [document] if document and (partly or document.is_whole) else []
        problems += faults
    return documents, problems


def read_what_is_right(path: Path, schema: type[T]) -> tuple[Document[T] | None, list[Problem]]:
    """Return a file with its faults: of one that has any, what is left without the items that have one."""
    try:
        text = _text(path)
        node = _parse(path, text)
    except ConfigError as error:
        return None, list(error.problems)
    binder = Binder(str(path))
    value = binder.bind(node, schema)
    if not binder.problems:
        return Document(path, value, text, node), []
    left = _without_faulty_items(node, schema)
    rest = Binder(str(path))
    value = rest.bind(left, schema)
    document = None if rest.problems else Document(path, value, text, left, is_whole=False)
    return document, binder.problems


def _without_faulty_items(node: yaml.Node, schema: type) -> yaml.Node:
    """Return a mapping whose lists have lost the items that do not bind."""
    if not isinstance(node, yaml.MappingNode):
        return node
    hints = typing.get_type_hints(schema)
    pairs = [(key, _sound_items(value, hints.get(key.value))) for key, value in node.value]
    return yaml.MappingNode(node.tag, pairs, node.start_mark, node.end_mark)


def _sound_items(node: yaml.Node, want: Any) -> yaml.Node:  # noqa: ANN401 - the schema decides the type
    wants = typing.get_args(want)
    is_list = typing.get_origin(want) is tuple and Ellipsis in wants
    if not is_list or not isinstance(node, yaml.SequenceNode):
        return node
    sound = []
    for item in node.value:
        binder = Binder("")
        binder.bind(item, wants[0])
        sound += [] if binder.problems else [item]
    return yaml.SequenceNode(node.tag, sound, node.start_mark, node.end_mark)


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
