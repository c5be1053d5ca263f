"""The CAP feed over HTTP: what changed since a poller last asked, and nothing when nothing did."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from alerts.journal.journal_table import last_event_change
from alerts.telling.cap import Publisher, cap_document
from alerts.telling.cap_feed import ATOM_TYPE, CAP_TYPE, feed_document
from alerts.telling.cap_journal import CapBooks, read_cap_books
from dashboard.parts import Parts
from devices.registry_table import registry_revision
from storage.ports import StorageUnavailable

Clock = Callable[[], datetime]


def cap_routes(parts: Parts, clock: Clock) -> APIRouter:
    """Return the routes of the feed and of each of its documents."""
    router = APIRouter(prefix="/cap", tags=["cap"])
    feed = _Feed(parts, since=clock())

    @router.get("/feed.atom", summary="CAP alerts of the last 7 days, as Atom", response_class=Response)
    @router.head("/feed.atom", include_in_schema=False)
    async def atom(request: Request) -> Response:
        books, publisher = await _read_or_503(feed, clock())
        body = await asyncio.to_thread(feed_document, books.messages, publisher, since=feed.since)
        modified = max((message.sent for message in books.messages), default=feed.since)
        return _answer(request, body, ATOM_TYPE, modified)

    @router.get("/{identifier}.xml", summary="One CAP 1.2 alert", response_class=Response)
    @router.head("/{identifier}.xml", include_in_schema=False)
    async def document(identifier: str, request: Request) -> Response:
        books, publisher = await _read_or_503(feed, clock())
        message = next((m for m in books.messages if m.identifier == identifier), None)
        if message is None:
            raise HTTPException(404, "there is no such alert, or it is older than 7 days")
        return _answer(request, cap_document(message, publisher), CAP_TYPE, message.sent)

    return router


class _Feed:
    """The books of the feed, read again when something happened, or a minute later.

    Args:
        parts: The dashboard's.
        since: When the feed began; what an empty one says that it was changed at.
    """

    def __init__(self, parts: Parts, since: datetime) -> None:
        self.since = since
        self._parts = parts
        self._lock = threading.Lock()
        self._read: tuple[object, CapBooks, Publisher] | None = None

    def now(self, now: datetime) -> tuple[CapBooks, Publisher]:
        """Return the books and what their ids mean; called from any thread.

        Raises:
            StorageUnavailable: The database does not answer.
        """
        parts = self._parts
        with self._lock:
            with parts.database.reading() as connection:
                state = (
                    last_event_change(connection),
                    registry_revision(connection),
                    now.replace(second=0, microsecond=0),
                )
            if self._read is None or self._read[0] != state:
                books = read_cap_books(parts.database, parts.cap, parts.rules, now)
                self._read = (state, books, _publisher(parts, books, now))
            return self._read[1], self._read[2]


def _publisher(parts: Parts, books: CapBooks, now: datetime) -> Publisher:
    return Publisher(
        sender=parts.cap.sender,
        is_public=parts.cap.public,
        expires=parts.cap.expires,
        radius_km=parts.cap.radius_km,
        address=parts.cap.address,
        city=parts.city_name,
        zone=parts.time_zone,
        rules=dict(parts.rules),
        kinds=parts.kinds,
        sites=books.registry.sites,
        simulated=None if parts.demo else _simulated(books, now),
    )


def _simulated(books: CapBooks, now: datetime) -> set[str]:
    """Return the sites of the messages where every device that stands there is simulated."""
    sites = {message.alarm.site_id for message in books.messages}
    devices = {site_id: books.registry.devices_at(site_id, now) for site_id in sites}
    return {site_id for site_id, held in devices.items() if held and all(d.simulated for d in held)}


async def _read_or_503(feed: _Feed, now: datetime) -> tuple[CapBooks, Publisher]:
    try:
        return await asyncio.to_thread(feed.now, now)
    except StorageUnavailable as error:
        raise HTTPException(503, "the database does not answer; try again in a moment") from error


def _answer(request: Request, body: bytes, media_type: str, modified: datetime) -> Response:
    """Return the body, or 304 when the poller has it already."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Last-Modified": format_datetime(modified.astimezone(UTC), usegmt=True)}
    if _has_it(request, tag, modified):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def _has_it(request: Request, tag: str, modified: datetime) -> bool:
    """Tell whether the poller's copy is this one; its time counts only without a tag (RFC 9110, 13.2.2)."""
    known = request.headers.get("if-none-match")
    if known is not None:
        return "*" in known or tag in known
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except (ValueError, OverflowError):
        return False
    return since.tzinfo is not None and modified.replace(microsecond=0) <= since
