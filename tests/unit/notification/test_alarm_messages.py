import json
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.alarming import FLOOD, GATE, HIGH_WATER, SIAGA1, START, at, engine, observe_all
from support.operating import row

from alerts.journal.alarms import AlarmEvent, EventType, Severity
from alerts.journal.rows import AlarmRow
from alerts.journal.shelving import Shelf
from alerts.judging.outages import CITY
from devices.registry import Registry
from ingest.topic_filters import matches
from notification.alarm_messages import (
    EVERYTHING,
    NORMAL_KEPT,
    PREFIX,
    STATUS,
    SUMMARY,
    SUMMARY_REPEATED,
    Meaning,
    due,
    messages,
)

WIB = ZoneInfo("Asia/Jakarta")
MEANING = Meaning(
    rules={rule.id: rule for rule in (HIGH_WATER, SIAGA1)},
    kinds={"flood": FLOOD},
    registry=Registry([replace(GATE, area="Manggarai")], [], []),
    zone=WIB,
)
TOPIC = f"{PREFIX}/gate/high_water"
SHELF = Shelf(
    rule_id="high_water",
    site_id="gate",
    is_maintenance=False,
    since=at(1),
    until=at(61),
    by="operator-1",
    reason="dibersihkan",
    severity=Severity.HIGH,
    change=7,
)


def raised(*values: tuple[float, float]) -> list[AlarmEvent]:
    return observe_all(engine(), *(values or ((0, 120),)))


def told(*rows: AlarmRow) -> dict[str, object]:
    return dict(messages(rows, MEANING))


def settled(wanted, held, now):
    """What the broker holds after it took what was due."""
    after = dict(held)
    for topic, payload in due(wanted, held, now):
        after.pop(topic, None)
        if payload:
            after[topic] = payload
    return after


def test_a_row_says_all_that_a_sign_shows():
    message = told(row(raised()))[TOPIC]
    assert message == {
        "state": "active_unacknowledged",
        "active": True,
        "severity": "high",
        "rule": "high_water",
        "site": "gate",
        "title": {"id": "teks", "en": "text"},
        "place": "Gate",
        "area": "Manggarai",
        "since": "2026-01-01T13:00:00+07:00",
        "value": 120.0,
        "unit": "cm",
        "limit": 100.0,
        "measure": None,
        "data_lost": False,
        "agency": "BPBD",
        "acknowledged_by": "",
        "claimed_by": "",
        "shelved": None,
        "folded_under": None,
        "change": 1,
    }


def test_an_alarm_of_the_past_never_reaches_a_siren():
    past = [replace(event, retrospective=True) for event in raised()]
    assert list(told(row(past))) == [SUMMARY]
    assert told(row(past))[SUMMARY]["active"] == 0


def test_an_older_alarm_of_the_past_does_not_hide_the_present_one():
    past = [replace(raised()[0], alarm_id="old", observed_at=at(-600), retrospective=True)]
    message = told(row(past + raised()))[TOPIC]
    assert (message["since"], message["active"]) == ("2026-01-01T13:00:00+07:00", True)


def test_a_shelved_row_says_until_when_and_is_not_active():
    told_now = told(row(raised(), SHELF))
    message = told_now[TOPIC]
    assert (message["state"], message["active"]) == ("shelved", False)
    assert message["shelved"] == {
        "by": "operator-1",
        "reason": "dibersihkan",
        "until": "2026-01-01T14:01:00+07:00",
        "out_of_service": False,
    }
    assert (told_now[SUMMARY]["active"], told_now[SUMMARY]["shelved"]) == (0, 1)


def test_an_alarm_whose_data_stop_stays_active_and_says_so():
    watcher = engine()
    events = observe_all(watcher, (0, 120)) + watcher.tick(at(60))
    message = told(row(events))[TOPIC]
    assert (message["active"], message["data_lost"]) == (True, True)


def test_what_folds_under_an_outage_says_so_and_is_counted_once():
    watcher = engine()
    silent = row(observe_all(watcher, (0, 120)) + watcher.tick(at(60)))
    outage = AlarmEvent(
        alarm_id="o", rule_id=CITY, site_id="pantau", type=EventType.RAISED, observed_at=at(20),
        recorded_at=at(20), severity=Severity.MEDIUM,
    )  # fmt: skip
    under = replace(row([]), rule_id=CITY, site_id="pantau", alarms=row([outage]).alarms)
    told_now = told(silent, under)
    assert told_now[TOPIC]["folded_under"] == f"{CITY}/pantau"
    assert told_now[SUMMARY]["active"] == told_now[SUMMARY]["folded"] == 1
    assert told_now[SUMMARY]["severity"] == "medium"
    assert told_now[f"{PREFIX}/pantau/{CITY}"]["title"]["en"] == "All sensors of the city are silent"


