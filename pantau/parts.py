"""Concrete parts from configuration and state: the one place where stores are chosen."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from alerts.rulebook.last_right import LastRight
from alerts.rulebook.rule_book import RuleBook
from alerts.rulebook.rules import Rule
from config.problems import Problem
from config.settings import Settings, load_settings
from devices.kinds import Kind, load_kinds
from devices.registry import Site
from devices.registry_table import read_registry
from ingest.source_files import load_sources
from ingest.sources import Sources
from pantau.state import State
from storage.database import Database
from storage.embedded import EmbeddedReadings
from storage.ports import ReadingReader, ReadingWriter


class ReadingStore(ReadingWriter, ReadingReader, Protocol):
    """A store that takes readings and gives them back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """Where a command finds its configuration and keeps its state."""

    state: State
    config: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """All files of a configuration folder, read and checked.

    A fault in any file is a `ConfigError`, but for rule files: a bad one is refused alone and told in
    `rule_problems`; the rules that it held when it was last right are in force, and those of the others.
    """

    settings: Settings
    kinds: Mapping[str, Kind]
    rules: Mapping[str, Rule]
    rule_problems: Sequence[Problem]
    sources: Sources


def read_configuration(folders: Folders) -> Configuration:
    """Return the configuration, and of rule files with a fault what the state folder keeps of them.

    Raises:
        ConfigError: Any fault in any file.
    """
    folder = folders.config
    settings = load_settings(folder)
    kinds = load_kinds(folder / "kinds")
    book = rule_book(folders, kinds)
    return Configuration(
        settings=settings,
        kinds=kinds,
        rules=book.rules,
        rule_problems=book.problems,
        sources=load_sources(folder / "sources", kinds),
    )


def rule_book(folders: Folders, kinds: Mapping[str, Kind]) -> RuleBook:
    """Return the rules in force, which outlive a fault in their files.

    Raises:
        ConfigError: There is no folder of rules.
    """
    return RuleBook(folders.config / "rules", kinds, LastRight(folders.state.rules_last_right))


@contextlib.contextmanager
def open_database(folders: Folders, settings: Settings) -> Iterator[Database]:
    """Give the operational database at this version's schema, and close it at the end.

    Raises:
        StorageUnavailable: It cannot be opened.
        Refusal: The state folder cannot be written.
    """
    folders.state.prepare()
    url = settings.database_url
    database = Database(url) if url else Database.in_folder(folders.state.folder)
    try:
        database.upgrade()
        yield database
    finally:
        database.close()


def registered_sites(folders: Folders) -> Mapping[str, Site]:
    """Return the sites by id; none while there is no operational database, which is not made for that.

    Raises:
        StorageUnavailable: It cannot be opened.
    """
    settings = load_settings(folders.config)
    if not (settings.database_url or Database.is_in(folders.state.folder)):
        return {}
    with open_database(folders, settings) as database, database.reading() as connection:
        return read_registry(connection).sites


@contextlib.contextmanager
def open_readings(folders: Folders, settings: Settings) -> Iterator[ReadingStore]:
    """Give the configured store of readings, InfluxDB or embedded, and close it at the end."""
    store: ReadingStore
    if settings.influxdb.url:
        from storage.influx import InfluxReadings  # a third of a command's start, and mostly not needed

        store = InfluxReadings(settings.influxdb)
    else:
        store = EmbeddedReadings(folders.state.readings)
    try:
        yield store
    finally:
        store.close()
