"""YAML nodes become typed values by a schema of dataclasses; every fault is kept with its place."""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from enum import Enum
from typing import Any

import yaml

from config.checks import Fault, UnsoundError, faults_of, incomplete
from config.durations import parse_duration
from config.problems import Problem

_TAG = "tag:yaml.org,2002:"
# YAML 1.1 also reads 010 as 8, 1:30 as 90 and 1_0 as 10; nobody who writes a limit means that.
_NUMBER = {
    int: re.compile(r"[-+]?(?:0|[1-9]\d*)"),
    float: re.compile(r"[-+]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"),
}
_COMMA = re.compile(r"[-+]?\d+,\d+")
_NAMES = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    timedelta: "a duration",
}


def problem_at(path: str, node: yaml.Node, message: str) -> Problem:
    """Return a fault at the place where a node begins."""
    mark = node.start_mark
    return Problem(path=path, line=mark.line + 1, column=mark.column + 1, message=message)


class Binder:
    """Turns YAML nodes into typed values, collecting faults instead of stopping at the first.

    A schema is made of dataclasses, `tuple[T, ...]`, `tuple[A, B]`, `Mapping[str, T]`, unions, enums, `str`,
    `int`, `float`, `bool` and `timedelta`.

    Args:
        path: The file, as faults name it.

    Attributes:
        problems: The faults so far; a value that `bind` returned is only good while there are none.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[Problem] = []

    def bind(self, node: yaml.Node, want: Any) -> Any:  # noqa: ANN401 - the schema decides the type
        """Return the node as the type wanted, or None and a fault more."""
        origin = typing.get_origin(want)
        if origin in (typing.Union, types.UnionType):
            return self._bind_union(node, typing.get_args(want))
        if dataclasses.is_dataclass(want):
            return self._bind_dataclass(node, typing.cast(type, want))
        if origin is tuple:
            return self._bind_sequence(node, typing.get_args(want))
        if origin in (Mapping, dict):
            return self._bind_mapping(node, typing.get_args(want)[1])
        return self._bind_scalar(node, want)

    def _fault(self, node: yaml.Node, message: str) -> None:
        self.problems.append(problem_at(self.path, node, message))

    def _bind_union(self, node: yaml.Node, options: tuple[Any, ...]) -> Any:  # noqa: ANN401
        """Bind to the option of the node's shape, whose faults are then told; else to the first that fits."""
        if type(None) in options and node.tag == f"{_TAG}null":
            return None
        real = [option for option in options if option is not type(None)]
        fitting = [option for option in real if isinstance(node, _shape(option))]
        if not fitting:
            return self._fault(node, f"expected {' or '.join(map(_named, real))} here, found {_said(node)}")
        for option in fitting[:-1]:
            trial = Binder(self.path)
            value = trial.bind(node, option)
            if not trial.problems:
                return value
        return self.bind(node, fitting[-1])

    def _bind_dataclass(self, node: yaml.Node, want: type) -> Any:  # noqa: ANN401
        if not isinstance(node, yaml.MappingNode):
            return self._fault(node, f"expected a mapping of settings here, found {_said(node)}")
        before = len(self.problems)
        given, unknown = self._bind_fields(node, want)
        if len(self.problems) > before:
            return self._tell(node, faults_of(incomplete(want, given), unknown))
        try:
            return want(**given)
        except UnsoundError as error:
            return self._tell(node, error.faults)
        except ValueError as error:
            return self._fault(node, str(error))

    def _tell(self, node: yaml.MappingNode, faults: Iterable[Fault]) -> None:
        """Keep faults of a mapping as a whole, each at its key where that is given."""
        places = {key.value: value for key, value in node.value}
        for fault in faults:
            self._fault(places.get(fault.key, node), fault.message)

    def _bind_fields(self, node: yaml.MappingNode, want: type) -> tuple[dict[str, Any], set[str]]:
        """Return what is given and right, and the names of which it cannot be said what they were to be."""
        hints = typing.get_type_hints(want)
        fields = {f.name: f for f in dataclasses.fields(want) if f.init}
        given: dict[str, Any] = {}
        wrong: set[str] = set()
        strange = False
        for key, value in self._items(node):
            if key.value not in fields:
                strange = True
                self._fault(key, _unknown(key.value, sorted(fields)))
                continue
            before = len(self.problems)
            given[key.value] = self.bind(value, hints[key.value])
            if len(self.problems) > before:
                wrong.add(key.value)
        for name, field in fields.items():
            if name not in given and field.default is field.default_factory is dataclasses.MISSING:
                wrong.add(name)
                self._fault(node, f"'{name}' is missing")
        return given, wrong | (fields.keys() - given.keys() if strange else set())

    def _items(self, node: yaml.MappingNode) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
        items: dict[str, tuple[yaml.ScalarNode, yaml.Node]] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._fault(key, "a key must be plain text")
            elif key.tag == f"{_TAG}bool":
                self._fault(key, _quote_it(key, "the key "))
            elif key.value in items:
                self._fault(key, f"'{key.value}' stands here twice; keep one")
            else:
                items[key.value] = (key, value)
        return list(items.values())

    def _bind_sequence(self, node: yaml.Node, wants: tuple[Any, ...]) -> Any:  # noqa: ANN401
        if not isinstance(node, yaml.SequenceNode):
            return self._fault(node, f"expected a list here, found {_said(node)}")
        if wants[-1] is Ellipsis:
            return tuple(self.bind(item, wants[0]) for item in node.value)
        if len(node.value) != len(wants):
            return self._fault(node, f"expected a list of {len(wants)} here, found {len(node.value)}")
        return tuple(self.bind(item, want) for item, want in zip(node.value, wants, strict=True))

    def _bind_mapping(self, node: yaml.Node, want: Any) -> Any:  # noqa: ANN401
        if not isinstance(node, yaml.MappingNode):
            return self._fault(node, f"expected a mapping here, found {_said(node)}")
        return {key.value: self.bind(value, want) for key, value in self._items(node)}

    def _bind_scalar(self, node: yaml.Node, want: Any) -> Any:  # noqa: ANN401
        if not isinstance(node, yaml.ScalarNode):
            return self._fault(node, f"expected {_named(want)} here, found {_said(node)}")
        try:
            return _scalar(node, want)
        except ValueError as error:
            return self._fault(node, str(error))


