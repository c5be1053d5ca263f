"""What number each device counted last, so that a number that never came can be told."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BigInteger, Column, Connection, String, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.database import METADATA

SEQUENCES = Table(
    "sequences",
    METADATA,
    Column("device_id", String, primary_key=True),
    Column("last", BigInteger, nullable=False),
)

# A counter that falls back this far, or jumps this far ahead, has begun anew: a new join, a new battery.
_RESTART_DISTANCE = 1000


def step(last: int | None, number: int) -> tuple[int, int]:
    """Return the new last number and by how much the count of missing numbers changes.

    A number beyond the next one leaves a gap; one that comes late fills it. A counter that began anew
    leaves none.

    Args:
        last: The greatest number so far; None when there was none.
        number: The number that came; not a repetition.
    """
    if last is None or abs(number - last) > _RESTART_DISTANCE or number == 0:
        return number, 0
    if number > last:
        return number, number - last - 1
    return last, -1 if number < last else 0


def record_sequences(connection: Connection, numbers: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Keep each device's last number.

    Args:
        connection: An open transaction.
        numbers: Device and number, in the order of arrival, repetitions left out.

    Returns:
        Device and change of its missing numbers, for every number that changes it.
    """
    if not numbers:
        return []
    wanted = {device_id for device_id, _ in numbers}
    known = select(SEQUENCES.c.device_id, SEQUENCES.c.last).where(SEQUENCES.c.device_id.in_(wanted))
    last: dict[str, int] = {row.device_id: row.last for row in connection.execute(known)}
    changes = []
    for device_id, number in numbers:
        last[device_id], change = step(last.get(device_id), number)
        if change:
            changes.append((device_id, change))
    insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(SEQUENCES)
    connection.execute(
        insert.on_conflict_do_update(index_elements=["device_id"], set_={"last": insert.excluded.last}),
        [{"device_id": device_id, "last": number} for device_id, number in last.items()],
    )
    return changes
