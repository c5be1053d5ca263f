"""What an installation is set to: addresses, places, languages. Secrets come from the environment."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from config.loader import load_file
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The file `pantau.yaml` of a configuration folder; every key may be left out.

    Attributes:
        city: The folder under `city/` with the map's layers.
        time_zone: Zone of the city's wall clocks, for "today" and for printed times.
        language: `id` or `en`: what a new visitor's page speaks.
        home: Where the command centre is.
        spool_mb: How much may wait on disk for a store of readings that is away, in megabytes, at least 1.
        broker: The broker when it is not the one that `pantau up` starts.
        influxdb: The store of readings when it is not the embedded one.
        database_url: SQLAlchemy URL from `PANTAU_DATABASE_URL`; "" for SQLite in the state folder. May hold a
            password, so it is never shown.
    """

    city: str = "madiun"
    time_zone: str = "Asia/Jakarta"
    language: str = "id"
    home: Home = field(default_factory=Home)
    spool_mb: int = 1000
    broker: BrokerAddress | None = None
    influxdb: InfluxAddress = field(default_factory=InfluxAddress)
    database_url: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.spool_mb < 1:
            raise ValueError("spool_mb must be at least 1")
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
        environment: `PANTAU_INFLUXDB_URL`, `_ORG`, `_BUCKET`, `_TOKEN`, `PANTAU_MQTT_PASSWORD` and
            `PANTAU_DATABASE_URL` are read; each wins over the file.

    Raises:
        ConfigError: Any fault in the file, a secret that stands in the file, or a bad variable.
    """
    if not folder.is_dir():
        message = "this configuration folder does not exist; name another one with --config"
        raise ConfigError([Problem(path=str(folder), line=0, column=0, message=message)])
    path = folder / "pantau.yaml"
    settings = load_file(path, Settings) if path.exists() else Settings()
    if settings.influxdb.token or settings.database_url or (settings.broker and settings.broker.password):
        message = (
            "holds a secret; move it to PANTAU_INFLUXDB_TOKEN, PANTAU_MQTT_PASSWORD or PANTAU_DATABASE_URL"
        )
        raise ConfigError([Problem(path=str(path), line=0, column=0, message=message)])
    try:
        return _completed(settings, environment)
    except ValueError as error:
        raise ConfigError([Problem(path="environment", line=0, column=0, message=str(error))]) from error


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
    return dataclasses.replace(
        settings,
        influxdb=dataclasses.replace(settings.influxdb, **given),
        broker=broker,
        database_url=environment.get("PANTAU_DATABASE_URL", ""),
    )
