"""The plain HTTP routes beside the page: the stream, what the page boots from, and the first HTTP API."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import FileResponse, JSONResponse, Response, StreamingResponse

from dashboard import wire
from dashboard.access import person_of, still_signed_in
from dashboard.alarm_wire import api_alarm
from dashboard.base_map import LAYERS, first_bounds, layer_path
from dashboard.known_agencies import KnownAgencies
from dashboard.map_library import library_file
from dashboard.metrics import CONTENT_TYPE, exposition, read_numbers
from dashboard.parts import Parts
from dashboard.snapshot import read_snapshot
from dashboard.stream import LiveStream
from dashboard.texts import Texts
from dashboard.tile_routes import BaseTiles
from dashboard.view import CityView, city_view
from dashboard.views import VIEWS
from dashboard.wording import zone_name
from people.roles import Permission, Person
from storage.ports import StorageUnavailable

Clock = Callable[[], datetime]


def page_routes(parts: Parts, stream: LiveStream, texts: dict[str, Texts], clock: Clock) -> APIRouter:
    """Return the routes that the page itself needs."""
    router = APIRouter(include_in_schema=False)
    tiles, agencies = BaseTiles(parts), KnownAgencies(parts)
    router.include_router(tiles.router())

    @router.get("/events")
    async def events(request: Request) -> Response:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        messages = while_true(stream.messages(), still_signed_in(request))
        return StreamingResponse(messages, media_type="text/event-stream", headers=headers)

    @router.get("/boot.json")
    async def boot(person: Annotated[Person, Depends(person_of)]) -> Response:
        told = await asyncio.to_thread(_boot, parts, texts, person, now=clock())
        told |= {"agencies": await asyncio.to_thread(_offered, agencies, parts)}
        return JSONResponse(told | {"tiles": tiles.told()})

    @router.get("/map/{layer}.geojson")
    async def layer(layer: str) -> Response:
        path = layer_path(parts.city_folder, layer)
        if path is None:
            raise HTTPException(404)
        return FileResponse(path, media_type="application/geo+json")

    @router.get("/library/{name}")
    async def library(name: str) -> Response:
        found = await asyncio.to_thread(library_file, name)
        if found is None:
            raise HTTPException(404)
        return Response(found[0], media_type=found[1], headers={"Cache-Control": "max-age=3600"})

    return router


def health_route() -> APIRouter:
    """Return the route that tells anybody whether the server answers."""
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> Response:
        return JSONResponse({"status": "ok"})

    return router


def api_routes(parts: Parts, clock: Clock) -> APIRouter:
    """Return the HTTP API, first version."""
    router = APIRouter(prefix="/api/v1", tags=["city"])

    @router.get("/sites", summary="Every site with its state, as GeoJSON")
    async def sites() -> dict[str, Any]:
        view = await _view_or_503(parts, clock())
        features = [wire.feature(status) for status in view.sites.values()]
        return {"type": "FeatureCollection", "at": view.at.isoformat(), "features": features}

    @router.get("/alarms", summary="Every active alarm, worst first, then newest first")
    async def alarms() -> dict[str, Any]:
        view = await _view_or_503(parts, clock())
        return {
            "at": view.at.isoformat(),
            "alarms": [api_alarm(status, parts.kinds) for status in (*view.alarms, *view.retrospective)],
        }

    return router


def metrics_route(parts: Parts, clock: Clock) -> APIRouter:
    """Return the route that monitoring systems ask."""
    router = APIRouter(include_in_schema=False)

    @router.get("/metrics")
    async def metrics() -> Response:
        try:
            numbers = await asyncio.to_thread(read_numbers, parts.database, clock())
        except StorageUnavailable as error:
            raise HTTPException(503, "the database does not answer; try again in a moment") from error
        return Response(exposition(numbers), media_type=CONTENT_TYPE)

    return router


async def while_true(
    messages: AsyncGenerator[bytes], is_true: Callable[[], Awaitable[bool]]
) -> AsyncIterator[bytes]:
    """Yield messages for as long as something is true: a stream outlives no session."""
    async with contextlib.aclosing(messages):
        async for message in messages:
            if not await is_true():
                return
            yield message


async def _view_or_503(parts: Parts, now: datetime) -> CityView:
    try:
        snapshot = await asyncio.to_thread(read_snapshot, parts.database, now=now)
    except StorageUnavailable as error:
        raise HTTPException(503, "the database does not answer; try again in a moment") from error
    return city_view(snapshot, kinds=parts.kinds, rules=parts.rules, now=now)


def _offered(agencies: KnownAgencies, parts: Parts) -> tuple[str, ...]:
    """Return to whom alarms can be assigned; while the database is silent nothing can be."""
    try:
        return agencies.now()
    except StorageUnavailable:
        return parts.agencies


def _boot(parts: Parts, texts: dict[str, Texts], person: Person, *, now: datetime) -> dict[str, Any]:
    """Return what a page needs once; a silent database costs it only the first view of the map."""
    try:
        sites = tuple(read_snapshot(parts.database, now=now).registry.sites.values())
    except StorageUnavailable:
        sites = ()
    return {
        "texts": texts,
        "language": parts.language,
        "city": parts.city_name,
        "demo": parts.demo,
        "version": parts.installation.version if parts.installation else "",
        "views": VIEWS,
        "person": {
            "name": person.name,
            "role": person.role.value,
            "may": [p.value for p in Permission if person.may(p)],
            "has_password": person.has_password,
        },
        "zone": parts.time_zone.key,
        "zone_name": zone_name(now, parts.time_zone),
        "kinds": wire.kind_texts(parts.kinds),
        "rules": wire.rule_texts(parts.rules, parts.kinds, parts.channels),
        "bounds": first_bounds(parts.city_folder, sites),
        "layers": [layer for layer in LAYERS if layer_path(parts.city_folder, layer)],
    }
