from dataclasses import replace
from datetime import timedelta

import pytest
from support.alarming import FLOOD, HIGH_WATER, LEVEL, START, at, reading

from alerts.desk.desk import alarm_rows
from alerts.desk.folding import held_under
from alerts.journal.alarms import EventType
from alerts.journal.journal_table import alarms, append_events, events
from alerts.judging.engine import AlarmEngine
from alerts.judging.outage_watch import OutageWatch
from alerts.judging.outages import is_outage
from alerts.rulebook.rules import NoDataPolicy
from alerts.rulebook.when import Silent, Take, When, Window
from devices.registry import Device, Registration, Site
from devices.registry_table import read_registry, register
from storage.database import Database
from storage.latest_table import record_latest
from storage.readings import Reading

KINDS = {"flood": FLOOD}  # overdue after 15 minutes
SITES = [f"s{number}" for number in range(5)]


class City:
    """A registry of five posts, what they said, and a watch over them."""

    def __init__(self, folder):
        self.database = Database.in_folder(folder)
        self.database.upgrade()
        stands = [
            Registration(
                site=Site(id=name, name=name, lat_deg=-7.6, lon_deg=111.5),
                device=Device(id=name, kind="flood"),
                since=START - timedelta(days=9),
            )
            for name in SITES
        ]
        with self.database.transaction() as connection:
            register(connection, stands)
            self.registry = read_registry(connection)
        self.restart(0)

    def restart(self, minute):
        self.watch = OutageWatch(self.database, KINDS, home="pantau", started_at=at(minute))

    def speak(self, minute, *, late=0.0, sites=SITES):
        said = [
            Reading(
                device_id=name,
                site_id=name,
                kind="flood",
                observed_at=at(minute - late),
                received_at=at(minute),
                values={LEVEL: minute},
            )
            for name in sites
        ]
        with self.database.transaction() as connection:
            record_latest(connection, said)

    def look(self, minute, *, is_link_down=False):
        happened = self.watch.look(self.registry, at(minute), is_link_down=is_link_down)
        return [(event.type.value, event.rule_id) for event in happened]

    def active(self):
        with self.database.reading() as connection:
            return [alarm.rule_id for alarm in alarms(connection, active=True)]


@pytest.fixture
def city(tmp_path):
    city = City(tmp_path)
    yield city
    city.database.close()


def test_a_dead_city_is_one_alarm_within_a_look_and_ends_when_it_speaks(city):
    city.speak(1)
    assert city.look(15) == []
    assert city.look(16.1) == [("raised", "outage_city")]
    assert city.look(30) == []
    city.speak(31)
    assert city.look(31) == [("cleared", "outage_city")]
    assert city.active() == []


def test_an_outage_survives_a_restart_and_is_not_told_again(city):
    city.speak(1)
    city.look(17)
    city.restart(18)
    assert city.look(40) == []
    assert city.active() == ["outage_city"]


def test_while_the_link_is_down_silence_says_nothing_of_the_sensors(city):
    city.speak(1)
    assert city.look(2, is_link_down=True) == []
    assert city.look(2.6, is_link_down=True) == [("raised", "outage_link")]
    assert city.look(60, is_link_down=True) == []
    assert city.look(61) == [("cleared", "outage_link")]
    assert city.look(75) == []
    assert city.look(77) == [("raised", "outage_city")]


def test_a_link_that_is_back_at_once_is_no_alarm(city):
    city.look(2, is_link_down=True)
    city.look(2.2)
    assert city.look(3, is_link_down=True) == []
    assert city.active() == []


def test_a_replay_of_the_past_is_no_outage_when_it_ends(city):
    city.speak(1, late=3_000_000)
    assert city.look(60) == []


def test_looks_that_come_too_soon_do_not_ask_the_database(city):
    city.speak(1)
    assert city.look(16.1) == [("raised", "outage_city")]
    city.speak(16.2)
    assert city.look(16.3) == []
    assert city.look(16.4) == [("cleared", "outage_city")]


