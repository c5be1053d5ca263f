"""What every service does as a process: it logs to standard error and stops when it is told to."""

from __future__ import annotations

import logging
import signal
import threading


def log_to_stderr() -> None:
    """Let the service log to standard error, which `pantau up` keeps in a file."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and Ctrl-C set."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop
