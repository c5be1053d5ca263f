"""From a schema of dataclasses to JSON Schema, so that editors complete and check what people write."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Mapping
from datetime import timedelta
from enum import Enum
from typing import Any

Schema = dict[str, Any]

_DURATION = r"^(\d+(\.\d+)?(ms|s|m|h|d))+$"
_SIMPLE: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    timedelta: {"type": "string", "pattern": _DURATION, "examples": ["30s", "5m", "1h30m"]},
}


def json_schema(want: type, *, title: str, extras: Mapping[type, Schema] | None = None) -> Schema:
    """Return the JSON Schema, draft 2020-12, of a file that is bound to a dataclass.

    Args:
        want: The dataclass; descriptions come from the `Attributes` of its docstring.
        title: What editors call the file.
        extras: By dataclass, what types alone do not say; `properties` are united with what types say.
    """
    definitions: dict[str, Schema] = {}
    reference = _Writer(definitions, extras or {}).schema_of(want)
    draft = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": draft, "title": title, **reference, "$defs": dict(sorted(definitions.items()))}


class _Writer:
    def __init__(self, definitions: dict[str, Schema], extras: Mapping[type, Schema]) -> None:
        self._definitions = definitions
        self._extras = extras

    def schema_of(self, want: Any) -> Schema:  # noqa: ANN401 - a type of any sort
        origin = typing.get_origin(want)
        if want in _SIMPLE:
            return dict(_SIMPLE[want])
        if origin in (typing.Union, types.UnionType):
            return {"anyOf": [self.schema_of(option) for option in typing.get_args(want)]}
        if dataclasses.is_dataclass(want):
            return self._reference(typing.cast(type, want))
        if origin is tuple:
            return self._array(typing.get_args(want))
        if origin in (Mapping, dict):
            return {"type": "object", "additionalProperties": self.schema_of(typing.get_args(want)[1])}
        return {"enum": [_written(member) for member in want]}

    def _array(self, wants: tuple[Any, ...]) -> Schema:
        if wants[-1] is Ellipsis:
            return {"type": "array", "items": self.schema_of(wants[0])}
        items = [self.schema_of(want) for want in wants]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}

    def _reference(self, want: type) -> Schema:
        name = want.__name__
        if name not in self._definitions:
            self._definitions[name] = {}  # so that a dataclass may hold itself
            self._definitions[name] = self._object(want)
        return {"$ref": f"#/$defs/{name}"}

    def _object(self, want: type) -> Schema:
        hints, said = typing.get_type_hints(want), _described(want)
        extra = dict(self._extras.get(want, {}))
        more = extra.pop("properties", {})
        fields = [field for field in dataclasses.fields(want) if field.init]
        properties = {
            field.name: {
                **self.schema_of(hints[field.name]),
                **({"description": said[field.name]} if field.name in said else {}),
                **more.get(field.name, {}),
            }
            for field in fields
        }
        required = [f.name for f in fields if f.default is f.default_factory is dataclasses.MISSING]
        return {
            "type": "object",
            "description": (want.__doc__ or "").split("\n", 1)[0],
            "properties": properties,
            "required": required,
            "additionalProperties": False,
            **extra,
        }


def _written(member: Enum) -> str:
    return member.value if isinstance(member.value, str) else member.name.lower()


def _described(want: type) -> dict[str, str]:
    """Return what the docstrings of a dataclass and of those it extends say about each attribute."""
    said: dict[str, str] = {}
    for each in reversed(want.__mro__):
        _, _, attributes = (each.__doc__ or "").partition("Attributes:\n")
        for name, text in re.findall(r"^ {8}(\w+): (.*(?:\n {12}.*)*)", attributes, re.MULTILINE):
            said[name] = re.sub(r"\s+", " ", text).strip()
    return said
