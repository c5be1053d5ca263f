"""What the commands hand to the dashboard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts.rules import Rule
from devices.kinds import Kind
from storage.database import Database
from storage.ports import ReadingReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The stores and settings that the pages stand on; the commands build, own and close them.

    Attributes:
        database: The operational database: registry, latest values, alarms, heartbeats.
        readings: The store of readings, for the history of a site.
        kinds: Kinds of sensors by name.
        rules: Rules by id.
        city_folder: Folder with the base map's layers as `<layer>.geojson`; each may be absent.
        time_zone: Zone of the clocks on the page.
        language: `id` or `en`: what a new visitor's page speaks.
        demo: True when the city is simulated; the page says so all the time.
        access_token: What a visitor types at the login; None, only in the demo, lets everybody in.
    """

    database: Database
    readings: ReadingReader
    kinds: Mapping[str, Kind]
    rules: Mapping[str, Rule]
    city_folder: Path
    time_zone: ZoneInfo
    language: str
    demo: bool
    access_token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.language not in ("id", "en"):
            raise ValueError(f"language '{self.language}' is not one of: id, en")
        if self.access_token is not None and not self.access_token.strip():
            raise ValueError("an empty access token would let everybody in; give a longer one")
        if self.access_token is None and not self.demo:
            raise ValueError("outside the demo nobody is anonymous: an access token is needed")

    @property
    def city_name(self) -> str:
        """The city's name as the header shows it."""
        return self.city_folder.name.replace("_", " ").replace("-", " ").title()
