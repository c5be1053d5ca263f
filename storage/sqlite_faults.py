"""What SQLite's errors mean to a person: one sentence that says what to do."""

from __future__ import annotations

import sqlite3

_ADVICE = {
    sqlite3.SQLITE_BUSY: "another process has held it locked for too long; look for a command that hangs",
    sqlite3.SQLITE_LOCKED: "another process has held it locked for too long; look for a command that hangs",
    sqlite3.SQLITE_READONLY: "it may not be written; look at the rights of the file and of its folder",
    sqlite3.SQLITE_PERM: "it may not be opened; look at the rights of the file and of its folder",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; look whether its folder exists and may be written",
    sqlite3.SQLITE_FULL: "the disk is full; make room",
    sqlite3.SQLITE_IOERR: "the disk does not take or give data; look at its health and free space",
    sqlite3.SQLITE_CORRUPT: "it is damaged; move it away and restore a backup",
    sqlite3.SQLITE_NOTADB: "it is no SQLite database; move it away",
}


def is_fault_of_the_file(error: BaseException | None) -> bool:
    """Tell whether an error comes from the file or its disk, and not from a mistake in our own statement."""
    return isinstance(error, sqlite3.Error) and _primary_code(error) in _ADVICE


def sentence(error: BaseException | None) -> str:
    """Return what to do about an error, followed by SQLite's own words."""
    advice = (
        _ADVICE.get(_primary_code(error), "it cannot be used") if isinstance(error, sqlite3.Error) else ""
    )
    return f"{advice} ({error})" if advice else str(error)


def _primary_code(error: sqlite3.Error) -> int:
    # The low byte is the kind of error, the rest is detail. Errors of the Python module itself have no code.
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
