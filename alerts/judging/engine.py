"""The alarm engine: readings and the passing of time in, events of alarms out; no clock and no store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from alerts.journal.alarms import AlarmEvent
from alerts.judging.agenda import Agenda
from alerts.judging.conditions import is_evidence
from alerts.judging.states import LateSpan, Phase, State
from alerts.judging.transitions import Moment, notice_silence, observe, withdraw
from alerts.judging.trees import SilentLeaf
from alerts.judging.watches import Feed, Watch, Watches
from alerts.rulebook.rules import Rule
from devices.kinds import Kind
from devices.registry import Site
from storage.clock import from_us, to_us
from storage.readings import Reading

MAX_AHEAD = timedelta(minutes=5)
# A gateway that was away over a long weekend is judged afterwards; an archive is for the back-test.
LOOKS_BACK = timedelta(days=7)


_MICROSECOND = timedelta(microseconds=1)


class Missed(NamedTuple):
    """Values that came when newer ones had been judged already.

    Attributes:
        key: The name of the state that remembers it.
        span: From when to when they are.
        until: The newest moment that was judged.
        watches: Whose values they are.
    """

    key: str
    span: LateSpan
    until: datetime
    watches: Sequence[Watch]


class AlarmEngine:
    """Decides when alarms begin and end. One thread at a time; the same calls give the same events.

    There is one state per rule and site that had something to say or has something to remember, and one per
    kind, metric and site that knows the newest value for all plain rules. All devices of a kind at a site
    feed them: the newest value by `observed_at` decides, whichever device it came from.

    What it goes by:
        - Decisions are dated by the sensor's `observed_at`; `now` is only held against it to tell late data.
        - A value flagged FAIL or MISSING is no evidence: it neither raises nor clears, nor ends a waiting.
        - A value not newer than the newest of its rule and site changes no alarm and nothing that is known of
          the present. That makes duplicates harmless. Older ones, up to `LOOKS_BACK`, are remembered as
          `missed`, for `judging.late` to look at again. A rule that looks at several metrics or sites goes by
          the newest of each.
        - A value that is in order but overdue moves the state all the same; its events are retrospective. A
          timely value that finds such an alarm active makes it live.
        - Silence never clears, and raises only what asks for it: `silent`, or `on_no_data: alarm`. A live
          alarm whose values are overdue says `DATA_LOST` once. A pending alarm whose values stop stays
          pending, until a value comes.
        - Silence is told from the last timely value on, dated when it began to count. After a restart the
          engine first listens for as long as a value of the kind may be overdue.
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
        self._rules, self._sites, self._kinds = rules, sites, kinds
        self._watches = Watches(rules, sites, kinds)
        self._states: dict[str, State] = {}
        self._unsettled: set[str] = set()  # keys that are pending or active: all that a tick has to look at
        self._agenda = Agenda()  # beside those keys whose condition may begin to hold by silence
        self._late: set[str] = set()  # keys whose state remembers that it missed something
        self._listens_from: datetime | None = None
        self._was_restored = False
        self._changed: set[str] = set()

    def update_sites(self, sites: Mapping[str, Site]) -> None:
        """Judge by these sites from now on; every state is kept."""
        self._sites = sites
        self._watches = Watches(self._rules, sites, self._kinds)
        self._plan_all()

    def update_rules(self, rules: Mapping[str, Rule]) -> None:
        """Judge by these rules from now on; every state is kept.

        An alarm whose rule has another limit now is judged by it at the next value; one whose rule is gone is
        withdrawn at the next tick.
        """
        self._rules = rules
        self._watches = Watches(rules, self._sites, self._kinds)
        for key, state in self._states.items():
            if state.memories:
                self._forget_what_is_no_longer_asked(key, state)
        self._plan_all()

    def _forget_what_is_no_longer_asked(self, key: str, state: State) -> None:
        watch = self._watches.at(key)
        names = watch.tree.names if watch is not None and watch.tree is not None else set()
        if not names.issuperset(state.memories):
            state.memories = {name: kept for name, kept in state.memories.items() if name in names}
            self._changed.add(key)

    def observe(self, reading: Reading, now: datetime) -> list[AlarmEvent]:
        """Return what a reading changes, in the order in which it happened.

        Args:
            reading: From any device; one that no rule watches changes nothing.
            now: The present; aware.
        """
        age = now - reading.observed_at
        if -age > MAX_AHEAD:
            return []
        audience = self._watches.audience_of(reading.kind, reading.site_id)
        moment = Moment(reading.observed_at, now, age > audience.overdue_after)
        events: list[AlarmEvent] = []
        grown: dict[str, Watch] = {}
        for metric, value in reading.values.items():
            fed = audience.fed.get(metric)
            if fed is None or not is_evidence(reading.flag(metric)):
                continue
            if fed.plain and self._is_newest(fed.key, moment):
                for watch in fed.plain:
                    events += self._step(watch, value, moment)
            for feed in fed.grown:
                if self._feed(feed, value, moment):
                    grown[feed.watch.key] = feed.watch
        for watch in grown.values():
            events += self._judge_newest(watch, moment)
        return events

    def _is_newest(self, key: str, moment: Moment) -> bool:
        """Tell whether a value is newer than all before it that plain rules have judged, and remember it."""
        state = self._states.get(key)
        if state is None:
            state = self._states[key] = State()
        elif state.observed_at is not None and moment.observed_at <= state.observed_at:
            self._miss(key, state, moment)
            return False
        state.observed_at = moment.observed_at
        self._changed.add(key)
        return True

    def _step(self, watch: Watch, value: float, moment: Moment) -> Sequence[AlarmEvent]:
        """Hold a value against a plain rule; one that has nothing to say and never had keeps no state."""
        assert watch.condition is not None
        state = self._states.get(watch.key)
        if state is None or state.phase is Phase.NORMAL:
            if not watch.condition.holds(value):
                return ()
            state = self._states.setdefault(watch.key, State())
        events = observe(watch, state, watch.condition.found(value), moment)
        self._note(watch.key, state)
        return events

    def _feed(self, feed: Feed, value: float, moment: Moment) -> bool:
        """Let a condition remember a value; False when it is not newer than what it remembers."""
        key, at_us, is_new = feed.watch.key, to_us(moment.observed_at), False
        state = self._states.get(key) or State()
        known = len(state.memories)
        for leaf in feed.leaves:
            if not (moment.late and isinstance(leaf, SilentLeaf)):
                is_new |= leaf.feed(state.memories, at_us, value)
        if len(state.memories) > known:
            self._states[key] = state
            self._plan(feed.watch, state)
        if moment.late or not is_new:
            self._miss(key, state, moment)
        return is_new

    def _judge_newest(self, watch: Watch, moment: Moment) -> list[AlarmEvent]:
        """Judge a condition as of the newest moment that it knows of."""
        state = self._states[watch.key]
        at = max(moment.observed_at, state.observed_at or moment.observed_at)
        return self._judge(watch, state, Moment(at, moment.now, moment.now - at > watch.overdue_after))

    def _miss(self, key: str, state: State, moment: Moment) -> None:
        """Remember that a value came when a newer one had been judged; one of the same moment is no news."""
        if (
            state.observed_at is None
            or not timedelta(0) < state.observed_at - moment.observed_at < LOOKS_BACK
        ):
            return
        state.note_late(to_us(moment.observed_at), to_us(moment.now))
        self._late.add(key)
        self._changed.add(key)

    def missed(self, now: datetime) -> list[Missed]:
        """Return what was missed and seems to be complete now, for a second look."""
        found = []
        for key in sorted(self._late):
            state, watches = self._states[key], self._watches.behind(key)
            assert state.late is not None
            assert state.observed_at is not None  # only what knows something newer can miss something
            if not watches:
                self.forget_missed([key])
            elif state.late.is_settled(to_us(now), watches[0].overdue_after // _MICROSECOND):
                missed = Missed(key, state.late, state.observed_at, watches)
                found.append(missed)
        return found

    def forget_missed(self, keys: Iterable[str]) -> None:
        """Forget what was missed there: it was looked at."""
        for key in keys:
            self._states[key].late = None
            self._late.discard(key)
            self._changed.add(key)

    def _judge(self, watch: Watch, state: State, moment: Moment) -> list[AlarmEvent]:
        assert watch.tree is not None
        finding = watch.tree.root.judge(state.memories, to_us(moment.observed_at))
        events = observe(watch, state, finding, moment)
        self._note(watch.key, state)
        silences = len(watch.tree.silences)
        # Values only put off a single silence, so a key in the agenda is looked at early enough unless it has
        # begun to wait. Of several, one may begin anew before the others.
        if silences > 1 or (silences and (state.phase is Phase.PENDING or watch.key not in self._agenda)):
            self._plan(watch, state)
        return events

    def tick(self, now: datetime) -> list[AlarmEvent]:
        """Return what the passing of time changes: data that stopped, alarms that no rule watches now."""
        if self._was_restored and self._listens_from is None:
            self._listens_from = now
        events: list[AlarmEvent] = []
        for key in sorted(self._agenda.taken_before(to_us(now))):
            events += self._let_pass(key, now)
        for key in sorted(self._unsettled):
            state = self._states[key]
            watch = self._watches.at(key)
            said = withdraw(key, state, now) if watch is None else notice_silence(watch, state, now)
            if said or watch is None:
                self._note(key, state)
                events += said
        return events

    def _let_pass(self, key: str, now: datetime) -> list[AlarmEvent]:
        """Judge a condition at every moment before now at which silence alone may have changed it.

        A value that comes at the very moment at which it would be missed is in time.
        """
        state, watch = self._states[key], self._watches.at(key)
        events: list[AlarmEvent] = []
        if watch is None or watch.tree is None:
            return events
        heard_out = self._listens_from
        if heard_out is not None and now < heard_out + watch.overdue_after:
            self._agenda.put(key, to_us(heard_out + watch.overdue_after))
            return events
        while (due := _due_at(watch, state)) is not None and due < to_us(now):
            events += self._judge(watch, state, Moment(from_us(due), now, late=False))
        self._plan(watch, state)
        return events

    def _plan_all(self) -> None:
        for key, state in self._states.items():
            watch = self._watches.at(key) if state.memories else None
            if watch is not None:
                self._plan(watch, state)

    def _plan(self, watch: Watch, state: State) -> None:
        if watch.tree is not None and watch.tree.silences:
            due = _due_at(watch, state)
            if due is not None:
                self._agenda.put(watch.key, due)

    def _note(self, key: str, state: State) -> None:
        self._changed.add(key)
        if state.phase is Phase.NORMAL:
            self._unsettled.discard(key)
        else:
            self._unsettled.add(key)

    def snapshot(self) -> dict[str, dict[str, Any]]:
        """Return every state by `<rule_id>/<site_id>` or `<kind>/<metric>/<site_id>`; `restore` undoes it."""
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
        self._late = {key for key, state in self._states.items() if state.late is not None}
        self._changed.clear()
        self._was_restored, self._listens_from = True, None
        self._agenda = Agenda()
        self._plan_all()


def _due_at(watch: Watch, state: State) -> int | None:
    """Return the next moment at which silence may change a condition, None when there is none.

    That is when a silence begins to hold and, while one holds, when what is pending has waited long enough.
    """
    assert watch.tree is not None
    judged = 0 if state.observed_at is None else to_us(state.observed_at)
    begins = watch.tree.silent_since(state.memories)
    dues = [due for due in begins if due > judged]
    if state.phase is Phase.PENDING and state.since is not None and any(due <= judged for due in begins):
        dues.append(to_us(state.since + watch.rule.pending))
    return min((due for due in dues if due > judged), default=None)