def test_ingest_that_was_away_says_so_in_the_journal_and_wakes_nobody(city):
    city.watch.tell_absence(None, at(0))
    city.watch.tell_absence(at(0), at(0.9))
    city.watch.tell_absence(at(0), at(10))
    with city.database.reading() as connection:
        happened = events(connection)
        (alarm,) = alarms(connection)
    assert [event.type for event in happened] == [EventType.RAISED, EventType.CLEARED]
    assert (alarm.rule_id, alarm.raised_at, alarm.cleared_at, alarm.is_open) == (
        "outage_ingest",
        at(0),
        at(10),
        False,
    )


STUCK = When(window=Window(take=Take.MAX, over=timedelta(minutes=10), below=1.0))
HUSHED = When(silent=Silent(after=timedelta(minutes=20)))
OF_SILENCE = {
    rule.id: rule
    for rule in (
        replace(HIGH_WATER, id="gauge_silent", above=None, when=HUSHED),
        replace(HIGH_WATER, id="detector_dead", above=None, when=When(any=(HUSHED, STUCK))),
        replace(HIGH_WATER, id="no_data", above=100.0, on_no_data=NoDataPolicy.ALARM),
    )
}


def settle(city, happened):
    with city.database.transaction() as connection:
        append_events(connection, happened)


def visible(city):
    """The rows that an operator sees: those that no outage explains."""
    rows = alarm_rows(city.database)
    held = held_under(rows, city.registry, {"high_water": HIGH_WATER} | OF_SILENCE)
    return sorted(row.key for row in rows if row.key not in held), len(held)


def test_one_outage_is_one_row_and_on_recovery_the_list_equals_a_fresh_evaluation(city):
    watcher = AlarmEngine({"high_water": HIGH_WATER}, city.registry.sites, KINDS)

    def measure(minute, values):
        city.speak(minute, sites=list(values))
        for name, value in values.items():
            said = reading(minute, value, site=name, device=name)
            settle(city, watcher.observe(said, at(minute)))

    measure(1, dict.fromkeys(SITES, 150.0))
    assert visible(city) == ([f"high_water/{name}" for name in SITES], 0)
    settle(city, watcher.tick(at(17)))
    assert city.look(17) == [("raised", "outage_city")]
    assert visible(city) == (["outage_city/pantau"], 5)
    back = {"s0": 150.0, "s1": 50.0, "s2": 150.0}
    measure(30, back)
    settle(city, watcher.tick(at(30)))
    assert city.look(30) == [("cleared", "outage_city")]
    assert visible(city)[1] == 0
    fresh = AlarmEngine({"high_water": HIGH_WATER}, city.registry.sites, KINDS)
    raised = [e.site_id for n, v in back.items() for e in fresh.observe(reading(30, v, site=n), at(30))]
    still = [a for row in alarm_rows(city.database) for a in row.active if not is_outage(a.rule_id)]
    assert sorted(a.site_id for a in still if a.data_lost_at is None) == raised
    assert sorted(a.site_id for a in still if a.data_lost_at is not None) == ["s3", "s4"]


def test_alarms_of_silence_fold_under_the_outage_that_explains_them_and_leave_no_orphan(city):
    watcher = AlarmEngine(OF_SILENCE, city.registry.sites, KINDS)

    def measure(minute, values):
        city.speak(minute, sites=list(values))
        for name, value in values.items():
            settle(city, watcher.observe(reading(minute, value, site=name, device=name), at(minute)))

    def pass_time(minute):
        settle(city, watcher.tick(at(minute)))
        return city.look(minute)

    measure(1, dict.fromkeys(SITES, 50.0))
    assert pass_time(17) == [("raised", "outage_city")]
    pass_time(22)
    assert visible(city) == (["outage_city/pantau"], 3 * 5)
    # A detector that speaks again and counts nothing is dead by its value: it stands for itself, though
    # the outage of all others lasts. So does what is too high by its value.
    measure(30, {"s0": 0.0, "s1": 150.0})
    pass_time(30)
    measure(38, {"s0": 0.0, "s1": 150.0})
    pass_time(39)
    active = {row.key for row in alarm_rows(city.database) if row.active}
    assert sorted(active.intersection(visible(city)[0])) == [
        "detector_dead/s0",
        "no_data/s1",
        "outage_city/pantau",
    ]
    measure(40, dict.fromkeys(SITES, 50.0))
    assert pass_time(40) == [("cleared", "outage_city")]
    assert [row.key for row in alarm_rows(city.database) if row.active] == []
