from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse
from support.asgi import Answer, ask
from support.city_database import CityDatabase, city_kinds, city_rules
from support.signing_in import add_person, signed_in

from alerts.desk.desk import alarm_row
from alerts.journal.alarms import AlarmEvent, EventType, Severity
from alerts.journal.journal_table import events
from dashboard.acts import Answered, act_routes
from dashboard.parts import Parts
from dashboard.server import create_app
from people.roles import Role
from storage.ports import StorageUnavailable

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ACTS = "/api/v1/alarms/acts"
GATE = ("siaga", "gate")


@pytest.fixture
def city(tmp_path: Path) -> Iterator[CityDatabase]:
    city = CityDatabase(tmp_path)
    city.add_site("gate", "flood")
    city.add_site("road", "traffic")
    city.raise_alarm("gate", NOW, rule=city_rules()["siaga"], value=310.0)
    city.raise_alarm("road", NOW, rule=city_rules()["jam"], value=4.0)
    yield city
    city.close()


def parts_of(city: CityDatabase, token: str | None = None) -> Parts:
    return Parts(
        database=city.database,
        readings=city.readings,
        kinds=city_kinds(),
        rules=city_rules(),
        city_folder=Path("madiun"),
        time_zone=ZoneInfo("Asia/Jakarta"),
        language="id",
        demo=token is None,
        access_token=token,
    )


def app_of(city: CityDatabase, *, token: str | None = None, now: datetime = NOW) -> Any:
    return create_app(parts_of(city, token), clock=lambda: now)


@pytest.fixture
def app(city: CityDatabase) -> Any:
    return app_of(city)


