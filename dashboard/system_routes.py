"""The route of the system page: how Pantau itself is doing, for the page and for programs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException

from dashboard.letter_words import LetterWords
from dashboard.parts import Parts
from dashboard.system_facts import read_system
from dashboard.system_view import system_view
from dashboard.texts import Texts
from storage.ports import StorageUnavailable


def system_routes(parts: Parts, texts: Mapping[str, Texts], clock: Callable[[], datetime]) -> APIRouter:
    """Return the route under which Pantau tells of itself."""
    router = APIRouter(prefix="/api/v1", tags=["system"])
    started_at, words = clock(), LetterWords(texts)

    @router.get("/system", summary="Rates, lag, dead letters, spool, processes, versions, disks")
    async def system() -> dict[str, Any]:
        now = clock()
        try:
            found = await asyncio.to_thread(read_system, parts, now)
        except StorageUnavailable as error:
            raise HTTPException(503, "the database does not answer; try again in a moment") from error
        view = system_view(found, parts.installation, started_at=started_at, now=now)
        letters = [letter | {"told": words.told(letter["reason"])} for letter in view["letters"]]
        return view | {"letters": letters}

    @router.get("/version", summary="Which version of Pantau serves the pages")
    async def version() -> dict[str, str]:
        return {"version": parts.installation.version if parts.installation else ""}

    return router
