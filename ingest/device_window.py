"""The last hours of one device: each point judged and completed from the points around it.

What a point's flags and derived values are depends on the points of the window alone, never on the order in
which they came. A point that comes late, or is the successor that a spike was waiting for, makes other points
be judged anew; those that change are corrections.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from devices.registry import Site
from ingest.derivation import Derived, Point, derive
from ingest.history import History
from ingest.judging import among_neighbours, point_flag
from ingest.plan import Plan, Step
from ingest.quality import aggregate
from ingest.slots import Slots
from storage.clock import from_us, to_us
from storage.readings import Flag, Reading

_SLACK = 0.25  # of the points may be too old before they are dropped: dropping one by one would cost more


class DeviceWindow:
    """The points of one device at one site, as far back as a late reading may still change anything.

    Not thread-safe; its maker owns it.

    Args:
        plan: What is done with readings of the kind at the site.
        site: Where the device stands.
        device_id: The device.

    Attributes:
        neighbours: Windows of the same kind with their distances in km, kept by the owner.
    """

    def __init__(self, plan: Plan, site: Site, device_id: str) -> None:
        self.plan = plan
        self.site = site
        self.device_id = device_id
        self.neighbours: list[tuple[DeviceWindow, float]] = []
        self._history = History()
        self._given_flags: dict[int, Mapping[str, Flag]] = {}
        self._slots = {
            (step.name, length): Slots(length)
            for step in plan.steps.values()
            for length in step.slot_lengths_us
        }
        self._judged = 0  # points before this index are judged and counted in the slots

    def __len__(self) -> int:
        return len(self._history)

    def move(self, site: Site, plan: Plan) -> None:
        """Take up other facts of the site; what is judged from now on is judged by them."""
        self.site, self.plan = site, plan
        self._history.runs.clear()

    def is_too_late(self, at_us: int) -> bool:
        """Tell whether a reading comes too late to be judged among others; a repetition never does."""
        history = self._history
        if not len(history) or at_us >= history.newest_us - self.plan.lateness_us:
            return False
        return not history.has(history.place(at_us), at_us)

    def take(self, reading: Reading) -> list[int]:
        """Have the reading in the window, everything judged anew that it changes.

        Returns:
            The times of the points that changed, microseconds, in order; the reading's own is among them.
        """
        at_us = to_us(reading.observed_at)
        index = self._history.place(at_us)
        is_repetition = self._history.has(index, at_us) and self._says(index, reading)
        if not is_repetition:
            self._rewind(index)
            self._put(index, at_us, reading)
        # Even a repetition may find its predecessor unjudged: a crash can come between storing a reading and
        # storing the correction that it caused.
        first = self._first_touched(index)
        changed = [] if is_repetition and first == index else self.refresh(first)
        self._forget_old()
        return changed if at_us in changed else sorted([*changed, at_us])

    def reading_at(self, at_us: int) -> Reading:
        """Return the point of an instant as a reading with flags and derived values."""
        index, history = self._history.place(at_us), self._history
        flags = {**self._given_flags.get(at_us, {}), **history.bad_flags(index)}
        values = history.row(index)
        return Reading(
            device_id=self.device_id,
            site_id=self.site.id,
            kind=self.plan.kind.name,
            observed_at=from_us(at_us),
            received_at=from_us(history.received_us[index]),
            values=values,
            flags={metric: flag for metric, flag in flags.items() if flag is not Flag.GOOD},
        )

    def value_near(self, step: Step, at_us: int) -> float | None:
        """Return the newest plausible value of a metric at or before an instant, None when it is too old."""
        return self._history.latest(step, at_us, self.plan.near_us)

    def refresh_near(self, at_us: int) -> list[int]:
        """Judge the points anew that a neighbour's value of an instant may touch; return what changed."""
        history = self._history
        for index in range(history.place(at_us), len(history)):
            if history.times_us[index] > at_us + self.plan.near_us:
                break
            if self._would_change(index):
                return self.refresh(index)
        return []

    def refresh(self, start: int) -> list[int]:
        """Judge all points from an index on anew; return the times of those that changed."""
        self._rewind(start)
        times_us = self._history.times_us
        return [times_us[index] for index in range(start, len(times_us)) if self._judge(index)]

    def load(self, readings: Sequence[Reading]) -> None:
        """Have stored readings in an empty window as they were stored, not judged; then call `reconcile`.

        Args:
            readings: Of this device at this site, oldest first.
        """
        history = self._history
        for index, reading in enumerate(readings):
            history.insert(index, to_us(reading.observed_at), to_us(reading.received_at))
            for metric, value in reading.values.items():
                if metric in self.plan.steps:
                    history.set(metric, index, value, is_reported=True)
                    history.flags[metric][index] = reading.flag(metric)

    def reconcile(self) -> None:
        """Tell sent values from derived ones, and flags that came with a message from our own.

        The store keeps neither apart. A value that the derivation gives again is derived. A flag that is
        worse than our own checks find came with the message.
        """
        for index in range(len(self._history)):
            for step in self._present_steps(index):
                self._reconcile(step, index)
                self._count(step, index, sign=1)
            self._judged = index + 1
        self._forget_old()

    def _says(self, index: int, reading: Reading) -> bool:
        same_flags = dict(self._given_flags.get(self._history.times_us[index], {})) == dict(reading.flags)
        return same_flags and self._history.says(index, reading.values)

    def _put(self, index: int, at_us: int, reading: Reading) -> None:
        history = self._history
        if not history.has(index, at_us):
            history.insert(index, at_us, to_us(reading.received_at))
        history.received_us[index] = to_us(reading.received_at)
        for metric, value in reading.values.items():
            history.set(metric, index, value, is_reported=True)
        if reading.flags:
            self._given_flags[at_us] = {**self._given_flags.get(at_us, {}), **reading.flags}
        for step in self.plan.steps.values():
            if step.rule is not None and not step.needs_history:
                self._keep_derived(step, index, self._derived(step, index))

    def _first_touched(self, index: int) -> int:
        """Return the first point that a new one makes look different, one that waited for its successor."""
        first = index
        for step in self._present_steps(index):
            if not step.has_spike:
                continue
            before = self._history.previous(step, index, self.plan.near_us)
            if (
                0 <= before < first
                and not self._is_calm(step, before, index)
                and self._is_outdated(step, before)
            ):
                first = before
        return first

    def _is_calm(self, step: Step, before: int, index: int) -> bool:
        """Tell whether the newest point lies so near the one before that no spike can be between them."""
        column = self._history.values[step.name]
        return index == len(column) - 1 and abs(column[index] - column[before]) <= step.spike_limit

    def _would_change(self, index: int) -> bool:
        return any(self._is_outdated(step, index) for step in self._present_steps(index) if step.radius_km)

    def _is_outdated(self, step: Step, index: int) -> bool:
        return self._flag(step, index) is not self._history.flag(step.name, index)

    def _judge(self, index: int) -> bool:
        """Judge and complete one point, all points before it being done; tell whether it changed."""
        has_changed = False
        for step in self.plan.steps.values():
            derived = self._derived(step, index) if step.needs_history else None
            if step.needs_history:
                has_changed |= self._keep_derived(step, index, derived)
            if self._history.value(step.name, index) is None:
                continue
            flag = self._flag(step, index)
            flag = aggregate(flag, derived.flag) if derived else flag
            if flag is not self._history.flag(step.name, index):
                self._history.flags[step.name][index] = flag
                has_changed = True
            if step.slot_lengths_us:
                self._count(step, index, sign=1)
        self._judged = index + 1
        return has_changed

    def _derived(self, step: Step, index: int) -> Derived | None:
        """Return what a metric is worked out to be at a point, None also where the device sent it."""
        if self._history.is_reported(step.name, index):
            return None
        point = Point(plan=self.plan, site=self.site, history=self._history, slots=self._slots, index=index)
        derived = derive(step, point)
        return derived if derived is not None and math.isfinite(derived.value) else None

    def _keep_derived(self, step: Step, index: int, derived: Derived | None) -> bool:
        """Have a derived value in the history unless the device sent it; tell whether that is a change."""
        history = self._history
        before, after = history.value(step.name, index), derived.value if derived else None
        if after == before or history.is_reported(step.name, index):
            return False
        history.set(step.name, index, math.nan if after is None else after, is_reported=False)
        return True

    def _flag(self, step: Step, index: int) -> Flag:
        """Return the flag of a point's value by its checks, its neighbours, its message and its inputs."""
        history = self._history
        flag = point_flag(history, step, index, self.plan.near_us)
        if step.radius_km:
            flag = aggregate(flag, among_neighbours(history, step, index, self._values_around(step, index)))
        if self._given_flags:
            given = self._given_flags.get(history.times_us[index], {})
            flag = aggregate(flag, given.get(step.name, flag))
        if step.rule is not None and not step.needs_history and not history.is_reported(step.name, index):
            flag = aggregate(flag, *(history.flag(metric, index) for metric in step.rule.inputs))
        return flag

    def _values_around(self, step: Step, index: int) -> list[float]:
        at_us = self._history.times_us[index]
        found = (window.value_near(step, at_us) for window, km in self.neighbours if km <= step.radius_km)
        return [value for value in found if value is not None]

    def _present_steps(self, index: int) -> list[Step]:
        return [
            step for step in self.plan.steps.values() if self._history.value(step.name, index) is not None
        ]

    def _count(self, step: Step, index: int, *, sign: int) -> None:
        for length_us in step.slot_lengths_us:
            value = self._history.values[step.name][index]
            if step.low <= value <= step.high:
                is_good = self._history.flag(step.name, index) is not Flag.FAIL
                at_us = self._history.times_us[index]
                self._slots[step.name, length_us].add(at_us, value, is_good=is_good, sign=sign)

    def _rewind(self, index: int) -> None:
        """Take the points from an index on out of the slots again."""
        while self._judged > index:
            self._judged -= 1
            for step in self._present_steps(self._judged):
                self._count(step, self._judged, sign=-1)

    def _reconcile(self, step: Step, index: int) -> None:
        history = self._history
        if step.rule is not None:
            stored, history.reported[step.name][index] = history.value(step.name, index), 0
            derived = self._derived(step, index)
            if derived is not None and derived.value == stored:
                return
            history.reported[step.name][index] = 1
        own, stored_flag = self._flag(step, index), history.flag(step.name, index)
        if aggregate(own, stored_flag) is not own:
            at_us = history.times_us[index]
            self._given_flags[at_us] = {**self._given_flags.get(at_us, {}), step.name: stored_flag}

    def _forget_old(self) -> None:
        """Drop what no reading that may still come can need."""
        history = self._history
        if not len(history):
            return
        oldest_us = history.newest_us - self.plan.keep_us
        slack_us = round(self.plan.keep_us * _SLACK)
        if history.times_us[0] >= oldest_us - slack_us:
            return
        count = history.place(oldest_us)
        for at_us in history.times_us[:count]:
            self._given_flags.pop(at_us, None)
        history.forget(count)
        self._judged -= count
        for slots in self._slots.values():
            slots.forget_before(history.newest_us - self.plan.keep_slots_us)
