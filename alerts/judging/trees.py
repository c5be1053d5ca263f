"""What conditions mean at one site: a tree whose leaves look at values and whose branches join verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from alerts.judging.conditions import Band, Finding, Outside, Verdict
from alerts.judging.signals import Memory, Signal

Memories = dict[str, Memory]
Input = tuple[str, str, str]

# Two findings that are told apart by identity: nothing was ever heard; what was heard does not suffice.
_UNHEARD = Finding(Verdict.UNKNOWN)
_VAGUE = Finding(Verdict.UNKNOWN)


class Node(Protocol):
    """A condition at one site. Stateless: its memories are handed in."""

    def judge(self, memories: Mapping[str, Memory], at_us: int) -> Finding:
        """Return what is known at a moment, µs since the epoch."""

    def leaves(self) -> Iterator[Leaf]:
        """Yield what looks at values."""

    def measured(self) -> Node | None:
        """Return what of it is known by values alone, None when that is nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueLeaf:
    """A number made of one metric's values at one site, against a limit.

    Attributes:
        name: Names its memory; the same for leaves that remember the same.
        source: Kind, metric and site id of the values.
        signal: What makes the number.
        band: The limits.
        overdue_after_us: Age at which the newest value no longer tells the present.
    """

    name: str
    source: Input
    signal: Signal
    band: Band
    overdue_after_us: int

    def feed(self, memories: Memories, at_us: int, value: float) -> bool:
        """Take in a value; False for one that is not newer than the newest, which changes nothing."""
        memory = memories.get(self.name)
        if memory is None:
            memories[self.name] = self.signal.begin(at_us, value)
        elif at_us <= memory[0]:
            return False
        else:
            self.signal.add(memory, at_us, value)
        return True

    def judge(self, memories: Mapping[str, Memory], at_us: int) -> Finding:
        """Return what is known at a moment."""
        memory = memories.get(self.name)
        if memory is None:
            return _UNHEARD
        lost_at = memory[0] + self.overdue_after_us
        if at_us > lost_at:
            return Finding(Verdict.UNKNOWN, lost_at=lost_at)
        measured = self.signal.read(memory, at_us)
        if measured is None:
            return _VAGUE
        finding = self.band.found(measured.value)
        if measured.bound == 0 or _is_certain(finding.verdict, self.band, measured.bound):
            return finding
        return _VAGUE

    def leaves(self) -> Iterator[Leaf]:
        """Yield itself."""
        yield self

    def measured(self) -> Node:
        """Return itself."""
        return self


