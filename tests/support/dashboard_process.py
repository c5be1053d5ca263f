"""Serves the dashboard over a state folder; what a process of `support.browser` runs, ended by SIGTERM."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from support.blocking_readings import BlockingReadings
from support.city_database import city_kinds, city_rules

from config.settings import MapTiles
from dashboard.parts import Parts
from dashboard.server import serve
from storage.database import Database
from storage.embedded import EmbeddedReadings


def run(told: dict[str, Any], log: Path) -> None:
    """Serve what `told` says, until a signal ends it; what is printed goes to the end of `log`."""
    with log.open("ab") as kept:
        os.dup2(kept.fileno(), 1)
        os.dup2(kept.fileno(), 2)
    state = Path(told["state"])
    readings = EmbeddedReadings(state / "readings.sqlite")
    parts = Parts(
        database=Database.in_folder(state),
        readings=BlockingReadings(readings, told["blocked_s"]) if told.get("blocked_s") else readings,
        kinds=city_kinds(),
        rules=city_rules(),
        city_folder=Path(told["city_folder"]),
        map_tiles=MapTiles(**told.get("tiles", {})),
        time_zone=ZoneInfo("Asia/Jakarta"),
        language="id",
        demo=told.get("demo", True),
        access_token=told.get("token"),
    )
    serve(parts, host="127.0.0.1", port=told["port"])
