"""What an installation is set to: addresses, places, languages. Secrets come from the environment."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from config.loader import load_file
from config.oidc import Oidc
from config.problems import ConfigError, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAddress:
    """Where the MQTT broker is and who we are there.

    Attributes:
        host: Name or address.
        port: TCP port, 1 to 65535.
        tls: Whether to speak TLS; needed as soon as the broker is another machine.
        mqtt5: Whether to try MQTT 5 first; a broker that says it is too old gets MQTT 3.1.1. False for one
            that does not even say so.
        username: "" to connect as nobody, which only the demo's broker allows.
        password: From `PANTAU_MQTT_PASSWORD`; never from a file of settings, never shown.
    """

    host: str = "127.0.0.1"
    port: int = 1883
    tls: bool = False
    mqtt5: bool = True
    username: str = ""
    password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not 1 <= self.port <= 65535:
            raise ValueError(f"port {self.port} is not between 1 and 65535")
        if self.password and not self.username:
            raise ValueError("a broker password needs a username beside it")


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxAddress:
    """Where InfluxDB is; an empty `url` means that readings are kept in the embedded store.

    Attributes:
        url: Like `http://127.0.0.1:8086`; "" for none.
        org: Organisation; ignored by InfluxDB 1.8 and 3.
        bucket: Bucket (2.x) or database (1.8, 3).
        token: From `PANTAU_INFLUXDB_TOKEN`; never from a file of settings, never shown.
    """

    url: str = ""
    org: str = ""
    bucket: str = "pantau"
    token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.url and not _is_web_address(self.url):
            # Not shown: it may hold a password.
            raise ValueError("influxdb url must look like http://127.0.0.1:8086 or https://influx.example")


def _is_web_address(url: str) -> bool:
    """Tell whether a text is an http or https address with a host and a possible port."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where the command centre is; there Pantau itself stands on the map. Madiun's Balai Kota by default."""

    lat: float = -7.6254
    lon: float = 111.5212

    def __post_init__(self) -> None:
        if not (-90 <= self.lat <= 90 and -180 <= self.lon <= 180):
            raise ValueError("home needs lat from -90 to 90 and lon from -180 to 180")


