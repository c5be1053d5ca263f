"""Windows that people labelled in series of readings, as known events: the Numenta benchmark's form."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

from alerts.judging.tree_building import inputs_of
from alerts.rulebook.rules import Rule
from alerts.trial.backtest import KnownEvent
from devices.kinds import Kind
from pantau.console import Refusal
from simulators.mapping import ReplayMapping


def labelled_windows(
    path: Path,
    files: Collection[Path],
    mapping: ReplayMapping,
    *,
    rules: Mapping[str, Rule],
    kinds: Mapping[str, Kind],
) -> tuple[KnownEvent, ...]:
    """Return the windows of the files, each for the rules that look at what its file holds.

    Args:
        path: JSON of file name to `[[start, end], ...]`, on the clock of the mapping's zone.
        files: The data files; windows of others are left out.
        mapping: How the files are read.
        rules: By id.
        kinds: By name.

    Raises:
        Refusal: The file cannot be read or has another form.
    """
    stems = {file.stem for file in files}
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        named = {PurePosixPath(name).stem: windows for name, windows in told.items()}
        windows = [(stem, window) for stem in sorted(stems & set(named)) for window in named[stem]]
        return tuple(_events(windows, mapping, rules, kinds))
    except OSError as error:
        raise Refusal(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise Refusal(f"{path} is not JSON of file names to lists of [start, end]: {error}") from error


def _events(
    windows: Collection[tuple[str, list[str]]],
    mapping: ReplayMapping,
    rules: Mapping[str, Rule],
    kinds: Mapping[str, Kind],
) -> Iterator[KnownEvent]:
    zone = ZoneInfo(mapping.time.zone)
    for stem, (start, end) in windows:
        looked_at = {(mapping.kind, metric, None) for metric in mapping.values_of(stem)}
        yield KnownEvent(
            name=f"window in {stem}",
            start=datetime.fromisoformat(start).replace(tzinfo=zone),
            end=datetime.fromisoformat(end).replace(tzinfo=zone),
            sites=(mapping.device.ids.get(stem, stem),),
            rules=tuple(rule.id for rule in rules.values() if looked_at & set(inputs_of(rule, kinds))),
        )