def _unknown(key: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    meant = f": did you mean '{near[0]}'?" if near else ";"
    return f"unknown key '{key}'{meant} known here: {', '.join(known)}"


def _scalar(node: yaml.ScalarNode, want: Any) -> Any:  # noqa: ANN401 - the schema decides the type
    if want is timedelta:
        return parse_duration(node.value)
    if isinstance(want, type) and issubclass(want, Enum):
        return _member(node.value, want)
    if want in _NUMBER and node.style is None and _NUMBER[want].fullmatch(node.value):
        number = want(node.value)
        if math.isfinite(number):
            return number
    if want is bool and node.tag == f"{_TAG}bool":
        return node.value.lower() in ("true", "yes", "on", "y")
    if want is str and node.tag == f"{_TAG}str":
        return node.value
    if want is str and node.tag == f"{_TAG}bool":
        raise ValueError(_quote_it(node))
    advice = "; write a decimal point, not a comma" if want is float and _COMMA.fullmatch(node.value) else ""
    raise ValueError(f"expected {_named(want)}, found {_said(node)}{advice}")


def _member(text: str, want: type[Enum]) -> Enum:
    """Find a member by its value where that is text, by its name in small letters where it is a number."""
    known = {m.value if isinstance(m.value, str) else m.name.lower(): m for m in want}
    if text not in known:
        raise ValueError(f"'{text}' is not one of: {', '.join(known)}")
    return known[text]


def _quote_it(node: yaml.ScalarNode, what: str = "") -> str:
    return f"YAML reads {what}{node.value} as true/false; write '{node.value}' in quotes"


def _shape(want: Any) -> type[yaml.Node]:  # noqa: ANN401
    if dataclasses.is_dataclass(want) or typing.get_origin(want) in (Mapping, dict):
        return yaml.MappingNode
    return yaml.SequenceNode if typing.get_origin(want) is tuple else yaml.ScalarNode


def _named(want: Any) -> str:  # noqa: ANN401
    if want in _NAMES:
        return _NAMES[want]
    if dataclasses.is_dataclass(want):
        names = ", ".join(field.name for field in dataclasses.fields(want))
        return f"a mapping with {names}"
    shapes = {yaml.MappingNode: "a mapping", yaml.SequenceNode: "a list", yaml.ScalarNode: "one value"}
    return shapes[_shape(want)]


def _said(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return f"'{node.value}'"
    return "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"
