"""What each bad answer of InfluxDB means to the caller; the answers are repeated by a small HTTP server."""

from __future__ import annotations

import logging
import socket
import traceback

import pytest
from support import influx_answers as answers
from support.influx_answers import Answer, answering
from support.stores import EVER, at, reading

from config.settings import InfluxAddress
from storage.influx import InfluxReadings
from storage.ports import StorageMisconfigured, StorageRefused, StorageUnavailable

TOKEN = "sEcReT-0123456789=="


def store_at(url: str, **settings) -> InfluxReadings:
    address = InfluxAddress(**{"url": url, "org": "kota", "bucket": "zz", "token": TOKEN, **settings})
    return InfluxReadings(address, timeout_s=5)


def batch(size: int):
    return [reading(float(n), observed_at=at(n), site_id=f"post-{n}") for n in range(size)]


@pytest.mark.parametrize(
    ("answer", "setting"),
    [
        (answers.NO_TOKEN, "PANTAU_INFLUXDB_TOKEN"),
        (answers.FORBIDDEN, "bucket 'zz'"),
        (answers.NO_BUCKET, "influxdb.bucket"),
        (answers.NO_DATABASE, "influxdb.bucket"),
        (answers.NO_ORGANIZATION, "influxdb.org"),
        (answers.NO_SUCH_PATH, "influxdb.url"),
        (Answer(status=301, headers={"Location": "https://elsewhere.invalid/"}), "influxdb.url"),
        (Answer(status=405, body="\x00"), "influxdb.url"),
    ],
    ids=lambda value: value.body[:40] or str(value.status) if isinstance(value, Answer) else value,
)
def test_a_fault_of_the_configuration_says_which_setting(answer, setting):
    with answering(answers.always(answer)) as server, pytest.raises(StorageMisconfigured, match=setting):
        store_at(server.url).write([reading()])


@pytest.mark.parametrize(
    "answer", [answers.WAL_ERROR, answers.BUSY, answers.TOO_MANY], ids=lambda a: a.status
)
def test_a_store_that_cannot_now_is_unavailable(answer):
    with answering(answers.always(answer)) as server, pytest.raises(StorageUnavailable):
        store_at(server.url).write([reading()])


def test_a_store_that_names_a_time_to_wait_is_heard():
    with answering(answers.always(answers.TOO_MANY)) as server, pytest.raises(StorageUnavailable) as raised:
        store_at(server.url).write([reading()])
    assert raised.value.retry_after_s == 7


@pytest.mark.parametrize("header", ["Wed, 21 Oct 2026 07:28:00 GMT", "-1", "", "²"])
def test_a_time_to_wait_in_another_form_is_none(header):
    answer = Answer(status=503, headers={"Retry-After": header.encode().decode("latin-1")})
    with answering(answers.always(answer)) as server, pytest.raises(StorageUnavailable) as raised:
        store_at(server.url).write([reading()])
    assert raised.value.retry_after_s is None


def test_a_failed_request_is_not_repeated_behind_the_callers_back():
    with answering(answers.always(answers.BUSY)) as server, pytest.raises(StorageUnavailable):
        store_at(server.url).write(batch(3))
    assert len(server.bodies) == 1


def test_nobody_listening_is_unavailable():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(StorageUnavailable, match="does not answer"):
            store_at(url).write([reading()])
        with pytest.raises(StorageUnavailable, match="does not answer"):
            list(store_at(url).read("flood", **EVER))


def test_a_listener_that_never_answers_is_unavailable():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        store = InfluxReadings(InfluxAddress(url=url), timeout_s=0.05)
        with pytest.raises(StorageUnavailable, match="does not answer"):
            store.write([reading()])


def test_a_host_name_that_cannot_be_one_is_told():
    with pytest.raises(StorageMisconfigured, match="no address"):
        store_at("http://a..b").write([reading()])


@pytest.mark.parametrize("answer", [answers.INVALID, answers.PARTIAL], ids=lambda a: a.status)
def test_only_the_bad_reading_of_a_batch_is_refused(answer):
    behaviour = answers.refusing_lines("site=post-37 ", answer)
    readings = batch(100)
    with answering(behaviour) as server, pytest.raises(StorageRefused) as raised:
        store_at(server.url).write(readings)
    assert [r for r, _ in raised.value.rejected] == [readings[37]]
    accepted = {line for body in server.bodies if "site=post-37 " not in body for line in body.splitlines()}
    assert len(accepted - {"# pantau"}) == 99


def test_the_store_s_reason_stands_beside_the_refused_reading():
    with (
        answering(answers.refusing_lines("post-1", answers.PARTIAL)) as server,
        pytest.raises(StorageRefused) as raised,
    ):
        store_at(server.url).write(batch(2))
    assert "field type conflict" in raised.value.rejected[0][1]