def post(
    app: Any,
    verb: str,
    *keys: str,
    seen: int = 2,
    act_id: UUID | None = None,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Answer:
    rows = [{"key": key, "seen": seen} for key in keys or ("siaga/gate",)]
    body = {"id": str(act_id or uuid4()), "verb": verb, "rows": rows, **more}
    told = {"content-type": "application/json", **(headers or {})}
    return ask(app, ACTS, method="POST", headers=told, body=json.dumps(body).encode())


def outcomes(answer: Answer) -> list[tuple[str, bool, str]]:
    found = json.loads(answer.body)["outcomes"]
    return [(o["key"], o["done"], o["refused"]["reason"] if o["refused"] else "") for o in found]


def journal(city: CityDatabase) -> list[AlarmEvent]:
    with city.database.reading() as connection:
        return events(connection)


def test_an_alarm_is_assigned_to_nobody_that_rules_and_settings_do_not_name(
    city: CityDatabase, app: Any
) -> None:
    answer = post(app, "assign", text="Disub")
    assert answer.status == 422
    assert "did you mean Dishub?" in answer.body
    assert post(app, "assign", text="Dishub").status == 200
    (alarm,) = alarm_row(city.database, GATE).alarms
    assert alarm.assigned_to == "Dishub"


def test_only_agencies_with_a_site_here_are_offered_and_accepted_and_those_assigned_already(
    city: CityDatabase,
) -> None:
    there = replace(city_rules()["jam"], id="jakarta", agency="BPBD DKI Jakarta", sites=("manggarai",))
    parts = replace(parts_of(city), rules={**city_rules(), "jakarta": there}, agencies=("DPUPR",))
    app = create_app(parts, clock=lambda: NOW)

    def offered() -> list[str]:
        found: list[str] = json.loads(ask(app, "/boot.json").body)["agencies"]
        return found

    assert offered() == ["BPBD", "DPUPR", "Dishub", "Kominfo"]
    assert post(app, "assign", text="BPBD DKI Jakarta").status == 422
    city.tell(
        AlarmEvent(
            alarm_id=journal(city)[0].alarm_id,
            rule_id="siaga",
            site_id="gate",
            type=EventType.ASSIGNED,
            observed_at=NOW,
            recorded_at=NOW,
            severity=Severity.HIGH,
            by="Siti",
            text="Damkar",
        )
    )
    assert "Damkar" in offered()
    assert post(app, "assign", "jam/road", text="Damkar").status == 200
    city.add_site("manggarai", "flood")
    assert "BPBD DKI Jakarta" in offered()


def test_an_acknowledgement_is_written_in_the_name_of_who_is_signed_in(city: CityDatabase, app: Any) -> None:
    answer = post(app, "acknowledge")
    assert (answer.status, outcomes(answer)) == (200, [("siaga/gate", True, "")])
    (alarm,) = alarm_row(city.database, GATE).alarms
    assert (alarm.acknowledged_by, alarm.acknowledged_at) == ("Demo", NOW)


def test_the_second_is_told_who_was_first_and_when(city: CityDatabase, app: Any) -> None:
    post(app, "claim")
    answer = post(app_of(city, now=NOW + timedelta(minutes=1)), "claim")
    refused = json.loads(answer.body)["outcomes"][0]["refused"]
    assert answer.status == 409
    assert refused == {
        "reason": "overtaken",
        "by": "Demo",
        "at": int(NOW.timestamp() * 1000),
        "after": "claimed",
    }


def test_many_are_acknowledged_at_once_and_those_that_changed_are_refused_by_name(
    city: CityDatabase, app: Any
) -> None:
    post(app, "acknowledge", "jam/road")
    answer = post(app, "acknowledge", "siaga/gate", "jam/road")
    assert answer.status == 200
    assert outcomes(answer) == [("siaga/gate", True, ""), ("jam/road", False, "overtaken")]


def test_an_alarm_that_came_after_the_look_is_not_acknowledged(city: CityDatabase, app: Any) -> None:
    city.raise_alarm("gate", NOW + timedelta(minutes=1), rule=city_rules()["siaga"], value=320.0)
    assert outcomes(post(app, "acknowledge", seen=2)) == [("siaga/gate", False, "overtaken")]
    assert outcomes(post(app, "acknowledge", seen=3)) == [("siaga/gate", True, "")]


def test_the_same_request_again_is_answered_and_not_done_again(city: CityDatabase, app: Any) -> None:
    act_id = uuid4()
    first, again = (post(app, "claim", act_id=act_id) for _ in range(2))
    assert (first.status, again.status) == (200, 200)
    assert first.body == again.body
    assert len(journal(city)) == 3


def test_the_same_row_twice_in_one_request_is_one_row(city: CityDatabase, app: Any) -> None:
    assert outcomes(post(app, "claim", "siaga/gate", "siaga/gate")) == [("siaga/gate", True, "")]


def test_a_shelf_needs_a_reason_and_a_time_of_a_day_at_most(city: CityDatabase, app: Any) -> None:
    wanting = [
        post(app, "shelve", text=" ", lasting_s=1800),
        post(app, "shelve", text="x"),
        post(app, "shelve", text="x", lasting_s=86401),
    ]
    assert [answer.status for answer in wanting] == [422] * 3
    assert [outcomes(a)[0][2] for a in wanting] == ["needs_text", "needs_time", "too_long"]
    assert post(app, "shelve", text="sensor dibersihkan", lasting_s=86400).status == 200
    shelf = alarm_row(city.database, GATE).shelf
    assert shelf is not None
    assert (shelf.reason, shelf.until) == ("sensor dibersihkan", NOW + timedelta(days=1))


@pytest.mark.parametrize("verb", ["shelve", "comment", "take_out_of_service", "assign"])
@pytest.mark.parametrize("text", ["\u200b", " \u2060 ", "\u3164"], ids=ascii)
def test_a_text_of_which_nothing_shows_is_none(city: CityDatabase, app: Any, verb: str, text: str) -> None:
    assert post(app, verb, text=text, lasting_s=60).status == 422
    assert len(journal(city)) == 2


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"], ids=ascii)
def test_a_text_that_no_store_can_keep_is_refused_in_a_sentence(
    city: CityDatabase, app: Any, text: str
) -> None:
    answer = post(app, "comment", text=text)
    assert (answer.status, len(journal(city))) == (422, 2)
    assert json.loads(answer.body)["detail"][0]["loc"] == ["body", "text"]


def test_taking_a_shelf_back_shows_the_alarm_unacknowledged(city: CityDatabase, app: Any) -> None:
    post(app, "shelve", text="x", lasting_s=1800)
    assert outcomes(post(app, "unshelve", seen=3)) == [("siaga/gate", True, "")]
    assert alarm_row(city.database, GATE).state == "active_unacknowledged"


def test_an_invented_rule_cannot_be_put_aside(city: CityDatabase, app: Any) -> None:
    answer = post(app, "take_out_of_service", "invented/gate", text="x")
    assert (answer.status, len(journal(city))) == (422, 2)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"verb": "delete"}, id="no-such-verb"),
        pytest.param({"rows": []}, id="no-rows"),
        pytest.param({"rows": [{"key": "siaga", "seen": 1}]}, id="no-site"),
        pytest.param({"rows": [{"key": "siaga/gate"}]}, id="unseen"),
        pytest.param({"id": "1"}, id="no-uuid"),
        pytest.param({"by": "somebody else"}, id="another-name"),
    ],
)
def test_a_malformed_request_is_refused_and_writes_nothing(
    city: CityDatabase, app: Any, body: dict[str, Any]
) -> None:
    good = {"id": str(uuid4()), "verb": "claim", "rows": [{"key": "siaga/gate", "seen": 2}]}
    told = json.dumps(good | body if body else {}).encode()
    answer = ask(app, ACTS, method="POST", headers={"content-type": "application/json"}, body=told)
    assert (answer.status, len(journal(city))) == (422, 2)


