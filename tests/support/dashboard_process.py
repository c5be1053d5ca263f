"""Serves the dashboard over a state folder: `python dashboard_process.py '<json>'`, ended by SIGTERM."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from support.blocking_readings import BlockingReadings  # noqa: E402
from support.city_database import city_kinds, city_rules  # noqa: E402

from config.settings import MapTiles  # noqa: E402
from dashboard.parts import Parts  # noqa: E402 - the path is set first
from dashboard.server import serve  # noqa: E402
from storage.database import Database  # noqa: E402
from storage.embedded import EmbeddedReadings  # noqa: E402


def main() -> None:
    told = json.loads(sys.argv[1])
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


if __name__ == "__main__":
    main()
