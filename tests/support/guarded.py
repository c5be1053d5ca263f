"""The whole dashboard outside the demo, where everybody signs in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from support.city_database import CityDatabase, city_kinds, city_rules

from dashboard.parts import Parts
from dashboard.server import create_app

ACCESS_TOKEN = "kunci-kota"


class Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **span: float) -> None:
        self.now += timedelta(**span)


def guarded_parts(city: CityDatabase, **more: Any) -> Parts:
    given = {
        "database": city.database,
        "readings": city.readings,
        "kinds": city_kinds(),
        "rules": city_rules(),
        "city_folder": Path("madiun"),
        "time_zone": ZoneInfo("Asia/Jakarta"),
        "language": "id",
        "demo": False,
        "access_token": ACCESS_TOKEN,
    }
    return Parts(**{**given, **more})


def guarded_app(city: CityDatabase, *, clock: Hands | None = None, **more: Any) -> Any:
    return create_app(guarded_parts(city, **more), clock=clock)
