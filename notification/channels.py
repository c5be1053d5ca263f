"""Messages through Apprise: the only place that knows it, and the last one that sees an address."""

from __future__ import annotations

import logging
import re
from urllib.parse import unquote

import apprise

from notification.outbox import NotificationError

_WITHIN_S = 30.0
# What a service answers to a request that will never be right: bad, not allowed, not there.
PERMANENT = frozenset({400, 401, 403, 404, 405, 410})
_CODE = re.compile(r"error=(\d{3})|\((\d{3})\)")
_SECRET_FROM = 3
_TOLD = 200


class Channel:
    """One address that messages are sent to; used by one thread.

    Args:
        url: An Apprise URL; a secret.

    Raises:
        NotificationError: Apprise does not know such an address.
    """

    def __init__(self, url: str) -> None:
        _silence()
        self._url = url
        self._apprise = apprise.Apprise(
            asset=apprise.AppriseAsset(app_id="Pantau", app_desc="Pantau", storage_mode="memory")
        )
        if not self._apprise.add(url):
            raise NotificationError("Apprise does not understand the address of this channel", permanent=True)

    def send(self, title: str, body: str) -> None:
        """Have the service take a message; returns when it said that it did.

        Raises:
            NotificationError: It did not, or nobody knows; `is_in_doubt` tells which.
        """
        result = self._apprise.notify(
            title=title, body=body, body_format=apprise.NotifyFormat.TEXT, timeout=_WITHIN_S
        )
        if result:
            return
        said = [entry.message for entry in result.logs() if entry.level in ("WARNING", "ERROR")]
        if result.timeout_count:
            raise NotificationError("no answer within 30 s", is_in_doubt=True)
        sentence = _redacted("; ".join(said), self._url)[:_TOLD] or "the service did not take it"
        raise NotificationError(sentence, permanent=bool(_codes(said) & PERMANENT))


def _codes(said: list[str]) -> set[int]:
    return {int(a or b) for sentence in said for a, b in _CODE.findall(sentence)}


def _redacted(sentence: str, url: str) -> str:
    """Return a sentence without any part of the address: a token is a secret in whatever place it stands."""
    _, _, rest = url.partition("://")
    parts = {part for whole in (rest, unquote(rest)) for part in re.split(r"[/:@?&=,]", whole)}
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= _SECRET_FROM:
            sentence = sentence.replace(part, "***")
    return sentence


def _silence() -> None:
    """Let nothing that these libraries log come out: an address, with its token, may be part of it."""
    for name in ("apprise", "urllib3", "requests"):
        logger = logging.getLogger(name)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
