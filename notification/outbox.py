"""One channel's messages: sent one by one, tried again with patience, and their receipts kept.

Before a message leaves, the database says that it is about to; afterwards it says what came of it. A process
that is killed in between does not know whether it arrived: the message is sent again, and says so itself.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.telling.deliveries_table import (
    Delivery,
    attempts_since,
    change_delivery,
    judge_channel,
    next_due,
)
from alerts.telling.routes import Channel
from storage.database import Database
from storage.ports import StorageUnavailable

_FIRST_WAIT = timedelta(seconds=10)
_LONGEST_WAIT = timedelta(minutes=30)
# Ten and twenty seconds later it still fails: somebody has to know.
_FAILS_FROM = 3
Clock = Callable[[], datetime]
Send = Callable[[str, str], None]


class NotificationError(Exception):
    """A message was not taken. Try again when it is not permanent; its text holds no secret.

    Attributes:
        permanent: True when trying again would meet the same.
        is_in_doubt: True when it may have arrived all the same.
    """

    def __init__(self, says: str, *, permanent: bool = False, is_in_doubt: bool = False) -> None:
        super().__init__(says)
        self.permanent = permanent
        self.is_in_doubt = is_in_doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How one channel's messages go out.

    Attributes:
        name: The channel's name.
        channel: What it is set to.
        send: Sends title and body, or raises `NotificationError`; may block for half a minute.
        home: Pantau's own site, where a failing channel has its alarm.
        again: What a message begins with that may have arrived before.
    """

    name: str
    channel: Channel
    send: Send
    home: str
    again: str


class Outbox:
    """Sends the messages of one channel. Used by one thread, and by one process for each channel.

    Args:
        database: The operational database; its maker owns and closes it.
        way: How they go out.
        rng: Spreads retries, so that many channels do not knock at one service at once.

    Attributes:
        trouble: Why the newest message is not out yet, "" for nothing.
    """

    def __init__(self, database: Database, way: Way, rng: random.Random) -> None:
        self._database, self._way, self._rng = database, way, rng
        self._unkept: Callable[[], None] | None = None
        self.trouble = ""

    def send_next(self, clock: Clock) -> bool:
        """Send the oldest message that is due, and keep what came of it; False when there was none.

        Raises:
            StorageUnavailable: The database does not answer. What is known of a message that is already out
                is kept first at the next call, before anything else is sent.
        """
        if self._unkept is not None:
            self._unkept()
            self._unkept = None
        delivery = self._begun(clock())
        if delivery is None:
            return False
        changed, trouble = self._attempted(delivery, clock)
        # From here to the end of `_keep` nobody but this process knows that the message is out.
        try:
            self._keep(delivery, changed, trouble, clock())
        except StorageUnavailable:
            self._unkept = lambda: self._keep(delivery, changed, trouble, clock())
            raise
        return True

    def _begun(self, now: datetime) -> Delivery | None:
        limit = self._way.channel
        with self._database.reading() as connection:
            delivery = next_due(connection, self._way.name, now)
            lately = attempts_since(connection, self._way.name, now - limit.per)
        if delivery is None or len(lately) >= limit.at_most:
            return None
        with self._database.transaction() as connection:
            change_delivery(
                connection,
                delivery.key,
                attempts=delivery.attempts + 1,
                attempted_at=now,
                in_doubt_since=delivery.in_doubt_since or now,
            )
        return delivery

    def _attempted(
        self, delivery: Delivery, clock: Clock
    ) -> tuple[Mapping[str, object], NotificationError | None]:
        body = delivery.body
        if delivery.in_doubt_since is not None:
            body = f"{self._way.again}\n\n{body}"
        try:
            self._way.send(delivery.title, body)
        except NotificationError as error:
            return _failed(delivery, error, self._way.channel, now=clock(), spread=self._rng.random()), error
        return {"delivered_at": clock(), "in_doubt_since": None, "error": ""}, None

    def _keep(
        self,
        delivery: Delivery,
        changed: Mapping[str, object],
        trouble: NotificationError | None,
        now: datetime,
    ) -> None:
        fails = trouble is not None and (trouble.permanent or delivery.attempts + 1 >= _FAILS_FROM)
        with self._database.transaction() as connection:
            change_delivery(connection, delivery.key, **changed)
            if fails or trouble is None:
                judge_channel(connection, self._way.name, home=self._way.home, fails=fails, now=now)
        self.trouble = str(trouble) if fails else ""


def _failed(
    delivery: Delivery, error: NotificationError, channel: Channel, *, now: datetime, spread: float
) -> dict[str, object]:
    """Return what is kept of an attempt that failed: when the next one is, or that there is none."""
    changed: dict[str, object] = {"error": str(error)}
    if not error.is_in_doubt:  # then all is as it was before: in doubt only when an earlier attempt is
        changed["in_doubt_since"] = delivery.in_doubt_since
    if error.permanent or now >= delivery.created_at + channel.give_up_after:
        return changed | {"given_up_at": now}
    return changed | {"next_attempt_at": now + waiting(delivery.attempts, spread)}


def waiting(attempts: int, spread: float) -> timedelta:
    """Return how long to wait after an attempt: longer each time, and never all at once.

    Args:
        attempts: How many attempts had failed before it.
        spread: 0 to 1, by chance.
    """
    return min(_FIRST_WAIT * 2.0 ** min(attempts, 20), _LONGEST_WAIT) * (0.75 + 0.5 * spread)
