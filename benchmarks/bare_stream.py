"""The yardstick: a server that sends every viewer the same bytes each second, and does nothing else.

Run as `python -m benchmarks.bare_stream PORT BYTES`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator

import uvicorn
from fastapi import FastAPI
from fastapi.responses import Response, StreamingResponse


def app_of(size: int) -> FastAPI:
    """Return the server; each message is as large as said and tells when it was sent."""
    app = FastAPI()
    filler = "x" * size

    async def messages() -> AsyncIterator[bytes]:
        while True:
            at = int(time.time() * 1000)
            yield f'event: delta\ndata: {{"at":{at},"filler":"{filler}"}}\n\n'.encode()
            await asyncio.sleep(1)

    @app.get("/events")
    async def events() -> Response:
        return StreamingResponse(messages(), media_type="text/event-stream")

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app


if __name__ == "__main__":
    uvicorn.run(app_of(int(sys.argv[2])), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