_NO_SENDER = "pantau@localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """What other agencies and warning systems are told by the CAP feed.

    Attributes:
        public: Whether everybody may read it, so that its alerts are of scope Public; else it asks for the
            same access as the page, and its alerts are Restricted.
        sender: Who warns, as an address of the agency that answers for it, like `bpbd@madiunkota.go.id`.
        severity_from: The least severity that is told: low, medium, high or critical.
        radius_km: Radius of the circle around a site, in km.
        expires: For how long an alert holds when nothing more is heard; one that goes on is told anew at half
            of it.
        address: Under which address others reach the page, like `https://pantau.madiunkota.go.id`, for links
            that hold in any program; "" for links relative to the feed.
    """

    public: bool = False
    sender: str = _NO_SENDER
    severity_from: str = "high"
    radius_km: float = 1.0
    expires: timedelta = timedelta(hours=6)
    address: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[^\s,<&]+", self.sender):
            raise ValueError(f"cap sender '{self.sender}' must be one word without , < and &")
        if self.public and self.sender == _NO_SENDER:
            raise ValueError("a public cap feed needs a sender: an address of the agency that answers for it")
        if self.severity_from not in ("low", "medium", "high", "critical"):
            raise ValueError(
                f"severity_from '{self.severity_from}' is not one of: low, medium, high, critical"
            )
        if not 0 < self.radius_km <= 1000:
            raise ValueError("cap radius_km must be above 0 and at most 1000")
        if not timedelta(minutes=10) <= self.expires <= timedelta(days=7):
            raise ValueError("cap expires must be from 10m to 7d")
        if self.address and not _is_web_address(self.address):
            raise ValueError("cap address must look like https://pantau.example")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatterSettings:
    """From when on an alarm chatters, and when it has stopped.

    Attributes:
        count: So many alarms of one rule at one site, at least 2,
        within: in this time are chatter.
        quiet: Without an alarm for so long the chatter is over; at least as long as `within`.
    """

    count: int = 3
    within: timedelta = timedelta(minutes=1)
    quiet: timedelta = timedelta(minutes=10)

    def __post_init__(self) -> None:
        if self.count < 2:
            raise ValueError("chatter count must be at least 2")
        if self.within <= timedelta(0) or self.quiet < self.within:
            raise ValueError("chatter needs a within longer than nothing, and at least as long a quiet")


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """How long somebody stays signed in.

    Attributes:
        idle_hours: Hours without a touch of mouse or keyboard after which a session ends; a shift and its
            handover by default, since who watches quietly must not lose the page.
        longest_hours: Hours after which it ends in any case.
        viewer_idle_days: Days without an open page after which a viewer's session ends: a wall's screen.
        viewer_longest_days: Days after which it ends in any case.
    """

    idle_hours: float = 9
    longest_hours: float = 24
    viewer_idle_days: float = 14
    viewer_longest_days: float = 90

    def __post_init__(self) -> None:
        if min(self.idle_hours, self.longest_hours, self.viewer_idle_days, self.viewer_longest_days) <= 0:
            raise ValueError("how long a session lasts must be above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class MapTiles:
    """A base map beneath the city's own layers; none by default, so that no page needs the internet.

    Attributes:
        pmtiles: Name of a PMTiles file in the city's folder; "" for none.
        tiles_url: Address of picture tiles with `{z}`, `{x}` and `{y}` in it; "" for none.
        style_url: Address of a MapLibre style; "" for none.
        hosts: Other addresses that a style takes its tiles, signs and letters from, like `https://tiles.example`.
        attribution: Whom to name on the map; "" for what the file or the style says.
    """

    pmtiles: str = ""
    tiles_url: str = ""
    style_url: str = ""
    hosts: tuple[str, ...] = ()
    attribution: str = ""

    def __post_init__(self) -> None:
        if sum(map(bool, (self.pmtiles, self.tiles_url, self.style_url))) > 1:
            raise ValueError("a map has one base: give pmtiles, tiles_url or style_url")
        if self.pmtiles and (not self.pmtiles.endswith(".pmtiles") or set(self.pmtiles) & set("/\\")):
            raise ValueError("pmtiles is the name of a file in the city's folder, like madiun.pmtiles")
        if self.tiles_url and not all(part in self.tiles_url for part in ("{z}", "{x}", "{y}")):
            raise ValueError(
                "tiles_url must hold {z}, {x} and {y}, like https://tiles.example/{z}/{x}/{y}.png"
            )
        for url in (self.tiles_url, self.style_url, *self.hosts):
            if url and not (_is_web_address(url) and set(url).isdisjoint(" ;,'\"")):
                raise ValueError(f"{url} is no web address")

    @property
    def origins(self) -> tuple[str, ...]:
        """Scheme, host and port of every server that a browser may ask for this base map."""
        urls = (url for url in (self.tiles_url, self.style_url, *self.hosts) if url)
        found = (urlsplit(url) for url in urls)
        return tuple(dict.fromkeys(f"{parts.scheme}://{parts.netloc}" for parts in found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The file `pantau.yaml` of a configuration folder; every key may be left out.

    Attributes:
        city: The folder under `city/` with the map's layers.
        time_zone: Zone of the city's wall clocks, for "today" and for printed times.
        language: `id` or `en`: what a new visitor's page speaks.
        home: Where the command centre is.
        sessions: How long people stay signed in.
        map: A base map beneath the city's own layers; without one nothing is asked of the internet.
        report_hours: Full hours of the city's day, 0 to 23, at which a situation report is due.
        agencies: To whom alarms can be assigned, beside the agencies that rules name.
        spool_mb: How much may wait on disk for a store of readings that is away, in megabytes, at least 1.
        broker: The broker when it is not the one that `pantau up` starts.
        influxdb: The store of readings when it is not the embedded one.
        cap: What other agencies and warning systems are told.
        chatter: What alarm that comes and goes is told as one.
        oidc: The city's identity provider; None for accounts of Pantau's own only.
        database_url: SQLAlchemy URL from `PANTAU_DATABASE_URL`; "" for SQLite in the state folder. May hold a
            password, so it is never shown.
    """

    city: str = "madiun"
    time_zone: str = "Asia/Jakarta"
    language: str = "id"
    home: Home = field(default_factory=Home)
    sessions: SessionSettings = field(default_factory=SessionSettings)
    map: MapTiles = field(default_factory=MapTiles)
    spool_mb: int = 1000
    report_hours: tuple[int, ...] = (0, 6, 12, 18)
    agencies: tuple[str, ...] = ()
    broker: BrokerAddress | None = None
    influxdb: InfluxAddress = field(default_factory=InfluxAddress)
    cap: Cap = field(default_factory=Cap)
    chatter: ChatterSettings = field(default_factory=ChatterSettings)
    oidc: Oidc | None = None
    database_url: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.spool_mb < 1:
            raise ValueError("spool_mb must be at least 1")
        if not self.report_hours or not all(0 <= hour <= 23 for hour in self.report_hours):
            raise ValueError("report_hours needs full hours of the day from 0 to 23; write midnight as 0")
        if not all(name.strip() for name in self.agencies):
            raise ValueError("agencies holds a name that is empty")
        if self.language not in ("id", "en"):
            raise ValueError(f"language '{self.language}' is not one of: id, en")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(
                f"time_zone '{self.time_zone}' is not known; write for example Asia/Jakarta"
            ) from None


