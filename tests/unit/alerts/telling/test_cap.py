from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.alarming import FLOOD, GATE, HIGH_WATER, at, engine, observe_all
from support.cap import Alert

from alerts.journal.alarms import Alarm, Severity
from alerts.telling.cap import Publisher, cap_document, cap_time
from alerts.telling.cap_feed import feed_document
from alerts.telling.cap_messages import CapMessage, Cause, cap_messages
from devices.kinds import Label

WIB = ZoneInfo("Asia/Jakarta")
PUBLISHER = Publisher(
    sender="bpbd@madiunkota.example",
    is_public=False,
    expires=timedelta(hours=6),
    radius_km=1.5,
    address="",
    city="Madiun",
    zone=WIB,
    rules={"high_water": replace(HIGH_WATER, title=Label(id="Muka air tinggi", en="High water"))},
    kinds={"flood": FLOOD},
    sites={"gate": replace(GATE, area="Manguharjo", waterway="Bengawan Madiun")},
)


def message(*values: tuple[float, float]) -> CapMessage:
    events = observe_all(engine(), *(values or ((0, 120.5),)))
    return cap_messages(events, severity_from=Severity.LOW, expires=PUBLISHER.expires, until=at(0))[-1]


def alert(told: CapMessage, **changed: object) -> Alert:
    return Alert(cap_document(told, replace(PUBLISHER, **changed)))


def test_an_alert_says_what_where_and_since_when_in_both_languages():
    read = alert(message())
    assert read.text("identifier") == "high_water.gate.1767247200000000.raised.1767247200000000"
    assert read.text("sent") == "2026-01-01T13:00:00+07:00"
    assert (read.text("status"), read.text("msgType"), read.text("scope")) == (
        "Actual",
        "Alert",
        "Restricted",
    )
    assert read.texts("language") == ["id-ID", "en-US"]
    assert read.texts("event") == ["Muka air tinggi", "High water"]
    assert read.texts("headline") == ["Muka air tinggi · Gate", "High water · Gate"]
    assert read.texts("description") == [
        "Batas peringatan terlampaui. Nilai terakhir 120,5 cm, 01-01-2026 13:00 WIB. Batas 100 cm."
        " Sejak 01-01-2026 13:00 WIB.",
        "The warning limit is crossed. Last value 120.5 cm, 01-01-2026 13:00 WIB. Limit 100 cm."
        " Since 01-01-2026 13:00 WIB.",
    ]
    assert (read.text("category"), read.text("certainty"), read.text("urgency")) == (
        "Met",
        "Observed",
        "Immediate",
    )
    assert (read.text("severity"), read.text("responseType")) == ("Severe", "Monitor")
    assert read.text("expires") == "2026-01-01T19:00:00+07:00"
    assert read.text("areaDesc") == "Gate, Manguharjo, Bengawan Madiun"
    assert read.text("circle") == "-6.200000,106.800000 1.5"  # latitude first
    assert read.text("senderName") == "BPBD, Madiun"
    assert read.parameters()["pantau:value"] == "120.5"


def test_an_hour_in_a_unit_is_written_as_the_language_does():
    metrics = {HIGH_WATER.metric: replace(FLOOD.metrics[HIGH_WATER.metric], unit="mm/h")}
    said = alert(message(), kinds={"flood": replace(FLOOD, metrics=metrics)}).texts("description")
    assert "Nilai terakhir 120,5 mm/jam" in said[0]
    assert "Batas 100 mm/jam" in said[0]
    assert "Last value 120.5 mm/h" in said[1]


def test_the_end_cancels_with_an_all_clear_and_names_what_it_cancels():
    read = alert(message((0, 120), (5, 50)))
    assert (read.text("msgType"), read.text("responseType"), read.text("urgency")) == (
        "Cancel",
        "AllClear",
        "Past",
    )
    raised = message((0, 120)).identifier
    assert read.text("references") == f"bpbd@madiunkota.example,{raised},2026-01-01T13:00:00+07:00"
    assert read.texts("headline")[0] == "Selesai: Muka air tinggi · Gate"


@pytest.mark.parametrize("cause", [Cause.WITHDRAWN, Cause.PUT_ASIDE])
def test_what_is_withdrawn_is_never_an_all_clear(cause):
    read = alert(replace(message((0, 120), (5, 50)), cause=cause))
    assert "AllClear" not in read.texts("responseType")
    assert "bukan tanda aman" in read.texts("description")[0]


def test_the_operators_instruction_is_for_agencies_and_not_for_the_public():
    assert alert(message()).text("instruction") == "teks"
    public = alert(message(), is_public=True)
    assert (public.text("scope"), public.text("instruction"), public.text("restriction")) == (
        "Public",
        None,
        None,
    )


def test_a_simulated_city_is_only_ever_a_test():
    assert alert(message(), simulated=None).text("status") == "Test"
    assert alert(message(), simulated={"gate"}).text("status") == "Test"
    assert alert(message(), simulated={"another"}).text("status") == "Actual"


