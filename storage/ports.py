"""What the rest of the house may ask of a store of readings, and how a store says no."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from storage.readings import Reading


class StorageUnavailable(Exception):  # noqa: N818 - named by what the caller does next
    """The store cannot take or give anything now. Keep what you hold and try again with back-off.

    Attributes:
        retry_after_s: Seconds to wait at least, or None when the store did not say.
    """

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class StorageRefused(Exception):  # noqa: N818 - named by what the caller does next
    """The store took the batch except these readings, for good. Set them aside and count them.

    Attributes:
        rejected: Each refused reading with the store's reason; every other reading of the batch is stored.
    """

    def __init__(self, rejected: Sequence[tuple[Reading, str]]) -> None:
        super().__init__(f"the store refused {len(rejected)} reading(s): {rejected[0][1]}")
        self.rejected = tuple(rejected)


class StorageMisconfigured(Exception):  # noqa: N818 - named by what the caller does next
    """The store answers, but not to us (address, token, organisation, bucket). Tell a person."""


class ReadingWriter(Protocol):
    """Takes readings for good. Called from one thread at a time; the caller owns it and closes it."""

    def write(self, readings: Sequence[Reading]) -> None:
        """Store the batch durably: when this returns, all of it survives a crash.

        The same identity overwrites, its metrics united. May block for some seconds.

        Raises:
            StorageUnavailable: Nothing is known to be stored; writing the same batch again is harmless.
            StorageRefused: All but the listed readings are stored.
            StorageMisconfigured: Nothing is stored until a person mends the configuration.
        """

    def close(self) -> None:
        """Let go of connections and files. Calling it twice is harmless."""


class ReadingReader(Protocol):
    """Gives readings back. Safe to call from several threads; the caller owns it and closes it."""

    def read(
        self, kind: str, *, start: datetime, end: datetime, site_ids: Collection[str] | None = None
    ) -> Iterator[Reading]:
        """Yield the kind's readings with start <= observed_at < end, oldest first, as a stream.

        Args:
            kind: The sort of sensor; a kind that was never written yields nothing.
            start: First instant wanted; aware.
            end: First instant no longer wanted; aware.
            site_ids: Only these sites; None for all.

        Raises:
            StorageUnavailable: The store cannot answer now; also possible in the middle of the stream.
            StorageMisconfigured: The store answers, but not to us.
        """

    def close(self) -> None:
        """Let go of connections and files. Calling it twice is harmless."""