def test_the_summary_names_the_worst_that_is_active():
    critical = replace(raised()[0], rule_id="siaga1", alarm_id="c", severity=Severity.CRITICAL)
    worst = replace(row([critical]), rule_id="siaga1")
    summary = told(row(raised()), worst)[SUMMARY]
    assert (summary["severity"], summary["active"], summary["unacknowledged"]) == ("critical", 2, 2)
    assert summary["by_severity"] == {"critical": 1, "high": 1, "medium": 0, "low": 0}
    assert told()[SUMMARY]["severity"] is None


def test_nothing_is_told_twice_while_nothing_changes():
    wanted = told(row(raised()))
    held = settled(wanted, {}, at(1))
    assert due(wanted, held, at(1)) == []
    assert json.loads(held[TOPIC])["told_at"] == "2026-01-01T06:01:00+00:00"


def test_the_summary_is_repeated_so_that_its_age_tells_whether_anybody_tells():
    wanted = told(row(raised()))
    held = settled(wanted, {}, START)
    assert [topic for topic, _ in due(wanted, held, START + SUMMARY_REPEATED)] == [SUMMARY]


def test_a_clock_that_was_ahead_does_not_silence_the_summary():
    held = settled(told(), {}, at(600))
    assert [topic for topic, _ in due(told(), held, at(0))] == [SUMMARY]


def test_a_row_that_is_over_is_told_as_normal_and_taken_away_a_day_later():
    held = settled(told(row(raised(), SHELF)), {}, START)
    after = settled(told(), held, START)
    message = json.loads(after[TOPIC])
    assert (message["state"], message["active"], message["shelved"]) == ("normal", False, None)
    assert (message["rule"], message["place"]) == ("high_water", "Gate")
    assert TOPIC in settled(told(), after, START + NORMAL_KEPT - timedelta(seconds=1))
    assert TOPIC not in settled(told(), after, START + NORMAL_KEPT)


def test_a_row_that_is_back_is_told_at_once_though_it_was_just_normal():
    normal = settled(told(), settled(told(row(raised())), {}, START), START)
    again = settled(told(row(raised())), normal, START)
    assert json.loads(again[TOPIC])["active"] is True


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (TOPIC, b"\xff\xfe"),
        (TOPIC, b"[1]"),
        (TOPIC, b'{"state": "active_unacknowledged", "rule": "another", "site": "gate"}'),
        (f"{PREFIX}/telemetry", b'{"ts": 1}'),
        (f"{PREFIX}/gate/high_water/on", b"1"),
        (PREFIX, b"1"),
    ],
    ids=["no text", "no object", "of another row", "one level", "three levels", "the root"],
)
def test_what_nobody_here_wrote_is_taken_away(topic, payload):
    assert (topic, b"") in due(told(), {topic: payload}, START)


def test_the_status_is_left_alone():
    assert STATUS not in dict(due(told(), {STATUS: b"offline"}, START))


@given(
    held=st.dictionaries(
        st.sampled_from([TOPIC, SUMMARY, f"{PREFIX}/gate/old", f"{PREFIX}/x"]),
        st.binary(max_size=20)
        | st.sampled_from(
            [b"{}", b"null", b'{"told_at": 5}', b'{"state": "normal", "told_at": "2026-01-01"}']
        ),
    ),
    is_active=st.booleans(),
)
def test_whatever_the_broker_holds_it_becomes_right_at_once_and_then_rests(held, is_active):
    wanted = told(row(raised())) if is_active else told()
    after = settled(wanted, held, START)
    assert due(wanted, after, START) == []
    said = {topic: {**json.loads(payload), "told_at": None} for topic, payload in after.items()}
    assert {topic: said[topic] for topic in wanted} == {
        topic: {**message, "told_at": None} for topic, message in wanted.items()
    }
    assert all(said[topic]["state"] == "normal" for topic in said.keys() - wanted.keys())


def test_every_topic_stands_where_signs_may_read_and_where_ingest_does_not_listen():
    topics = told(row(raised()))
    assert all(matches(EVERYTHING, topic) for topic in [*topics, STATUS])
    assert not any(matches("pantau/v1/+/telemetry", topic) for topic in [*topics, STATUS])
