"""From a value as it came to a metric: found by its path, read as a number, brought into its unit."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from devices.units import UNCHANGED, conversion, is_unit
from ingest.formats.sample import Unusable

Path = tuple[str, ...]

# What sensors and networks write when they have nothing to say; a source may name more.
WORDS_FOR_NOTHING = frozenset({"", "-", "--", "null", "none", "nan", "n/a", "na", "unknown", "unavailable"})
_NUMBER = re.compile(r"([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*)", re.ASCII | re.DOTALL)
_LONGEST_VALUE = 64
_STEP = re.compile(r"(?:[^.\\]|\\.)+")


def parse_path(text: str) -> Path:
    r"""Return the steps of a path: names with dots between them, where `\.` is a dot inside a name.

    Raises:
        ValueError: A step is empty.
    """
    steps = _STEP.findall(text)
    if not steps or ".".join(steps) != text:
        raise ValueError(
            f"'{text}' is not a path: write names with dots between them, \\. for a dot in a name"
        )
    return tuple(re.sub(r"\\(.)", r"\1", step) for step in steps)


def found(tree: object, path: Path) -> object:
    """Return what stands at a path, None where nothing does; in a list a step is a number counted from 0."""
    for step in path:
        if isinstance(tree, dict):
            tree = tree.get(step)
        elif isinstance(tree, list) and step.isascii() and step.isdecimal() and int(step[:9]) < len(tree):
            tree = tree[int(step)]
        else:
            return None
    return tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Where a metric stands in a message, and what the number there means.

    Attributes:
        metric: The metric's name.
        metric_unit: Its unit in the kind.
        paths: Where it may stand; the first that holds something counts.
        unit: The unit that the number has when the message tells none; "" for the metric's own.
        scale: What the number is multiplied with first, to be in `unit`.
        offset: What is added then.
        missing: Texts and numbers that mean that there is no value.
    """

    metric: str
    metric_unit: str
    paths: Sequence[Path]
    unit: str = ""
    scale: float = 1.0
    offset: float = 0.0
    missing: frozenset[str | float] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldValue:
    """A field as it was found in a message.

    Attributes:
        field: The field.
        path: Where it was found.
        raw: What stood there.
        number: The number that it says; None when it says that there is none.
        unit: The unit of `number`, "" for the metric's own.
        value: The number in the metric's unit; None when there is none.
    """

    field: Field
    path: Path
    raw: object
    number: float | None
    unit: str
    value: float | None


def read_field(field: Field, values: object, units: Mapping[str, str]) -> FieldValue | None:
    """Return what a message says about a field, None when it does not speak of it.

    Args:
        field: The field.
        values: The message's values.
        units: Last step of a path to its unit, where the message tells.

    Raises:
        Unusable: Something stands there that is no number, or has a unit that cannot become the metric's.
    """
    for path in field.paths:
        raw = found(values, path)
        if raw is not None:
            return _read(field, path, raw, units.get(path[-1], ""))
    return None


def _read(field: Field, path: Path, raw: object, told_unit: str) -> FieldValue:
    number, own_unit = (None, "") if _is_named_missing(field, raw) else _number(raw, path)
    unit = own_unit or told_unit or field.unit
    if number is None or number in field.missing:
        return FieldValue(field=field, path=path, raw=raw, number=None, unit=unit, value=None)
    value = _in_metric_unit(field, path, number, unit)
    if not math.isfinite(value):
        raise Unusable(f"the value at {shown(path)} is not a finite number")
    return FieldValue(field=field, path=path, raw=raw, number=number, unit=unit, value=value)


def _is_named_missing(field: Field, raw: object) -> bool:
    return isinstance(raw, str) and raw.strip() in field.missing


def _in_metric_unit(field: Field, path: Path, number: float, unit: str) -> float:
    way = conversion(unit, field.metric_unit)
    if way is None:
        wrong = unit if is_unit(unit) else "no known unit"
        raise Unusable(f"the value at {shown(path)} is in {wrong}, not in {field.metric_unit or 'none'}")
    if way == UNCHANGED and field.scale == 1 and field.offset == 0:
        return number
    # Nothing measures to the ninth decimal; what stands behind it is noise of binary fractions.
    return round(way(number * field.scale + field.offset), 9)


def _number(raw: object, path: Path) -> tuple[float | None, str]:
    """Return the number and the unit that stand in a value; no number for a word that means there is none."""
    if isinstance(raw, str):
        return _number_in_text(raw[: _LONGEST_VALUE + 1], path)
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise Unusable(f"the value at {shown(path)} is not a number")
    try:
        number = float(raw)
    except OverflowError:
        number = math.inf
    return (None if math.isnan(number) else number), ""


def _number_in_text(text: str, path: Path) -> tuple[float | None, str]:
    said = text.strip()
    if said.lower() in WORDS_FOR_NOTHING:
        return None, ""
    match = _NUMBER.fullmatch(said) if len(text) <= _LONGEST_VALUE else None
    if match is None:
        raise Unusable(f"the value at {shown(path)} is not a number")
    return float(match[1]), match[2]


def shown(path: Path) -> str:
    """Return a path as people write it."""
    return ".".join(step.replace("\\", "\\\\").replace(".", "\\.") for step in path)


def own_metrics(values: object) -> dict[str, float]:
    """Return values whose names are metrics already, in the metrics' units.

    Raises:
        Unusable: They are no mapping of at least one name to a finite number.
    """
    if not isinstance(values, dict) or not values:
        raise Unusable("values is not a mapping of at least one metric to a number")
    return {metric: _own_number(metric, value) for metric, value in values.items()}


def _own_number(metric: str, value: Any) -> float:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unusable(f"the value of {metric[:40]} is not a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise Unusable(f"the value of {metric[:40]} is not a finite number")
    return number