def test_every_one_of_several_with_the_refused_identity_is_given_back():
    pair = [reading(1.0), reading(2.0)]
    with (
        answering(answers.refusing_lines("post-1", answers.PARTIAL)) as server,
        pytest.raises(StorageRefused) as raised,
    ):
        store_at(server.url).write([*pair, reading(site_id="other")])
    assert [r for r, _ in raised.value.rejected] == pair


def test_a_body_too_large_is_written_in_parts():
    with answering(answers.refusing_more_than(10)) as server:
        store_at(server.url).write(batch(64))
    written = [body.splitlines() for body in server.bodies]
    assert sum(len(lines) for lines in written if len(lines) <= 10 and lines != ["# pantau"]) == 64


def test_a_store_that_refuses_every_request_loses_no_reading():
    with (
        answering(answers.always(answers.INVALID)) as server,
        pytest.raises(StorageMisconfigured, match="refuses every write"),
    ):
        store_at(server.url).write(batch(50))
    assert len(server.bodies) == 2


def test_a_name_that_line_protocol_cannot_carry_is_refused_and_the_rest_stored():
    with answering(answers.always(answers.STORED)) as server, pytest.raises(StorageRefused) as raised:
        store_at(server.url).write([reading(site_id="back\\slash"), reading()])
    assert [r.site_id for r, _ in raised.value.rejected] == ["back\\slash"]
    assert "site=post-1" in server.bodies[0]


def test_a_batch_that_is_refused_whole_asks_the_store_nothing():
    with answering(answers.always(answers.STORED)) as server, pytest.raises(StorageRefused):
        store_at(server.url).write([reading(values={"time": 1.0})])
    assert server.bodies == []


def test_the_token_is_sent_and_never_shown(caplog):
    echo = Answer(status=500, body=f'{{"message":"bad header Authorization: Token {TOKEN}"}}')
    caplog.set_level(logging.DEBUG)
    with answering(answers.always(echo)) as server:
        store = store_at(server.url.replace("//", "//user:hunter2@"))
        with pytest.raises(StorageUnavailable) as raised:
            store.write([reading()])
    assert server.headers[0]["Authorization"] == f"Token {TOKEN}"
    shown = "".join(traceback.format_exception(raised.value)) + repr(store) + repr(vars(store))
    assert TOKEN not in shown + caplog.text
    assert "hunter2" not in str(raised.value)


def test_a_line_end_after_the_token_does_no_harm():
    with answering(answers.always(answers.STORED)) as server:
        store_at(server.url, token=f"{TOKEN}\n").write([reading()])
    assert server.headers[0]["Authorization"] == f"Token {TOKEN}"


@pytest.mark.parametrize("token", ["two\nlines-secret", "sécret", "nul\x00-secret"])
def test_a_token_that_no_header_can_carry_is_told_without_showing_it(token):
    with pytest.raises(StorageMisconfigured, match="copy it again") as raised:
        store_at("http://127.0.0.1:9", token=token).write([reading()])
    assert token not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("body", ["<html>welcome</html>", "[]", "{}", '{"results":[]}', ""])
def test_another_web_server_is_not_taken_for_an_empty_store(body):
    with (
        answering(answers.always(Answer(status=200, body=body))) as server,
        pytest.raises(StorageMisconfigured, match="not answer like InfluxDB"),
    ):
        list(store_at(server.url).read("flood", **EVER))


@pytest.mark.parametrize(
    ("told", "raised"),
    [
        ("database not found: zz", StorageMisconfigured),
        ("timeout", StorageUnavailable),
        ("max-concurrent-queries limit exceeded(10, 10)", StorageUnavailable),
    ],
)
def test_an_error_inside_a_successful_answer_is_an_error(told, raised):
    body = f'{{"results":[{{"statement_id":0,"error":"{told}"}}]}}'
    with answering(answers.always(Answer(status=200, body=body))) as server, pytest.raises(raised):
        list(store_at(server.url).read("flood", **EVER))


def test_a_store_that_cuts_every_answer_shorter_than_one_instant_is_told():
    row = '[1000,1.0,"gauge-1","post-1"]'
    body = (
        '{"results":[{"series":[{"name":"flood","columns":["time","v","device","site"],'
        f'"values":[{row},{row}],"partial":true}}]}}]}}'
    )
    with (
        answering(answers.always(Answer(status=200, body=body))) as server,
        pytest.raises(StorageMisconfigured, match="max-row-limit"),
    ):
        list(store_at(server.url).read("flood", **EVER))
