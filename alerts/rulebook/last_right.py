"""The texts of rule files as they were when they were last right: they outlive the process that read them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path


class LastRight:
    """A folder with a copy of each rule file, as it was when it was last right.

    One process writes, any may read: a copy is there as a whole or not at all.

    Args:
        folder: Its place among what a running Pantau keeps; made when the first copy is.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def copies(self, names: Collection[str]) -> dict[str, Path]:
        """Return where the copies of files are, by the file's name; of a file without one, nothing."""
        places = {name: self._folder / name for name in names}
        return {name: place for name, place in places.items() if place.exists()}

    def keep(self, texts: Mapping[str, str], *, present: Collection[str]) -> None:
        """Keep the texts of files that are right, and forget the files that are gone.

        Args:
            texts: By the file's name, those that are in force.
            present: Names of the files that exist, right or not.

        Raises:
            OSError: They cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, text in texts.items():
            copy = self._folder / name
            if not copy.exists() or copy.read_bytes() != text.encode():
                _replace(copy, text)
        for copy in self._folder.glob("*.yaml"):
            if copy.name not in present:
                copy.unlink(missing_ok=True)


def _replace(place: Path, text: str) -> None:
    """Put a text in the place of another, so that a loss of power leaves one of the two."""
    with tempfile.NamedTemporaryFile("wb", dir=place.parent, prefix=".", delete=False) as file:
        try:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(place)
        except OSError:
            Path(file.name).unlink()
            raise