def _is_certain(verdict: Verdict, band: Band, bound: int) -> bool:
    """Tell whether a verdict stands although the true number may be greater or less, as `bound` says."""
    if isinstance(band, Outside) or verdict is Verdict.BETWEEN:
        return False
    return (verdict is Verdict.HOLDS) == (band.is_upward == (bound > 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentLeaf:
    """No timely value for some time. Memory: `[time of the newest timely value]`.

    Late values are left out: a backlog does not say that the sensor speaks, and an old file of readings does
    not say that it ever spoke in this present.

    Attributes:
        name: Names its memory.
        source: Kind, metric and site id of the values.
        after_us: For how long.
        overdue_after_us: Age at which a value is late.
    """

    name: str
    source: Input
    after_us: int
    overdue_after_us: int

    def feed(self, memories: Memories, at_us: int, _value: float) -> bool:
        """Take in a timely value; False for one that is not newer than the newest."""
        memory = memories.setdefault(self.name, [at_us - 1])
        if at_us <= memory[0]:
            return False
        memory[0] = at_us
        return True

    def judge(self, memories: Mapping[str, Memory], at_us: int) -> Finding:
        """Return what is known at a moment."""
        memory = memories.get(self.name)
        if memory is None:
            return _UNHEARD
        return Finding(Verdict.HOLDS if at_us >= memory[0] + self.after_us else Verdict.CLEARS)

    def due_at(self, memories: Mapping[str, Memory]) -> int | None:
        """Return when it begins to hold unless a value comes; None before the first value."""
        memory = memories.get(self.name)
        return None if memory is None else int(memory[0]) + self.after_us

    def leaves(self) -> Iterator[Leaf]:
        """Yield itself."""
        yield self

    def measured(self) -> None:
        """Return nothing: silence is no value."""
        return


Leaf = ValueLeaf | SilentLeaf


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Conditions of which each, or one, must hold.

    Attributes:
        parts: The conditions, the most important first.
        decisive: The verdict that one part suffices for: `CLEARS` when all must hold, `HOLDS` when any may.
    """

    parts: tuple[Node, ...]
    decisive: Verdict

    def judge(self, memories: Mapping[str, Memory], at_us: int) -> Finding:
        """Return what is known at a moment, told by the first part that says so and has a value.

        Where none has, nothing but silence decided.
        """
        findings = []
        for part in self.parts:
            finding = part.judge(memories, at_us)
            if finding.verdict is self.decisive and finding.value is not None:
                return finding
            findings.append(finding)
        return self._joined(findings)

    def _joined(self, findings: list[Finding]) -> Finding:
        if self.decisive is Verdict.HOLDS:
            # What was never heard of, a metric that this site does not measure, cannot keep an alarm alive.
            findings = [finding for finding in findings if finding is not _UNHEARD] or findings
        for verdict in (self.decisive, Verdict.UNKNOWN, Verdict.BETWEEN):
            said = [finding for finding in findings if finding.verdict is verdict]
            if said and verdict is Verdict.UNKNOWN:
                return _lost(said)
            if said:
                return _with_a_value(said)
        return _with_a_value(findings)

    def leaves(self) -> Iterator[Leaf]:
        """Yield what looks at values."""
        for part in self.parts:
            yield from part.leaves()

    def measured(self) -> Node | None:
        """Return the parts that are known by values."""
        parts = tuple(known for part in self.parts if (known := part.measured()) is not None)
        return Joined(parts=parts, decisive=self.decisive) if parts else None


def _with_a_value(findings: list[Finding]) -> Finding:
    return next((finding for finding in findings if finding.value is not None), findings[0])


def _lost(findings: list[Finding]) -> Finding:
    lost = [finding.lost_at for finding in findings if finding.lost_at is not None]
    return Finding(Verdict.UNKNOWN, lost_at=min(lost, default=None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """So many sites of which each meets its condition.

    A site of which nothing is known is not counted, and may be one of them all the same: it keeps an alarm
    from clearing.

    Attributes:
        parts: One condition per site.
        at_least: How many must hold.
    """

    parts: tuple[Node, ...]
    at_least: int

    def judge(self, memories: Mapping[str, Memory], at_us: int) -> Finding:
        """Return what is known at a moment; the value is the number of sites that meet the condition."""
        findings = [part.judge(memories, at_us) for part in self.parts]
        verdicts = [finding.verdict for finding in findings]
        held, limit = verdicts.count(Verdict.HOLDS), float(self.at_least)
        heard = len(verdicts) - sum(finding is _UNHEARD for finding in findings)
        if held >= self.at_least:
            return Finding(Verdict.HOLDS, float(held), limit)
        if not heard:
            return _UNHEARD
        if heard - verdicts.count(Verdict.CLEARS) < self.at_least:
            return Finding(Verdict.CLEARS, float(held), limit)
        is_lost = len(verdicts) - verdicts.count(Verdict.UNKNOWN) < self.at_least
        return _lost(findings) if is_lost else Finding(Verdict.BETWEEN, float(held), limit)

    def leaves(self) -> Iterator[Leaf]:
        """Yield what looks at values."""
        for part in self.parts:
            yield from part.leaves()

    def measured(self) -> Node | None:
        """Return the sites' conditions that are known by values."""
        parts = tuple(known for part in self.parts if (known := part.measured()) is not None)
        return Counted(parts=parts, at_least=self.at_least) if parts else None
