"""Read a YAML file into frozen dataclasses, strictly, telling every fault with its line and column."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Mapping
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import yaml

from config.problems import ConfigError, Problem

T = TypeVar("T")

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_BOOL_WORDS = {"yes", "no", "on", "off", "y", "n"}


def load_file(path: Path, schema: type[T]) -> T:
    """Return the file as an instance of `schema`.

    Args:
        path: A YAML file holding one mapping.
        schema: A dataclass; its annotations are the schema, its defaults the defaults.

    Raises:
        ConfigError: Any fault at all: unreadable file, YAML syntax, unknown or duplicate key, wrong type,
            or a value that the dataclass refuses in `__post_init__`. All faults are told at once.
    """
    binder = _Binder(str(path))
    node = binder.parse(path)
    value = binder.bind(node, schema) if node is not None else None
    if binder.problems:
        raise ConfigError(binder.problems)
    return typing.cast(T, value)


def load_folder(folder: Path, schema: type[T]) -> dict[Path, T]:
    """Return every `*.yaml` file of a folder, by path, in the order of their names.

    Raises:
        ConfigError: The faults of all files together; also when the folder does not exist.
    """
    if not folder.is_dir():
        raise ConfigError([_whole(folder, "this folder does not exist; name another one with --config")])
    loaded: dict[Path, T] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            loaded[path] = load_file(path, schema)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return loaded


def parse_duration(text: str) -> timedelta:
    """Return a length of time written as `90s`, `5m`, `1h30m` or `2d`.

    Raises:
        ValueError: The text is not a sequence of numbers with the units ms, s, m, h or d.
    """
    if not re.fullmatch(f"(?:{_DURATION.pattern})+", text):
        raise ValueError(f"'{text}' is not a duration; write for example 30s, 5m or 1h30m")
    return timedelta(seconds=sum(float(n) * _SECONDS[unit] for n, unit in _DURATION.findall(text)))


def _whole(path: Path, message: str) -> Problem:
    return Problem(path=str(path), line=0, column=0, message=message)


class _Binder:
    """Turns YAML nodes into typed values, collecting faults instead of stopping at the first."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[Problem] = []

    def parse(self, path: Path) -> yaml.Node | None:
        try:
            node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except OSError as error:
            self.problems.append(_whole(path, f"cannot be read: {error.strerror}"))
        except UnicodeDecodeError:
            self.problems.append(_whole(path, "is not UTF-8 text"))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
            message = f"not valid YAML: {error.problem}"
            self.problems.append(Problem(path=self.path, line=line, column=column, message=message))
        else:
            if node is None:
                self.problems.append(_whole(path, "is empty"))
            return node
        return None

    def fault(self, node: yaml.Node, message: str) -> None:
        mark = node.start_mark
        self.problems.append(
            Problem(path=self.path, line=mark.line + 1, column=mark.column + 1, message=message)
        )

    def bind(self, node: yaml.Node, want: Any) -> Any:  # noqa: ANN401 - the schema decides the type
        origin = typing.get_origin(want)
        if origin in (typing.Union, types.UnionType):
            return self._bind_union(node, typing.get_args(want))
        if dataclasses.is_dataclass(want):
            return self._bind_dataclass(node, typing.cast(type, want))
        if origin is tuple:
            return self._bind_sequence(node, typing.get_args(want)[0])
        if origin in (Mapping, dict) or want is Mapping:
            return self._bind_mapping(node, typing.get_args(want)[1])
        return self._bind_scalar(node, want)

    def _bind_union(self, node: yaml.Node, options: tuple[Any, ...]) -> Any:  # noqa: ANN401
        """Bind to the first option that fits; a union of None and one type tells that type's faults."""
        if type(None) in options and node.tag == "tag:yaml.org,2002:null":
            return None
        real = [option for option in options if option is not type(None)]
        for option in real[:-1]:
            trial = _Binder(self.path)
            value = trial.bind(node, option)
            if not trial.problems:
                return value
        return self.bind(node, real[-1])

    def _bind_dataclass(self, node: yaml.Node, want: type) -> Any:  # noqa: ANN401
        if not isinstance(node, yaml.MappingNode):
            return self.fault(node, f"expected a mapping of settings here, found {_said(node)}")
        hints = typing.get_type_hints(want)
        fields = {f.name: f for f in dataclasses.fields(want) if f.init}
        before = len(self.problems)
        given: dict[str, Any] = {}
        for key, value in self._items(node):
            if key not in fields:
                self.fault(value, f"unknown key '{key}'; known here: {', '.join(sorted(fields))}")
            else:
                given[key] = self.bind(value, hints[key])
        for name, field in fields.items():
            if name not in given and field.default is field.default_factory is dataclasses.MISSING:
                self.fault(node, f"'{name}' is missing")
        if len(self.problems) > before:
            return None
        try:
            return want(**given)
        except ValueError as error:
            return self.fault(node, str(error))

    def _items(self, node: yaml.MappingNode) -> list[tuple[str, yaml.Node]]:
        seen: set[str] = set()
        items = []
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.fault(key, "a key must be plain text")
                continue
            if key.tag == "tag:yaml.org,2002:bool":
                self.fault(
                    key, f"YAML reads the key {key.value} as true/false; write '{key.value}' in quotes"
                )
            if key.value in seen:
                self.fault(key, f"'{key.value}' stands here twice; keep one")
                continue
            seen.add(key.value)
            items.append((key.value, value))
        return items

    def _bind_sequence(self, node: yaml.Node, want: Any) -> Any:  # noqa: ANN401
        if not isinstance(node, yaml.SequenceNode):
            return self.fault(node, f"expected a list here, found {_said(node)}")
        return tuple(self.bind(item, want) for item in node.value)

    def _bind_mapping(self, node: yaml.Node, want: Any) -> Any:  # noqa: ANN401
        if not isinstance(node, yaml.MappingNode):
            return self.fault(node, f"expected a mapping here, found {_said(node)}")
        return {key: self.bind(value, want) for key, value in self._items(node)}

    def _bind_scalar(self, node: yaml.Node, want: Any) -> Any:  # noqa: ANN401
        if not isinstance(node, yaml.ScalarNode):
            return self.fault(node, f"expected {_named(want)} here, found {_said(node)}")
        try:
            return _scalar(node, want)
        except ValueError as error:
            return self.fault(node, str(error))


def _scalar(node: yaml.ScalarNode, want: Any) -> Any:  # noqa: ANN401 - the schema decides the type
    if want is timedelta:
        return parse_duration(node.value)
    if isinstance(want, type) and issubclass(want, Enum):
        return _member(node.value, want)
    value = yaml.SafeLoader("").construct_object(node)
    if want is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, bool) and want is not bool and node.value.lower() in _BOOL_WORDS:
        raise ValueError(f"YAML reads {node.value} as true/false; write '{node.value}' in quotes")
    if type(value) is not want:
        raise ValueError(f"expected {_named(want)}, found {_said(node)}")
    return value


def _member(text: str, want: type[Enum]) -> Enum:
    for member in want:
        if text == str(member.value) or text == member.name.lower():
            return member
    known = ", ".join(m.name.lower() if isinstance(m.value, int) else str(m.value) for m in want)
    raise ValueError(f"'{text}' is not one of: {known}")


def _named(want: Any) -> str:  # noqa: ANN401
    names = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
    return names.get(want, "a duration" if want is timedelta else str(getattr(want, "__name__", want)))


def _said(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return f"'{node.value}'"
    return "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"
