"""Apprise against real services: what arrives, what failed, and what never shows."""

from __future__ import annotations

import subprocess
import sys

import pytest
from support.post_office import mail_server, webhook
from support.running import ROOT

from notification.channels import Channel
from notification.outbox import NotificationError

TITLE, BODY = (
    "TINGGI: Siaga 2 kuning, Pos Gemarang",
    "Nilai: 812 cm (batas 800 cm)\n\n<b>& _tanda_ *khusus* </b>",
)


@pytest.fixture
def service():
    with webhook() as hook:
        yield hook


def channel(service, token="s3cr3t-t0ken"):
    return Channel(f"json://user:passw0rd@{service.url}/{token}/")


def test_a_webhook_gets_every_character_as_it_was_written(service):
    channel(service).send(TITLE, BODY)
    (message,) = service.received
    assert (message["title"], message["message"]) == (TITLE, BODY)


@pytest.mark.parametrize(
    ("answer", "is_permanent"),
    [
        pytest.param(401, True, id="a wrong token"),
        pytest.param(404, True, id="no such chat"),
        pytest.param(429, False, id="too many messages"),
        pytest.param(500, False, id="its own fault"),
        pytest.param(503, False, id="being restarted"),
    ],
)
def test_what_a_service_answers_tells_whether_trying_again_helps(service, answer, is_permanent):
    service.answers = [answer]
    with pytest.raises(NotificationError) as failed:
        channel(service).send(TITLE, BODY)
    assert (failed.value.permanent, failed.value.is_in_doubt) == (is_permanent, False)
    assert str(answer) in str(failed.value)


def test_a_service_that_is_not_there_is_tried_again():
    with pytest.raises(NotificationError, match="onnection") as failed:
        Channel("json://127.0.0.1:1/hook").send(TITLE, BODY)
    assert not failed.value.permanent


TALKATIVE = """
import logging, sys
logging.basicConfig(level=logging.DEBUG)
from notification.channels import Channel
from notification.outbox import NotificationError
for address in sys.argv[1:]:
    try:
        Channel(address).send("title", "body")
    except NotificationError as error:
        print("error:", error)
"""


def test_no_part_of_an_address_shows_in_errors_or_in_any_log(service):
    """In a process of its own, whose every logger writes all that it has: pytest would listen in before."""
    service.answers = [500]
    addresses = [f"json://user:passw0rd@{service.url}/s3cr3t-t0ken/", "nonsense://s3cr3t-t0ken@passw0rd"]
    run = subprocess.run(
        [sys.executable, "-c", TALKATIVE, *addresses], cwd=ROOT, capture_output=True, text=True, check=True
    )
    said = run.stdout + run.stderr
    assert said.count("error: ") == 2
    assert "500" in said
    for secret in ("s3cr3t", "passw0rd", service.url):
        assert secret not in said


def test_a_telegram_bot_that_is_refused_says_why_without_its_token(service, monkeypatch):
    """The plugin's own address of Telegram is played by the local service."""
    from apprise.plugins.telegram import NotifyTelegram

    monkeypatch.setattr(NotifyTelegram, "notify_url", f"http://{service.url}/bot")
    service.answers = [401] * 3
    with pytest.raises(NotificationError) as failed:
        Channel("tgram://123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/12315544").send(TITLE, BODY)
    assert failed.value.permanent
    assert "401" in str(failed.value)
    assert "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw" not in str(failed.value)
    assert any("AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw" in path for path in service.paths)


def test_an_e_mail_arrives_with_its_subject_and_text():
    with mail_server() as box:
        address = f"mailto://127.0.0.1:{box.port}?from=pantau@madiun.example&to=piket@bpbd.example&smtp=127.0.0.1&mode=insecure"
        Channel(address).send(TITLE, BODY)
    assert box.subjects == [TITLE]
    assert "Nilai: 812 cm (batas 800 cm)" in box.bodies[0]


def test_a_mail_server_that_is_gone_is_tried_again():
    with pytest.raises(NotificationError) as failed:
        Channel("mailto://127.0.0.1:1?from=a@b.example&to=c@d.example&smtp=127.0.0.1&mode=insecure").send(
            TITLE, BODY
        )
    assert not failed.value.permanent
