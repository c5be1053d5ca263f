"""What the commands hand to the dashboard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts.desk.chatter import STANDARD, ChatterLimits
from alerts.rulebook.rules import Rule
from config.problems import Problem
from config.settings import Cap, MapTiles, SessionSettings
from devices.kinds import Kind
from people.identity_provider import IdentityProvider
from storage.database import Database
from storage.ports import ReadingReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What the commands know of this installation and the system page tells.

    Attributes:
        version: Pantau's own.
        broker: Host and port of the broker.
        readings_store: What keeps the readings, without any secret.
        state_folder: Where databases, spool and logs are.
        rule_problems: Returns the faults of the rule files that are refused now; called from any thread.
    """

    version: str
    broker: str
    readings_store: str
    state_folder: Path
    rule_problems: Callable[[], Sequence[Problem]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The stores and settings that the pages stand on; the commands build, own and close them.

    Attributes:
        database: The operational database: registry, latest values, alarms, heartbeats.
        readings: The store of readings, for the history of a site.
        kinds: Kinds of sensors by name.
        rules: Rules by id.
        channels: Names of the channels of notifications, whose failures are alarms.
        city_folder: Folder with the base map's layers as `<layer>.geojson`; each may be absent.
        map_tiles: The base map beneath those layers, if any.
        time_zone: Zone of the clocks on the page.
        language: `id` or `en`: what a new visitor's page speaks.
        demo: True when the city is simulated; the page says so all the time.
        cap: What the CAP feed tells, and to whom.
        chatter: What alarm that comes and goes is told as one.
        sessions: How long people stay signed in.
        provider: The city's identity provider; None when only accounts of Pantau's own sign in.
        access_token: What programs send with every request; None for no programs.
        report_hours: Full hours of the day, on the city's clock, at which a situation report is due.
        agencies: To whom alarms can be assigned, beside the agencies that rules name.
        installation: What the system page tells of it; None when the maker does not know.
    """

    database: Database
    readings: ReadingReader
    kinds: Mapping[str, Kind]
    rules: Mapping[str, Rule]
    city_folder: Path
    time_zone: ZoneInfo
    language: str
    demo: bool
    map_tiles: MapTiles = field(default_factory=MapTiles)
    cap: Cap = field(default_factory=Cap)
    chatter: ChatterLimits = STANDARD
    sessions: SessionSettings = field(default_factory=SessionSettings)
    provider: IdentityProvider | None = None
    access_token: str | None = field(default=None, repr=False)
    report_hours: tuple[int, ...] = (0, 6, 12, 18)
    installation: Installation | None = None
    channels: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.language not in ("id", "en"):
            raise ValueError(f"language '{self.language}' is not one of: id, en")
        if self.access_token is not None and not self.access_token.strip():
            raise ValueError("an empty access token would let everybody in; give a longer one")

    @property
    def city_name(self) -> str:
        """The city's name as the header shows it."""
        return self.city_folder.name.replace("_", " ").replace("-", " ").title()
