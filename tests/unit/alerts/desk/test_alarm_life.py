"""The life of alarms, driven at random: readings, silences, people, shelves and restarts in any order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support.alarming import HIGH_WATER, SIAGA1, SIAGA2, at, engine, reading
from support.notifying import announcer, route, told_without_cause
from support.operating import wish

from alerts.desk.desk import alarm_rows, carry_out, end_expired_shelves
from alerts.desk.operations import Refused, Verb
from alerts.journal.alarms import AlarmEvent, EventType, folded
from alerts.journal.journal_table import alarms, append_events, events, load_states, save_states
from alerts.journal.rows import AlarmState
from alerts.journal.shelves_table import shelves
from alerts.telling.deliveries_table import deliveries
from storage.database import METADATA, Database

RULES = (replace(HIGH_WATER, deadband=20.0, pending=timedelta(minutes=5)), SIAGA2, SIAGA1)
PLACES = [(rule.id, site) for rule in RULES for site in ("gate", "post")]
SHELF_ENDS = (EventType.UNSHELVED, EventType.SHELF_EXPIRED, EventType.BACK_IN_SERVICE)


class AlarmLife(RuleBasedStateMachine):
    """One engine, one journal, a handful of people."""

    def __init__(self) -> None:
        super().__init__()
        self.database = Database("sqlite://")  # in memory: thousands of transactions
        METADATA.create_all(self.database.engine)
        self.watcher = engine(*RULES)
        self.minute = 0.0
        self.known: list[AlarmEvent] = []
        self.was_active: set[str] = set()
        self.was_aside: set[str] = set()
        self.announce_anew()

    def announce_anew(self) -> None:
        self.announcer = announcer(self.database, RULES, route(), available=["duty"])
        self.announcer.look(at(self.minute))

    def teardown(self) -> None:
        self.database.close()

    def settle(self, happened: list[AlarmEvent]) -> None:
        with self.database.transaction() as connection:
            append_events(connection, happened)
            save_states(connection, self.watcher.changed_states())

    def pass_time(self, minutes: float) -> None:
        self.minute += minutes
        self.settle(self.watcher.tick(at(self.minute)))
        end_expired_shelves(self.database, at(self.minute))
        self.announcer.look(at(self.minute))

    @initialize()
    def the_water_is_high(self):
        """Most of what can go wrong needs an alarm to begin with."""
        for site in ("gate", "post", "gate", "post"):
            self.a_sensor_speaks(site=site, value=960.0, pause=3, age=0)

    @rule(
        site=st.sampled_from(["gate", "post"]),
        value=st.sampled_from([0.0, 90.0, 960.0, 860.0, 960.0]),
        pause=st.integers(0, 12),
        age=st.sampled_from([0, 0, 0, 40]),
    )
    def a_sensor_speaks(self, site, value, pause, age):
        self.pass_time(pause)
        self.settle(self.watcher.observe(reading(self.minute - age, value, site=site), at(self.minute)))

    @rule(minutes=st.integers(1, 90))
    def all_is_silent(self, minutes):
        self.pass_time(minutes)

    @rule(
        choice=st.integers(0, 99),
        verb=st.sampled_from([*Verb, Verb.ACKNOWLEDGE, Verb.UNSHELVE, Verb.PUT_IN_SERVICE]),
        by=st.sampled_from(["operator-1", "operator-2"]),
        looked=st.sampled_from([None, None, "now", "before"]),
        lasting=st.integers(0, 120),
    )
    def a_person_acts(self, choice, verb, by, looked, lasting):
        listed = [(row.rule_id, row.site_id) for row in alarm_rows(self.database)]
        places = listed if listed and choice % 5 else PLACES
        seen = {None: None, "now": len(self.journal()), "before": len(self.known) // 2}[looked]
        before = self.journal()
        operation = wish(verb, by=by, text="alasan", lasting=timedelta(minutes=lasting), seen=seen)
        answer = carry_out(self.database, places[choice % len(places)], operation, at(self.minute))
        if isinstance(answer, Refused):
            assert self.journal() == before
        else:
            assert self.journal() == [*before, *answer]
            # A comment that is sent again is kept once, so nothing more is written.
            is_repeated = not answer and verb is Verb.COMMENT
            assert is_repeated or {(e.by, e.recorded_at) for e in answer} == {(by, at(self.minute))}

    @rule()
    def everything_restarts(self):
        before = self.watcher.snapshot()
        self.watcher = engine(*RULES)
        with self.database.reading() as connection:
            self.watcher.restore(load_states(connection))
        assert self.watcher.snapshot() == before
        self.announce_anew()

    @precondition(lambda self: self.was_aside)
    @rule()
    def a_day_passes(self):
        """Long enough for every shelf to end, one after another."""
        self.pass_time(24 * 60)
        for _ in PLACES:
            self.pass_time(1)
        with self.database.reading() as connection:
            assert all(shelf.is_maintenance for shelf in shelves(connection))

    def journal(self) -> list[AlarmEvent]:
        with self.database.reading() as connection:
            return events(connection)

    @invariant()
    def nothing_is_lost_and_nothing_is_made_up(self):
        self.the_journal_is_only_added_to_and_tells_all()
        self.the_engine_and_the_table_agree_on_what_is_active()
        self.only_a_person_acknowledges()
        self.every_open_alarm_is_in_the_list()
        self.no_notification_is_without_an_alarm()

    def the_journal_is_only_added_to_and_tells_all(self):
        journal = self.journal()
        with self.database.reading() as connection:
            table = {alarm.id: alarm for alarm in alarms(connection)}
        assert journal[: len(self.known)] == self.known
        assert folded(journal) == table
        new = journal[len(self.known) :]
        active = {alarm.id for alarm in table.values() if alarm.is_active}
        ended = {event.alarm_id for event in new if event.type.is_end}
        assert self.was_active - active <= ended
        self.known, self.was_active = journal, active
        self.nothing_leaves_its_shelf_without_a_word(new)

    def nothing_leaves_its_shelf_without_a_word(self, new: list[AlarmEvent]) -> None:
        rows = {row.key: row for row in alarm_rows(self.database, everything=True)}
        aside = {key for key, row in rows.items() if row.shelf is not None}
        returned = {event.alarm_id for event in new if event.type in SHELF_ENDS}
        assert self.was_aside - aside <= returned
        for key in returned - aside:
            row = rows.get(key)
            assert row is None or row.state is not AlarmState.ACTIVE_ACKNOWLEDGED
        self.was_aside = aside

    def the_engine_and_the_table_agree_on_what_is_active(self):
        states = self.watcher.snapshot()
        with self.database.reading() as connection:
            active = {f"{alarm.rule_id}/{alarm.site_id}" for alarm in alarms(connection, active=True)}
        assert {key for key, state in states.items() if state["phase"] == "active"} == active

    def only_a_person_acknowledges(self):
        said = {(e.alarm_id, e.by, e.recorded_at) for e in self.known if e.type is EventType.ACKNOWLEDGED}
        with self.database.reading() as connection:
            for alarm in alarms(connection):
                is_seen = alarm.acknowledged_at is not None
                assert is_seen == ((alarm.id, alarm.acknowledged_by, alarm.acknowledged_at) in said)

    def every_open_alarm_is_in_the_list(self):
        listed = {alarm.id for row in alarm_rows(self.database) for alarm in row.alarms}
        with self.database.reading() as connection:
            assert {alarm.id for alarm in alarms(connection) if alarm.is_open} <= listed

    def no_notification_is_without_an_alarm(self):
        with self.database.reading() as connection:
            assert told_without_cause(self.known, deliveries(connection)) == []


AlarmLife.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow],
)
TestAlarmLife = AlarmLife.TestCase