def load_settings(folder: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of a configuration folder, completed by secrets and addresses of the environment.

    Args:
        folder: A configuration folder; its `pantau.yaml` may be absent.
        environment: `PANTAU_INFLUXDB_URL`, `_ORG`, `_BUCKET`, `_TOKEN`, `PANTAU_MQTT_PASSWORD`,
            `PANTAU_OIDC_SECRET` and `PANTAU_DATABASE_URL` are read; each wins over the file.

    Raises:
        ConfigError: Any fault in the file, a secret that stands in the file, or a bad variable.
    """
    if not folder.is_dir():
        message = "this configuration folder does not exist; name another one with --config"
        raise ConfigError([Problem(path=str(folder), line=0, column=0, message=message)])
    path = folder / "pantau.yaml"
    settings = load_file(path, Settings) if path.exists() else Settings()
    if _holds_secret(settings):
        message = (
            "holds a secret; move it to PANTAU_INFLUXDB_TOKEN, PANTAU_MQTT_PASSWORD, PANTAU_OIDC_SECRET"
            " or PANTAU_DATABASE_URL"
        )
        raise ConfigError([Problem(path=str(path), line=0, column=0, message=message)])
    try:
        return _completed(settings, environment)
    except ValueError as error:
        raise ConfigError([Problem(path="environment", line=0, column=0, message=str(error))]) from error


def _holds_secret(settings: Settings) -> bool:
    broker, oidc = settings.broker, settings.oidc
    told = (settings.influxdb.token, settings.database_url, broker and broker.password, oidc and oidc.secret)
    return any(told)


def _completed(settings: Settings, environment: Mapping[str, str]) -> Settings:
    given = {
        name: environment[f"PANTAU_INFLUXDB_{name.upper()}"]
        for name in ("url", "org", "bucket", "token")
        if environment.get(f"PANTAU_INFLUXDB_{name.upper()}")
    }
    password = environment.get("PANTAU_MQTT_PASSWORD", "")
    broker = settings.broker
    if broker is not None and password:
        broker = dataclasses.replace(broker, password=password)
    oidc = settings.oidc
    if oidc is not None:
        oidc = dataclasses.replace(oidc, secret=environment.get("PANTAU_OIDC_SECRET", ""))
    return dataclasses.replace(
        settings,
        influxdb=dataclasses.replace(settings.influxdb, **given),
        broker=broker,
        oidc=oidc,
        database_url=environment.get("PANTAU_DATABASE_URL", ""),
    )
