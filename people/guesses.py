"""Wrong guesses of a password make the next ones wait: pure bookkeeping, told what the time is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

_FORGOTTEN_AFTER = timedelta(minutes=15)
_LONGEST_DELAY = timedelta(seconds=30)
_MOST_REMEMBERED = 10_000


@dataclass(slots=True, kw_only=True)
class _Past:
    wrong: int
    free_at: datetime
    last_at: datetime


class Guesses:
    """Gives every attempt its turn. One thread at a time calls it.

    Attempts for one name from one address wait after each other, longer after every wrong one; so do attempts
    for any names from one address, after many wrong ones. A name alone is never locked: whoever guesses from
    elsewhere cannot keep the real person out.
    """

    def __init__(self) -> None:
        self._past: dict[tuple[str, str], _Past] = {}

    def wait(self, name: str, address: str, now: datetime) -> timedelta:
        """Take the next turn and return how long it is until then; zero for somebody without a past."""
        turns = [
            self._turn((name, address), now, free_guesses=2),
            self._turn(("", address), now, free_guesses=20),
        ]
        return max(turns)

    def note_wrong(self, name: str, address: str, now: datetime) -> None:
        """Remember a wrong guess."""
        self._forget(now)
        for key in ((name, address), ("", address)):
            past = self._past.setdefault(key, _Past(wrong=0, free_at=now, last_at=now))
            past.wrong += 1
            past.last_at = now

    def note_right(self, name: str, address: str) -> None:
        """Forget the wrong guesses of whoever has just shown that they are the real person."""
        self._past.pop((name, address), None)

    def _turn(self, key: tuple[str, str], now: datetime, *, free_guesses: int) -> timedelta:
        past = self._past.get(key)
        if past is None or past.wrong < free_guesses or abs(now - past.last_at) > _FORGOTTEN_AFTER:
            return timedelta(0)
        doubled = timedelta(seconds=2.0 ** min(past.wrong - free_guesses, 10))
        turn = max(now, past.free_at)
        if turn - now <= _LONGEST_DELAY:  # who is sent away takes no turn from those who wait
            past.free_at = turn + min(doubled, _LONGEST_DELAY)
        return turn - now

    def _forget(self, now: datetime) -> None:
        if len(self._past) < _MOST_REMEMBERED:
            return
        recent = {key: past for key, past in self._past.items() if now - past.last_at <= _FORGOTTEN_AFTER}
        newest = sorted(recent.items(), key=lambda item: item[1].last_at)[-_MOST_REMEMBERED // 2 :]
        self._past = dict(newest)
