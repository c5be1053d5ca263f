"""What a value must be like as a whole, as checks that each name the keys they look at.

So the checks that still make sense can be made of a mapping some of whose keys are wrong already, and all its
faults be told at once, each at its key.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

_T = TypeVar("_T")
Check = Callable[[Any], str | None]


class Fault(NamedTuple):
    """What is wrong with a value.

    Attributes:
        key: Where to mend it; "" for the value as a whole.
        message: What is wrong and what to write instead.
    """

    key: str
    message: str


class UnsoundError(ValueError):
    """A value is not what it must be.

    Attributes:
        faults: Everything that is wrong with it; never empty.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(fault.message for fault in faults))


def check(*keys: str, at: str | None = None) -> Callable[[Check], Check]:
    """Make a method a check, which returns what is wrong, None when nothing is.

    Args:
        keys: Every field that it looks at.
        at: The field at which its fault is told; the first of the keys by default, "" for the whole.
    """

    def marked(method: Check) -> Check:
        method._looks_at = (keys[0] if at is None else at, keys)  # type: ignore[attr-defined]
        return method

    return marked


def require_sound(value: object) -> None:
    """Return when every check of a value's class finds nothing.

    Raises:
        UnsoundError: Everything that they find.
    """
    faults = list(faults_of(value))
    if faults:
        raise UnsoundError(faults)


def faults_of(value: object, unknown: Collection[str] = ()) -> Iterator[Fault]:
    """Yield what the checks of a value's class find; those that look at an unknown field are left out."""
    for owner in reversed(type(value).__mro__):
        for method in vars(owner).values():
            at, keys = getattr(method, "_looks_at", ("", ()))
            if keys and not set(keys).intersection(unknown):
                message = method(value)
                if message:
                    yield Fault(at, message)


def incomplete(want: type[_T], given: Mapping[str, Any]) -> _T:
    """Return a dataclass of which only some fields are known; the others have their defaults, or are unset.

    Only good for checks that look at the fields that are known.
    """
    value = object.__new__(want)
    for field in dataclasses.fields(want):  # type: ignore[arg-type]
        if field.name in given:
            object.__setattr__(value, field.name, given[field.name])
        elif field.default is not dataclasses.MISSING:
            object.__setattr__(value, field.name, field.default)
        elif field.default_factory is not dataclasses.MISSING:
            object.__setattr__(value, field.name, field.default_factory())
    return value
