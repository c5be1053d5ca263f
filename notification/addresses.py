"""Where channels lead: secrets from the environment, or from files that their owner alone may read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = "channels"
_OTHERS = 0o077


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where one channel leads.

    Attributes:
        channel: Its name.
        url: Apprise's URL, "" when it is not set or not taken; a secret, never shown.
        source: Where the URL came from; "" when it is not set.
        trouble: Why it is not taken, "" for nothing.
    """

    channel: str
    url: str = field(default="", repr=False)
    source: str = ""
    trouble: str = ""

    @property
    def is_set(self) -> bool:
        """True when the channel can be tried."""
        return bool(self.url)


def variable(channel: str) -> str:
    """Return the name of the environment variable that holds a channel's URL."""
    return f"PANTAU_CHANNEL_{channel.upper()}"


def read_addresses(
    channels: Iterable[str], state: Path, environment: Mapping[str, str]
) -> dict[str, Address]:
    """Return where each channel leads, by its name.

    Args:
        channels: Names of channels.
        state: The state folder; `channels/<name>` in it may hold a URL.
        environment: `PANTAU_CHANNEL_<NAME>` wins over the file.
    """
    return {name: _address(name, state / FOLDER / name, environment) for name in channels}


def _address(channel: str, path: Path, environment: Mapping[str, str]) -> Address:
    given = environment.get(variable(channel), "").strip()
    if given:
        return Address(channel=channel, url=given, source=variable(channel))
    try:
        if path.stat().st_mode & _OTHERS:
            trouble = f"others may read {path}; run: chmod 600 {path}"
            return Address(channel=channel, source=str(path), trouble=trouble)
        url = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return Address(channel=channel)
    except (OSError, UnicodeDecodeError) as error:
        return Address(channel=channel, source=str(path), trouble=f"{path} cannot be read: {error}")
    return Address(channel=channel, url=url, source=str(path))
