"""A second look reads the store and the journal, and forgets nothing when one of them is away."""

from dataclasses import replace

import pytest
from support.alarming import HIGH_WATER, KINDS, SITES, at, reading

from alerts.journal.alarms import EventType
from alerts.journal.journal_table import alarms, append_events, load_states, save_states
from alerts.judging.engine import AlarmEngine
from alerts.judging.late_watch import LateWatch
from alerts.rulebook.when import Value, When
from storage.database import Database
from storage.embedded import EmbeddedReadings
from storage.ports import StorageUnavailable

RULES = {
    rule.id: rule
    for rule in (
        HIGH_WATER,
        replace(
            HIGH_WATER,
            id="both",
            above=None,
            sites=("gate",),
            when=When(
                all=(When(value=Value(above=100.0)), When(value=Value(metric="battery_v", below=11.0)))
            ),
        ),
    )
}


class House:
    """A journal, a store of readings, and an engine between them, as ingest has them."""

    def __init__(self, folder):
        self.database = Database.in_folder(folder)
        self.database.upgrade()
        self.store = EmbeddedReadings(folder / "readings.sqlite")
        self.watch = LateWatch(self.database, self.store, KINDS)
        self.restart()

    def restart(self):
        self.engine = AlarmEngine(RULES, SITES, KINDS)
        with self.database.reading() as connection:
            self.engine.restore(load_states(connection))

    def take(self, minute, *readings):
        self.keep([event for said in readings for event in self.engine.observe(said, at(minute))])
        self.store.write(readings)

    def look(self, minute, watch=None):
        self.keep((watch or self.watch).look(self.engine, SITES, at(minute)))

    def keep(self, events):
        with self.database.transaction() as connection:
            append_events(connection, events)
            save_states(connection, self.engine.changed_states())

    def told(self):
        with self.database.reading() as connection:
            return [
                (alarm.rule_id, alarm.raised_at, alarm.cleared_at, alarm.retrospective)
                for alarm in alarms(connection)
            ]

    def close(self):
        self.store.close()
        self.database.close()


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path)
    yield made
    made.close()


CREST = [reading(m, v) for m, v in ((10, 90.0), (20, 120.0), (30, 130.0), (40, 95.0))]
OF_THE_PAST = ("high_water", at(20), at(40), True)


def take_crest_late(house):
    house.take(0, reading(0, 50.0))
    house.take(60, reading(60, 60.0))
    house.take(65, *reversed(CREST))


def test_a_late_crest_stands_in_the_journal_once_and_wants_nothing_of_anybody(house):
    take_crest_late(house)
    for minute in (66, 90, 120):
        house.look(minute)
    assert house.told() == [OF_THE_PAST]
    with house.database.reading() as connection:
        assert not alarms(connection)[0].is_open


def test_a_restart_between_the_late_values_and_the_look_changes_nothing(house):
    take_crest_late(house)
    house.restart()
    house.look(90)
    assert house.told() == [OF_THE_PAST]


def test_a_crash_after_the_look_and_before_its_events_are_kept_tells_them_once(house):
    take_crest_late(house)
    house.watch.look(house.engine, SITES, at(90))
    house.restart()
    house.look(91)
    assert house.told() == [OF_THE_PAST]


def test_what_two_metrics_say_together_is_found_again(house):
    house.take(0, reading(0, 50.0), reading(0, 12.0, metric="battery_v"))
    house.take(60, reading(60, 60.0), reading(60, 12.0, metric="battery_v"))
    low = [reading(m, v, metric="battery_v") for m, v in ((15, 12.0), (25, 10.0), (35, 10.0), (45, 12.0))]
    house.take(65, *CREST, *low)
    house.look(90)
    assert sorted(house.told()) == [("both", at(25), at(40), True), OF_THE_PAST]


class Away:
    """A store that is away."""

    def read(self, *_args, **_keywords):
        raise StorageUnavailable("away")

    def close(self):
        pass


def test_while_the_store_is_away_the_look_waits(house):
    take_crest_late(house)
    away = LateWatch(house.database, Away(), KINDS)
    with pytest.raises(StorageUnavailable):
        house.look(90, away)
    house.look(91)
    assert house.told() == [OF_THE_PAST]


def test_a_late_value_beside_a_live_alarm_tells_only_what_came_before_it(house):
    house.take(0, reading(0, 50.0))
    house.take(60, reading(60, 150.0))
    house.take(61, *CREST, reading(50, 140.0))
    house.look(90)
    live = ("high_water", at(60), None, False)
    assert sorted(house.told(), key=lambda told: told[1]) == [
        OF_THE_PAST,
        ("high_water", at(50), at(60), True),
        live,
    ]


def test_a_call_stops_when_it_has_gone_through_enough_and_the_next_one_goes_on(house):
    hurried = LateWatch(house.database, house.store, KINDS, most_readings=3)
    take_crest_late(house)
    house.take(60, reading(60, 0.0, site="post"))
    house.take(65, *(replace(said, site_id="post") for said in CREST))
    counts = []
    for minute in (90, 91, 92):
        house.look(minute, hurried)
        counts.append(len(house.told()))
    assert counts == [0, 1, 2]


def test_the_past_is_never_told_as_an_event_of_the_present(house):
    take_crest_late(house)
    events = house.watch.look(house.engine, SITES, at(90))
    assert {event.type for event in events} == {EventType.RAISED, EventType.CLEARED}
    assert all(event.retrospective for event in events)
