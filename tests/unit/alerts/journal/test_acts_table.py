from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.alarming import at, engine, observe_all
from support.operating import PLACE, wish

from alerts.desk.desk import carry_out, carry_out_all
from alerts.desk.operations import Reason, Refused, Verb
from alerts.journal.acts_table import Acts, acts
from alerts.journal.journal_table import append_events, events
from storage.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.in_folder(tmp_path)
    database.upgrade()
    with database.transaction() as connection:
        append_events(connection, observe_all(engine(), (0, 120)))
    yield database
    database.close()


def known(database: Database) -> dict[str, Acts]:
    with database.reading() as connection:
        ids = {event.alarm_id for event in events(connection)}
        # More ids than a statement may hold, so that they are asked for in pieces.
        return acts(connection, [*(f"nothing/{n}" for n in range(2000)), *ids])


def test_what_nobody_touched_has_no_acts(database: Database) -> None:
    assert known(database) == {}


def test_the_newest_of_each_act_counts(database: Database) -> None:
    for minute, operation in enumerate(
        [
            wish(Verb.CLAIM, by="Siti"),
            wish(Verb.RELEASE, by="Siti"),
            wish(Verb.CLAIM, by="Budi"),
            wish(Verb.COMMENT, by="Siti", text="pintu dibuka"),
            wish(Verb.COMMENT, by="Budi", text="air surut"),
            wish(Verb.ASSIGN, by="Siti", text="DPUPR"),
        ]
    ):
        assert not isinstance(carry_out(database, PLACE, operation, at(minute)), Refused)
    (found,) = known(database).values()
    assert found == Acts(
        claimed_at=at(2),
        assigned_at=at(5),
        assigned_by="Siti",
        comments=2,
        comment="air surut",
        commented_by="Budi",
        commented_at=at(4),
    )


def test_many_rows_are_answered_each_for_itself(database: Database) -> None:
    wishes = [(PLACE, wish(Verb.ACKNOWLEDGE)), (("high_water", "elsewhere"), wish(Verb.ACKNOWLEDGE))]
    done, refused = carry_out_all(database, wishes, at(1))
    assert not isinstance(done, Refused)
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.NOTHING_OPEN


def test_a_comment_whose_answer_was_lost_is_written_once(database: Database) -> None:
    comment = wish(Verb.COMMENT, text="pintu dibuka", seen=1)
    answers = [carry_out(database, PLACE, comment, at(minute)) for minute in (1, 2)]
    other = carry_out(database, PLACE, wish(Verb.COMMENT, by="Budi", text="pintu dibuka", seen=1), at(3))
    assert [len(answer) for answer in (*answers, other) if not isinstance(answer, Refused)] == [1, 0, 1]
    (found,) = known(database).values()
    assert found.comments == 2


def test_an_act_whose_answer_was_lost_is_refused_in_the_name_of_who_did_it(database: Database) -> None:
    claim = wish(Verb.CLAIM, by="Siti", seen=1)
    carry_out(database, PLACE, claim, at(1))
    again = carry_out(database, PLACE, claim, at(2))
    assert isinstance(again, Refused)
    assert (again.reason, again.by, again.at) == (Reason.OVERTAKEN, "Siti", at(1))
