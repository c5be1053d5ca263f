"""The state folder: where a running Pantau keeps everything that is not configuration."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pantau.console import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Names of the files in a state folder.

    Attributes:
        folder: The folder itself; readable by its owner only.
    """

    folder: Path

    @property
    def readings(self) -> Path:
        """The embedded store of readings."""
        return self.folder / "readings.sqlite"

    @property
    def logs(self) -> Path:
        """One log per process."""
        return self.folder / "logs"

    @property
    def broker(self) -> Path:
        """The broker's configuration, passwords and queue."""
        return self.folder / "broker"

    @property
    def rules_last_right(self) -> Path:
        """Each rule file as it was when it was last right; written by ingest."""
        return self.folder / "rules-last-right"

    def prepare(self) -> None:
        """Make the folders.

        Raises:
            Refusal: They cannot be made or written.
        """
        try:
            for folder in (self.folder, self.logs, self.broker):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            tempfile.TemporaryFile(dir=self.folder).close()
        except OSError as error:
            raise Refusal(
                f"the state folder {self.folder} cannot be written ({error.strerror});"
                " mend its permissions or name another one with --state"
            ) from error

    def secret(self, name: str) -> str:
        """Return the secret in the file `name`, made when absent, readable by its owner only."""
        path = self.folder / name
        if not path.exists():
            # Named only when it is whole: of processes that begin at once each reads the same secret.
            with tempfile.NamedTemporaryFile("w", dir=self.folder) as file:  # 0600 by itself
                file.write(secrets.token_urlsafe(24) + "\n")
                file.flush()
                with contextlib.suppress(FileExistsError):
                    os.link(file.name, path)
        return path.read_text().strip()

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for one `pantau up`.

        Raises:
            Refusal: Another one holds it.
        """
        with (self.folder / "up.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Refusal(
                    f"another `pantau up` already works in {self.folder};"
                    " stop it first or name another folder with --state"
                ) from None
            yield
