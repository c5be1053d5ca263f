"""What the engine remembers of one rule at one site between two readings, in memory and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from alerts.journal.alarms import Severity
from storage.clock import from_us, to_us

# Times the patience: a sender that sends the past all day long is looked at all the same.
_LONGEST_WAIT = 4


class Phase(StrEnum):
    """Where a rule stands at a site.

    Attributes:
        NORMAL: Nothing to say.
        PENDING: The limit is reached, but not yet for as long as the rule wants.
        ACTIVE: There is an alarm.
    """

    NORMAL = "normal"
    PENDING = "pending"
    ACTIVE = "active"


class LateSpan(NamedTuple):
    """Values that came when newer ones had been judged already; times in µs since the epoch.

    Attributes:
        first_us: When the oldest of them was observed.
        last_us: When the newest of them was observed.
        heard_first_us: When the first of them came.
        heard_last_us: When the last of them came.
    """

    first_us: int
    last_us: int
    heard_first_us: int
    heard_last_us: int

    def with_one_more(self, at_us: int, heard_us: int) -> LateSpan:
        """Return the span that holds one more value."""
        first_us, last_us = min(self.first_us, at_us), max(self.last_us, at_us)
        return LateSpan(first_us, last_us, self.heard_first_us, max(self.heard_last_us, heard_us))

    def is_settled(self, now_us: int, patience_us: int) -> bool:
        """Tell whether nothing more seems to come, or enough time has passed to look all the same."""
        is_quiet = now_us - self.heard_last_us > patience_us
        return is_quiet or now_us - self.heard_first_us > _LONGEST_WAIT * patience_us


class State:
    """The memory of one rule at one site. Mutable: the engine that owns it changes it in place.

    Attributes:
        phase: Where the rule stands.
        observed_at: Observed time of the newest usable value; None before the first.
        since: When the phase began, in the sensor's time; None in `NORMAL`.
        severity: Severity with which the alarm was raised; None without an alarm.
        retrospective: True while only late data speak for the alarm.
        data_lost: True from `DATA_LOST` to `DATA_BACK`.
        clear_since: Since when an alarm's values have been clear while its off-delay runs; None else.
        begun_us: Names the alarm that is, or the last that was: µs since the epoch at its begin, or the next
            free one when the one before it began in the same moment; 0 before the first.
        memories: What the rule's conditions remember of values, by name; empty for a plain rule, to which the
            newest value is all that matters. `observed_at` is then the newest moment that was judged.
        late: Values of the past that wait for a second look; None when there are none.
    """

    __slots__ = (
        "begun_us",
        "clear_since",
        "data_lost",
        "late",
        "memories",
        "observed_at",
        "phase",
        "retrospective",
        "severity",
        "since",
    )

    def __init__(self, observed_at: datetime | None = None) -> None:
        self.observed_at = observed_at
        self.memories: dict[str, list[Any]] = {}
        self.late: LateSpan | None = None
        self.begun_us = 0
        self.end()

    def end(self) -> None:
        """Make it normal: no alarm, and none pending."""
        self.phase = Phase.NORMAL
        self.since: datetime | None = None
        self.severity: Severity | None = None
        self.retrospective = False
        self.data_lost = False
        self.clear_since: datetime | None = None

    def begin(self, at: datetime, severity: Severity, *, retrospective: bool) -> None:
        """Make it an alarm, with a name that no alarm before it had."""
        self.phase, self.since = Phase.ACTIVE, at
        self.severity, self.retrospective = severity, retrospective
        self.begun_us = max(to_us(at), self.begun_us + 1)

    def note_late(self, at_us: int, heard_us: int) -> None:
        """Remember that a value came after its time; what the state says of the present stays as it is."""
        known = self.late or LateSpan(at_us, at_us, heard_us, heard_us)
        self.late = known.with_one_more(at_us, heard_us)

    def as_json(self) -> dict[str, Any]:
        """Return the state as a mapping that JSON can hold; `from_json` gives it back exactly."""
        kept: dict[str, Any] = {
            "phase": self.phase.value,
            "observed_at": None if self.observed_at is None else to_us(self.observed_at),
            "since": None if self.since is None else to_us(self.since),
            "severity": None if self.severity is None else int(self.severity),
            "retrospective": self.retrospective,
            "data_lost": self.data_lost,
        }
        # Most states have none of these: they stay as small as they are many.
        if self.begun_us:
            kept["begun"] = self.begun_us
        if self.clear_since is not None:
            kept["clear_since"] = to_us(self.clear_since)
        if self.memories:
            kept["memories"] = _copied(self.memories)
        if self.late is not None:
            kept["late"] = list(self.late)
        return kept

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> State:
        """Return the state that `as_json` was called on."""
        state = cls(None if kept["observed_at"] is None else from_us(kept["observed_at"]))
        state.phase = Phase(kept["phase"])
        state.since = None if kept["since"] is None else from_us(kept["since"])
        state.severity = None if kept["severity"] is None else Severity(kept["severity"])
        state.retrospective = kept["retrospective"]
        state.data_lost = kept["data_lost"]
        # States that were kept before alarms had names of their own: those of active ones were their begins.
        state.begun_us = kept.get("begun", (kept["since"] or 0) if state.phase is Phase.ACTIVE else 0)
        state.clear_since = from_us(kept["clear_since"]) if "clear_since" in kept else None
        state.memories = _copied(kept.get("memories", {}))
        state.late = LateSpan(*kept["late"]) if "late" in kept else None
        return state


def _copied(memories: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """Return memories that share no list with these; they hold lists of numbers at most."""
    return {
        name: [list(part) if isinstance(part, list) else part for part in memory]
        for name, memory in memories.items()
    }


def calmed(states: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return kept states without any alarm, active or pending; what they remember of values stays."""
    found = {}
    for key, kept in states.items():
        state = State.from_json(kept)
        state.end()
        found[key] = state.as_json()
    return found
