from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.registry import Device, Registration, Site
from devices.registry_table import register
from devices.site_notes_table import (
    SITE_NOTES,
    SiteNote,
    add_site_note,
    end_site_note,
    is_site,
    site_notes,
)

T0 = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


@pytest.fixture
def connection(database):
    sites = [
        Registration(
            site=Site(id=name, name=name, lat_deg=-7.6, lon_deg=111.5),
            device=Device(id=f"{name}-1", kind="flood", simulated=True),
            since=T0,
        )
        for name in ("gate", "dam")
    ]
    with database.transaction() as connection:
        register(connection, sites)
        yield connection


def note(
    text: str = "pintu macet", *, minute: int = 0, note_id: UUID | None = None, by: str = "Siti"
) -> SiteNote:
    at = T0 + timedelta(minutes=minute)
    return SiteNote(id=note_id or uuid4(), site_id="gate", at=at, by=by, text=text)


def texts(connection, *, with_ended: bool = True, limit: int = 100) -> list[str]:
    return [found.text for found in site_notes(connection, "gate", with_ended=with_ended, limit=limit)[0]]


def test_notes_come_newest_first_in_the_order_kept_even_when_a_clock_was_set_back(connection):
    for minute, text in ((10, "first"), (5, "second"), (20, "third")):
        add_site_note(connection, note(text, minute=minute))
    assert texts(connection) == ["third", "second", "first"]
    assert site_notes(connection, "dam", with_ended=True, limit=100) == ([], 0)


def test_the_same_note_sent_again_is_kept_once_as_it_was_first(connection):
    first = add_site_note(connection, note())
    again = add_site_note(connection, note("something else", note_id=first.id, by="Budi", minute=9))
    assert again == first
    assert texts(connection) == ["pintu macet"]


def test_a_note_ends_once_and_is_told_by_whom_first(connection):
    kept = add_site_note(connection, note())
    ended = end_site_note(connection, "gate", kept.id, by="Budi", at=T0 + timedelta(hours=1))
    again = end_site_note(connection, "gate", kept.id, by="Siti", at=T0 + timedelta(hours=2))
    assert ended == again
    assert (ended.ended_by, ended.ended_at) == ("Budi", T0 + timedelta(hours=1))
    assert texts(connection, with_ended=False) == []
    assert texts(connection) == ["pintu macet"]


def test_a_note_is_not_ended_by_way_of_another_site(connection):
    kept = add_site_note(connection, note())
    assert end_site_note(connection, "dam", kept.id, by="Budi", at=T0) is None
    assert end_site_note(connection, "gate", uuid4(), by="Budi", at=T0) is None
    assert texts(connection, with_ended=False) == ["pintu macet"]


def test_a_valid_note_is_found_behind_any_number_of_ended_ones_and_all_are_counted(connection):
    add_site_note(connection, note("still so"))
    for number in range(5):
        over = add_site_note(connection, note(str(number)))
        end_site_note(connection, "gate", over.id, by="Budi", at=T0)
    assert texts(connection, with_ended=False, limit=1) == ["still so"]
    assert site_notes(connection, "gate", with_ended=True, limit=2)[1] == 6


def test_only_registered_sites_are_sites(connection):
    assert is_site(connection, "gate")
    assert not is_site(connection, "GATE")
    assert not is_site(connection, "")


STEPS = st.lists(
    st.tuples(st.sampled_from(["write", "end"]), st.integers(0, 4), st.sampled_from("ab")), max_size=20
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_is_sent_how_often_no_note_is_lost_changed_or_revived(connection, steps):
    connection.execute(SITE_NOTES.delete())
    written: dict[int, str] = {}
    ended: dict[int, str] = {}
    for act, number, who in steps:
        note_id = UUID(int=number)
        if act == "write":
            add_site_note(connection, note(f"{number} by {who}", note_id=note_id, by=who))
            written.setdefault(number, who)
        else:
            end_site_note(connection, "gate", note_id, by=who, at=T0)
            if number in written:
                ended.setdefault(number, who)
    kept, count = site_notes(connection, "gate", with_ended=True, limit=100)
    assert count == len(written)
    assert [(one.id.int, one.text, one.ended_by) for one in reversed(kept)] == [
        (number, f"{number} by {who}", ended.get(number)) for number, who in written.items()
    ]
