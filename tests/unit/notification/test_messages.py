"""What people read: the exact words, in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from support.alarming import GATE, HIGH_WATER, KINDS, START, at
from support.notifying import event

from alerts.journal.alarms import EventType, folded
from alerts.judging.outages import CHANNEL
from alerts.rulebook.when import Slope, When
from alerts.telling.notices import Letter, Purpose
from devices.kinds import Label
from devices.registry import Assignment, Device, Registry
from notification.messages import Meaning, compose
from notification.texts import load_texts

TEXTS = load_texts()
RULE = replace(
    HIGH_WATER,
    title=Label(id="Siaga 2 kuning", en="Siaga 2 yellow"),
    instruction=Label(id="Hubungi lurah.", en="Call the lurah."),
)
RAISED = event(EventType.RAISED, 0, value=1234.4, limit=1200.0)


def registry(simulated=False):
    device = Device(id="d1", kind="flood", simulated=simulated)
    return Registry(
        [replace(GATE, name="Pos Gemarang")],
        [device],
        [Assignment(device_id="d1", site_id="gate", since=START)],
    )


def written(
    letter, happened, language="id", *, rule=RULE, simulated=False, page="", repeated=None, kinds=KINDS
):
    meaning = Meaning(
        rules={rule.id: rule},
        kinds=kinds,
        registry=registry(simulated),
        zone=ZoneInfo("Asia/Jakarta"),
        page=page,
        repeated=repeated or {},
    )
    return compose(letter, folded(happened), meaning, language, texts=TEXTS[language], now=at(60))


def letter(purpose=Purpose.NEW, *, told=(RAISED,), ended=(), withdrawn=(), standing=1):
    return Letter(
        key="k",
        route="r",
        channel="c",
        purpose=purpose,
        place="Bengawan Madiun",
        alarm_ids=tuple(one.alarm_id for one in told),
        ended_ids=tuple(one.alarm_id for one in ended),
        withdrawn_ids=tuple(one.alarm_id for one in withdrawn),
        standing=standing,
    )


def test_a_message_says_what_where_how_much_since_when_and_what_to_do():
    title, body = written(letter(), [RAISED], page="https://pantau.example")
    assert title == "TINGGI: Siaga 2 kuning, Pos Gemarang"
    assert body == (
        "TINGGI: Siaga 2 kuning, Pos Gemarang\n"
        "Nilai: 1.234 cm (batas 1.200 cm)\n"
        "Sejak: Kam 1 Jan 2026 13:00 WIB\n"
        "Tindakan: Hubungi lurah.\n"
        "Penanggung jawab: BPBD\n"
        "Alarm: high_water/gate\n"
        "\n"
        "Kejadian di Bengawan Madiun: 1 alarm masih aktif\n"
        "Konfirmasi di https://pantau.example atau: pantau alarms ack high_water/gate --by NAMA"
    )


def test_the_same_in_english():
    title, body = written(letter(), [RAISED], "en")
    assert title == "HIGH: Siaga 2 yellow, Pos Gemarang"
    assert "Value: 1,234 cm (limit 1,200 cm)" in body
    assert "Since: Thu 1 Jan 2026 13:00 WIB" in body
    assert "What to do: Call the lurah." in body


def test_a_rise_is_told_in_its_own_unit_with_its_own_limit():
    slope = Slope(by_per_h=50.0, over=timedelta(hours=1))
    rising = replace(RULE, above=None, when=When(rise=slope))
    _, body = written(letter(), [RAISED], rule=rising)
    assert "Nilai: naik 1.234 cm/jam (batas ≥ 1.200)\n" in body


def test_a_simulated_alarm_says_so_first_and_last():
    title, body = written(letter(), [RAISED], simulated=True)
    assert title.startswith("[SIMULASI] ")
    assert body.endswith("bukan keadaan nyata.")


def test_an_alarm_whose_data_stopped_says_that_nobody_knows():
    lost = event(EventType.DATA_LOST, 15, raised=0)
    _, body = written(letter(), [RAISED, lost])
    assert "Data hilang sejak Kam 1 Jan 2026 13:15 WIB: keadaan sekarang tidak diketahui" in body


def test_an_end_is_named_in_the_title_and_asks_nobody_to_acknowledge():
    cleared = event(EventType.CLEARED, 30, raised=0)
    title, body = written(letter(Purpose.UPDATE, told=(), ended=[RAISED], standing=0), [RAISED, cleared])
    assert title == "SELESAI: Siaga 2 kuning, Pos Gemarang"
    assert "Selesai Kam 1 Jan 2026 13:30 WIB" in body
    assert "pantau alarms ack" not in body


def test_an_alarm_that_nobody_watches_any_more_is_not_called_over():
    gone = event(EventType.WITHDRAWN, 30, raised=0)
    title, body = written(
        letter(Purpose.UPDATE, told=(), ended=[RAISED], withdrawn=[RAISED], standing=0), [RAISED, gone]
    )
    assert title.startswith("TIDAK DIPANTAU LAGI")
    assert "bahaya mungkin belum lewat" in body
    assert "Selesai" not in body


@pytest.mark.parametrize(
    ("purpose", "begins"),
    [(Purpose.REMINDER, "BELUM DIKONFIRMASI: "), (Purpose.ESCALATION, "ESKALASI, BELUM DIKONFIRMASI: ")],
)
def test_a_title_says_that_nobody_has_acknowledged(purpose, begins):
    assert written(letter(purpose), [RAISED])[0].startswith(begins)


def test_repetitions_of_one_row_are_one_paragraph():
    more = [event(EventType.RAISED, minute / 10, value=1300.0) for minute in range(1, 6)]
    told = letter(told=(RAISED, *more))
    title, body = written(told, [RAISED, *more], repeated={"high_water/gate": 6})
    assert "(+" not in title
    assert body.count("Alarm: high_water/gate") == 1
    assert "Berulang 6 kali" in body


def test_many_alarms_are_told_up_to_a_screen_and_the_rest_is_counted():
    many = [event(EventType.RAISED, 0, site=f"s{number}") for number in range(30)]
    title, body = written(letter(told=many, standing=30), many)
    assert title.endswith("(+29)")
    assert body.count("Tindakan:") == 8
    assert "dan 22 alarm lagi" in body


def test_a_failing_channel_says_what_to_do_in_the_words_of_it():
    failed = event(EventType.RAISED, 0, rule=f"{CHANNEL}bpbd_duty", site="pantau", value=None, limit=None)
    title, body = written(letter(told=[failed]), [failed], "en")
    assert title == "HIGH: Notifications through bpbd_duty do not get out, pantau"
    assert "pantau notifications list --failed" in body
    assert "Who answers for it: Kominfo" in body


def test_a_rule_whose_file_is_gone_still_makes_a_message():
    title, body = written(letter(), [RAISED], rule=replace(RULE, id="other"))
    assert title == "TINGGI: high_water, Pos Gemarang"
    assert "Tindakan" not in body


def test_an_hour_in_a_unit_is_written_as_the_language_does():
    metric = replace(KINDS["flood"].metrics[RULE.metric], unit="mm/h")
    kinds = {**KINDS, "flood": replace(KINDS["flood"], metrics={RULE.metric: metric})}
    said = {language: written(letter(), [RAISED], language, kinds=kinds)[1] for language in ("id", "en")}
    assert "Nilai: 1.234 mm/jam (batas 1.200 mm/jam)" in said["id"]
    assert "1,234 mm/h" in said["en"]