def test_who_may_only_watch_acts_on_nothing(city: CityDatabase) -> None:
    add_person(city.database, "Tamu", Role.VIEWER)
    app = app_of(city, token="kunci-kota")
    assert post(app, "acknowledge").status == 401
    assert post(app, "acknowledge", headers=signed_in(app, "Tamu")).status == 403
    assert len(journal(city)) == 2


def test_the_journal_names_the_account_whatever_the_request_says(city: CityDatabase) -> None:
    add_person(city.database, "Siti", Role.OPERATOR)
    app = app_of(city, token="kunci-kota")
    assert post(app, "acknowledge", headers=signed_in(app, "Siti")).status == 200
    assert journal(city)[-1].by == "Siti"


def test_the_list_tells_what_to_send_as_seen(city: CityDatabase, app: Any) -> None:
    told = json.loads(ask(app, "/api/v1/alarms/rows").body)
    assert [row["id"] for row in told["rows"]] == ["siaga/gate", "jam/road"]
    city.raise_alarm("gate", NOW + timedelta(minutes=1), rule=city_rules()["siaga"], value=320.0)
    assert outcomes(post(app, "acknowledge", seen=told["change"])) == [("siaga/gate", False, "overtaken")]


def test_the_history_of_a_row_tells_who_did_what(city: CityDatabase, app: Any) -> None:
    post(app, "comment", text="pintu dibuka")
    told = json.loads(ask(app, "/api/v1/alarms/history?rule=siaga&site=gate").body)["events"]
    assert [(e["type"], e["by"], e["text"]) for e in told] == [
        ("raised", "", ""),
        ("commented", "Demo", "pintu dibuka"),
    ]


def test_a_request_that_failed_may_be_tried_again_and_one_that_is_under_way_is_waited_for() -> None:
    tries: list[int] = []

    def work() -> JSONResponse:
        tries.append(1)
        if len(tries) == 1:
            raise StorageUnavailable("away")
        return JSONResponse({"done": len(tries)})

    async def scenario() -> list[Any]:
        answered, key = Answered(), ("Siti", uuid4())
        with pytest.raises(StorageUnavailable):
            await answered.once(key, work)
        return await asyncio.gather(*(answered.once(key, work) for _ in range(3)))

    assert [answer.body for answer in asyncio.run(scenario())] == [b'{"done":2}'] * 3


def test_an_act_that_failed_for_any_reason_may_be_tried_again_even_when_nobody_waited_for_it() -> None:
    tries: list[int] = []

    def work() -> JSONResponse:
        tries.append(1)
        if len(tries) == 1:
            raise OverflowError("of the database")
        return JSONResponse({"done": len(tries)})

    async def scenario() -> Any:
        answered, key = Answered(), ("Siti", uuid4())
        with pytest.raises(OverflowError):
            await answered.once(key, work)
        return await answered.once(key, work), await answered.once(key, work)

    assert [answer.body for answer in asyncio.run(scenario())] == [b'{"done":2}'] * 2


def test_the_api_document_tells_of_acts_and_their_refusals(city: CityDatabase) -> None:
    alone = FastAPI()
    alone.include_router(app_routes(city))
    assert {"200", "409", "422", "503"} <= set(alone.openapi()["paths"][ACTS]["post"]["responses"])


def app_routes(city: CityDatabase) -> APIRouter:
    return act_routes(parts_of(city), lambda: NOW, lambda: None)
