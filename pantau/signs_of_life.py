"""Whether a service runs and is well, as its last sign of life tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pantau.console import Refusal

_FRESH = timedelta(seconds=10)


def life(seen: tuple[datetime, str] | None, command: str) -> str:
    """Return that a service runs and is well.

    Args:
        seen: Its last sign of life and what troubled it then; None when it never gave one.
        command: What starts it.

    Raises:
        Refusal: It does not run, or is not well.
    """
    now = datetime.now(UTC)
    if seen is None:
        raise Refusal(f"has never run here; start it with `pantau up` or `{command}`")
    at, trouble = seen
    if at > now + _FRESH:
        raise Refusal(
            f"its last sign of life lies in the future ({at:%Y-%m-%d %H:%M} UTC): the clock went back"
        )
    if now - at > _FRESH:
        raise Refusal(f"silent since {at:%Y-%m-%d %H:%M:%S} UTC; start it with `pantau up` or `{command}`")
    if trouble:
        raise Refusal(f"runs, but: {trouble}")
    return "runs and is well"
