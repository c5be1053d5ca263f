"""The alarm engine: readings and the passing of time in, events of alarms out; no clock and no store."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from alerts.alarms import AlarmEvent
from alerts.conditions import condition_at, is_evidence
from alerts.rules import Rule
from alerts.states import Phase, State
from alerts.transitions import Sample, Watch, notice_silence, observe, withdraw
from devices.kinds import Kind
from devices.registry import Site
from storage.readings import Reading

MAX_AHEAD = timedelta(minutes=5)


class AlarmEngine:
    """Decides when alarms begin and end. One thread at a time; the same calls give the same events.

    There is one state per rule and site. All devices of a kind at a site feed it: the newest value by
    `observed_at` decides, whichever device it came from.

    What it goes by:
        - Decisions are dated by the sensor's `observed_at`; `now` is only held against it to tell late data.
        - A value flagged FAIL or MISSING is no evidence: it neither raises nor clears, nor ends a waiting.
        - A value not newer than the newest of its rule and site changes nothing. That makes duplicates
          harmless. It also means that a value late within its own stream is not judged.
        - A value that is in order but overdue moves the state all the same; its events are retrospective. A
          timely value that finds such an alarm active makes it live.
        - Silence never clears and never raises. A live alarm whose values are overdue says `DATA_LOST` once.
          A pending alarm whose values stop stays pending, until a value comes.
        - A reading from more than `MAX_AHEAD` in the future is ignored: a wrong clock must not raise, nor
          make every right reading after it look old.
        - An alarm whose rule no longer watches the site (rule, site or threshold gone, or out of scope) is
          `WITHDRAWN` at the next tick; what is pending there is dropped.

    Args:
        rules: Rules by id.
        sites: Sites by id; only these are watched.
        kinds: Kinds by name, among them those of all rules.
    """

    def __init__(
        self, rules: Mapping[str, Rule], sites: Mapping[str, Site], kinds: Mapping[str, Kind]
    ) -> None:
        self._rules = rules
        self._kinds = kinds
        self._states: dict[str, State] = {}
        self._unsettled: set[str] = set()  # keys that are pending or active: all that a tick has to look at
        self._changed: set[str] = set()
        self._rules_of: dict[tuple[str, str], list[Rule]] = {}
        for rule in rules.values():
            self._rules_of.setdefault((rule.kind, rule.metric), []).append(rule)
        self.update_sites(sites)

    def update_sites(self, sites: Mapping[str, Site]) -> None:
        """Judge by these sites from now on; every state is kept."""
        self._sites = sites
        self._watches: dict[tuple[str, str, str], tuple[Watch, ...]] = {}

    def observe(self, reading: Reading, now: datetime) -> list[AlarmEvent]:
        """Return what a reading changes, in the order in which it happened.

        Args:
            reading: From any device; one that no rule watches changes nothing.
            now: The present; aware.
        """
        if reading.observed_at - now > MAX_AHEAD:
            return []
        events = []
        for metric, value in reading.values.items():
            if not is_evidence(reading.flag(metric)):
                continue
            sample = Sample(value=value, observed_at=reading.observed_at, now=now)
            for watch in self._watches_of(reading.kind, metric, reading.site_id):
                events += self._step(watch, sample)
        return events

    def _step(self, watch: Watch, sample: Sample) -> list[AlarmEvent]:
        state = self._states.get(watch.key)
        if state is None:
            state = self._states[watch.key] = State()
        elif state.observed_at is not None and sample.observed_at <= state.observed_at:
            return []
        events = observe(watch, state, sample)
        self._note(watch.key, state)
        return events

    def tick(self, now: datetime) -> list[AlarmEvent]:
        """Return what the passing of time changes: data that stopped, alarms that no rule watches now."""
        events = []
        for key in sorted(self._unsettled):
            state = self._states[key]
            watch = self._watch(key)
            said = withdraw(key, state, now) if watch is None else notice_silence(watch, state, now)
            if said or watch is None:
                self._note(key, state)
                events += said
        return events

    def _note(self, key: str, state: State) -> None:
        self._changed.add(key)
        if state.phase is Phase.NORMAL:
            self._unsettled.discard(key)
        else:
            self._unsettled.add(key)

    def _watches_of(self, kind: str, metric: str, site_id: str) -> tuple[Watch, ...]:
        watches = self._watches.get((kind, metric, site_id))
        if watches is None:
            rules = self._rules_of.get((kind, metric), ())
            found = (self._watch(f"{rule.id}/{site_id}") for rule in rules)
            watches = self._watches[kind, metric, site_id] = tuple(w for w in found if w is not None)
        return watches

    def _watch(self, key: str) -> Watch | None:
        rule_id, site_id = key.split("/")
        rule, site = self._rules.get(rule_id), self._sites.get(site_id)
        if rule is None or site is None:
            return None
        condition = condition_at(rule, site)
        if condition is None:
            return None
        overdue_after = self._kinds[rule.kind].overdue_after
        return Watch(key=key, rule=rule, site_id=site_id, condition=condition, overdue_after=overdue_after)

    def snapshot(self) -> dict[str, dict[str, Any]]:
        """Return every state by `<rule_id>/<site_id>`, ready for JSON; `restore` takes it back exactly."""
        return {key: state.as_json() for key, state in self._states.items()}

    def changed_states(self) -> dict[str, dict[str, Any]]:
        """Return the states that changed since the last call, to be saved together with their events.

        The caller keeps events and states until both are saved, in one transaction: the engine does not tell
        them again, and a reading that is delivered again after a failure changes nothing.
        """
        changed = {key: self._states[key].as_json() for key in sorted(self._changed)}
        self._changed.clear()
        return changed

    def restore(self, states: Mapping[str, Mapping[str, Any]]) -> None:
        """Go on from kept states as if there had been no restart; whatever was known before is forgotten."""
        self._states = {key: State.from_json(kept) for key, kept in states.items()}
        self._unsettled = {key for key, state in self._states.items() if state.phase is not Phase.NORMAL}
        self._changed.clear()
