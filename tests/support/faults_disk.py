"""A disk so small that it is soon full: a tmpfs, which only root may mount."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class NoSmallDisk(Exception):  # noqa: N818 - a reason to skip
    """A tmpfs cannot be mounted here; the message says why."""


class SmallDisk:
    """A mounted tmpfs that can be given more room."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def enlarge(self, kib: int) -> None:
        _run("mount", "-o", f"remount,size={kib}k", str(self.folder))


@contextmanager
def small_disk(folder: Path, *, kib: int) -> Iterator[SmallDisk]:
    """Mount a tmpfs of so many KiB for the time of the block.

    Raises:
        NoSmallDisk: This user or this machine may not mount.
    """
    folder.mkdir()
    try:
        _run("mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(folder))
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoSmallDisk("a full disk needs a small tmpfs, and mounting one needs root") from error
    try:
        yield SmallDisk(folder)
    finally:
        _run("umount", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