def test_a_rule_and_a_site_that_are_gone_leave_a_valid_document():
    read = alert(message(), rules={}, sites={}, kinds={})
    assert (read.text("event"), read.text("category")) == ("high_water", "Other")
    assert (read.text("areaDesc"), read.text("circle")) == ("gate", None)


def test_an_alarm_that_lost_its_data_before_it_came_back_from_a_shelf_says_so():
    told = message()
    lost = replace(told, alarm=replace(told.alarm, data_lost_at=at(20)))
    assert "tidak lagi mengirim data" in alert(lost).texts("description")[0]


@pytest.mark.parametrize(
    ("instant", "zone", "text"),
    [
        (datetime(2026, 1, 1, 6, 0, 0, 999_999, tzinfo=UTC), "Asia/Jakarta", "2026-01-01T13:00:00+07:00"),
        (datetime(2026, 1, 1, tzinfo=UTC), "UTC", "2026-01-01T00:00:00+00:00"),
        (datetime(1900, 1, 1, tzinfo=UTC), "Asia/Jakarta", "1900-01-01T00:00:00+00:00"),
        (datetime(2026, 1, 1, tzinfo=UTC), "America/St_Johns", "2025-12-31T20:30:00-03:30"),
    ],
    ids=["fraction", "never Z", "offset with seconds", "half an hour behind"],
)
def test_times_are_whole_seconds_with_an_offset(instant, zone, text):
    assert cap_time(instant, ZoneInfo(zone)) == text


INSTANTS = st.integers(0, 7_000_000_000).map(lambda s: datetime.fromtimestamp(s, UTC))
_NASTY = ["<alert>&amp;", "]]>", "🌊 banjir", "a\x00b\x1b", "\x00", "\ud800", "a\r\n\tb", "\ufffe"]
TEXTS = (st.text(min_size=1, max_size=200) | st.sampled_from(_NASTY)).filter(lambda text: text.strip())
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
SITES = st.builds(
    replace,
    st.just(GATE),
    name=TEXTS,
    area=st.just("") | TEXTS,
    waterway=st.just("") | TEXTS,
    lat_deg=st.floats(-90, 90).filter(bool),
    lon_deg=st.floats(-180, 180),
)
ALARMS = st.builds(
    Alarm,
    id=st.just("high_water/gate/1"),
    rule_id=st.sampled_from(["high_water", "gone"]),
    site_id=st.sampled_from(["gate", "gone"]),
    severity=st.sampled_from(Severity),
    raised_at=INSTANTS,
    cleared_at=st.none() | INSTANTS,
    data_lost_at=st.none() | INSTANTS,
    last_value=NUMBERS,
    limit=NUMBERS,
    retrospective=st.booleans(),
    change=st.just(1),
)
MESSAGES = st.builds(
    CapMessage,
    identifier=st.from_regex(r"[a-z][a-z0-9_.]{0,40}", fullmatch=True),
    sent=INSTANTS,
    cause=st.sampled_from(Cause),
    alarm=ALARMS,
    measured_at=INSTANTS,
    references=st.lists(st.tuples(st.just("a.b.1"), INSTANTS), max_size=3).map(tuple),
)


@st.composite
def publishers(draw) -> Publisher:
    text = draw(TEXTS)
    rule = replace(
        HIGH_WATER, title=Label(id=text, en=draw(TEXTS)), instruction=Label(id=text, en=text), agency="BPBD"
    )
    return replace(
        PUBLISHER,
        rules={"high_water": rule},
        sites={"gate": draw(SITES)},
        city=draw(TEXTS),
        is_public=draw(st.booleans()),
        simulated=draw(st.sampled_from([None, (), {"gate"}])),
        zone=ZoneInfo(draw(st.sampled_from(["Asia/Jakarta", "UTC", "Asia/Kathmandu", "Africa/Monrovia"]))),
        address=draw(st.sampled_from(["", "https://pantau.example/"])),
    )


@given(MESSAGES, publishers())
def test_every_document_is_valid_against_the_published_schema(told, publisher):
    read = Alert(cap_document(told, publisher))
    assert all(len(headline or "") <= 160 for headline in read.texts("headline"))
    assert all("Z" not in (time or "") for time in read.texts("sent") + read.texts("expires"))


@given(st.lists(MESSAGES, max_size=4), publishers())
def test_every_feed_has_what_atom_must_have(told, publisher):
    etree = pytest.importorskip("lxml.etree", reason="lxml is not installed (pip install '.[test]')")
    root = etree.fromstring(feed_document(told, publisher, since=at(0)))
    atom = {"a": "http://www.w3.org/2005/Atom"}
    assert root.tag == "{http://www.w3.org/2005/Atom}feed"
    for holder in (root, *root.iterfind("a:entry", atom)):
        for name in ("id", "title", "updated"):
            assert len(holder.findall(f"a:{name}", atom)) == 1
        assert holder.findtext("a:id", namespaces=atom).startswith("urn:uuid:")
        assert datetime.fromisoformat(holder.findtext("a:updated", namespaces=atom)).tzinfo is not None
    assert root.findtext("a:author/a:name", namespaces=atom)
    assert len(root.findall("a:entry", atom)) == len(told)
    assert all(link.get("href") for link in root.iterfind("a:entry/a:link", atom))
