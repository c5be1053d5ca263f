"""The commands that run one service each: `pantau ingest`, `pantau dashboard`, `pantau simulate`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pantau
from alerts.desk.chatter import limits_of
from alerts.telling.routes import load_notifications
from config.settings import Settings
from dashboard.parts import Installation
from dashboard.parts import Parts as DashboardParts
from dashboard.provider_login import RETURN_PATH
from dashboard.server import serve
from devices.registry_table import register
from ingest.service import IngestService
from ingest.service import Parts as IngestParts
from pantau.brokers import broker_address
from pantau.console import Refusal
from pantau.parts import Configuration, Folders, open_database, open_readings, read_configuration, rule_book
from pantau.rules_in_force import RulesInForce
from pantau.service_process import log_to_stderr, stop_on_signals
from people.identity_provider import IdentityProvider
from simulators.city import run as run_city
from simulators.fleet import Fleet, load_fleet, registrations
from simulators.publisher import BrokerUnavailable, Publisher
from simulators.storms import Scenario
from storage.latest_table import LatestValue, latest_values
from storage.spool import Spool
from storage.spooled import SpooledReadings

_INSTALLED_BEFORE = timedelta(days=400)
_PAST = timedelta(hours=24)


def ingest(folders: Folders) -> int:
    """Take messages from the broker until SIGTERM or Ctrl-C."""
    log_to_stderr()
    configuration = read_configuration(folders)
    settings = configuration.settings
    spool = Spool(folders.state.folder / "spool.sqlite", capacity_bytes=settings.spool_mb * 1_000_000)
    with open_database(folders, settings) as database, open_readings(folders, settings) as readings:
        parts = IngestParts(
            broker=broker_address(settings, folders.state),
            database=database,
            readings=SpooledReadings(readings, spool),
            history=readings,
            state_folder=folders.state.folder,
            kinds=configuration.kinds,
            rules=rule_book(folders, configuration.kinds),
            sources=configuration.sources,
            home=(settings.home.lat, settings.home.lon),
        )
        IngestService(parts, stop_on_signals()).run()
    return 0


def dashboard(folders: Folders, *, port: int, demo: bool) -> int:
    """Serve the page on loopback until SIGTERM or Ctrl-C."""
    log_to_stderr()
    configuration = read_configuration(folders)
    settings = configuration.settings
    with open_database(folders, settings) as database, open_readings(folders, settings) as readings:
        rules = RulesInForce(rule_book(folders, configuration.kinds))
        parts = DashboardParts(
            database=database,
            readings=readings,
            kinds=configuration.kinds,
            rules=rules,
            city_folder=folders.config / "city" / settings.city,
            map_tiles=settings.map,
            time_zone=ZoneInfo(settings.time_zone),
            language=settings.language,
            demo=demo,
            cap=settings.cap,
            chatter=limits_of(settings.chatter),
            sessions=settings.sessions,
            provider=identity_provider(folders, configuration, port),
            access_token=None if demo else folders.state.secret("access-token"),
            channels=_channels(folders, configuration),
            report_hours=settings.report_hours,
            agencies=settings.agencies,
            installation=_installation(folders, settings, rules),
        )
        try:
            serve(parts, host="127.0.0.1", port=port)
        except OSError as error:
            said = f"port {port} cannot be had ({error.strerror})"
            raise Refusal(f"{said}; choose another one with --port") from error
    return 0


def _installation(folders: Folders, settings: Settings, rules: RulesInForce) -> Installation:
    broker = broker_address(settings, folders.state)
    return Installation(
        version=pantau.__version__,
        broker=f"{broker.host}:{broker.port}",
        # Host and port only: the address itself may hold a password.
        readings_store=f"InfluxDB {urlsplit(settings.influxdb.url).netloc.rpartition('@')[2]}"
        if settings.influxdb.url
        else "SQLite (readings.sqlite)",
        state_folder=folders.state.folder,
        rule_problems=rules.problems,
    )


def identity_provider(folders: Folders, configuration: Configuration, port: int) -> IdentityProvider | None:
    """Return the city's identity provider, which sends people back to the page's configured address."""
    oidc = configuration.settings.oidc
    if oidc is None:
        return None
    told = load_notifications(folders.config, configuration.kinds)
    page = (told.page if told else "") or f"http://127.0.0.1:{port}"
    return IdentityProvider(settings=oidc, return_address=page.rstrip("/") + RETURN_PATH)


def _channels(folders: Folders, configuration: Configuration) -> tuple[str, ...]:
    told = load_notifications(folders.config, configuration.kinds)
    return tuple(told.channels) if told else ()


def simulate(folders: Folders, *, fleet_name: str, scenario: str, speed: float) -> int:
    """Let a simulated fleet speak over MQTT until SIGTERM or Ctrl-C; its devices are registered first."""
    log_to_stderr()
    configuration = read_configuration(folders)
    fleet = load_fleet(folders.config / "fleets" / f"{fleet_name}.yaml")
    now = datetime.now(UTC)
    with (
        open_database(folders, configuration.settings) as database,
        database.transaction() as connection,
    ):
        register(connection, registrations(fleet, since=now - _INSTALLED_BEFORE))
        backfill = _untold_past(fleet, latest_values(connection), now)
    publisher = Publisher(broker_address(configuration.settings, folders.state), client_id="pantau-simulate")
    try:
        publisher.connect()
        run_city(
            fleet,
            publisher,
            stop=stop_on_signals(),
            clock=lambda: datetime.now(UTC),
            scenario=Scenario(scenario),
            speed=speed,
            backfill=backfill,
        )
    except BrokerUnavailable as error:
        raise Refusal(f"{error}; start it, or everything with `pantau up --demo`") from error
    finally:
        publisher.close()
    return 0


def _untold_past(fleet: Fleet, latest: Sequence[LatestValue], now: datetime) -> timedelta:
    """Return how much past the simulated city still has to tell: what an earlier run told stays as it was."""
    ids = {site.id for site in fleet.sites}
    told = [value.observed_at for value in latest if value.device_id in ids]
    return min(_PAST, max(now - max(told), timedelta(0))) if told else _PAST
