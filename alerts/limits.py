"""Limits as people write them: a number, or a level that every site sets for itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLimit:
    """A limit that every site sets for itself.

    Attributes:
        site: Name of the level in the site's thresholds, qualified by its scheme, like `jakarta_siaga2`.
            A site without that level is not watched by the rule.
    """

    site: str

    def __post_init__(self) -> None:
        if not self.site.strip():
            raise ValueError("site needs the name of a threshold, like jakarta_siaga2")


Limit = float | SiteLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From where on a number is alarming, and where it no longer is.

    A number that has reached the limit is beyond it: `above: 850` holds at 850, as agencies print levels.

    Attributes:
        above: Limit that is reached from below; one of `above`, `below` and `outside` is given.
        below: Limit that is reached from above.
        outside: Two limits, the lower first: reaching either of them counts.
        clear: Level, in the same unit, to which the number must come back before the alarm clears; only
            beside a single limit that is a number. Instead of `deadband`.
        deadband: The same as a distance from the limit, in the same unit; fits every limit.
    """

    above: Limit | None = None
    below: Limit | None = None
    outside: tuple[float, float] | None = None
    clear: float | None = None
    deadband: float = 0.0

    @property
    def limit(self) -> Limit | None:
        """The single limit, whichever way it is crossed; None where there are two or none."""
        return self.above if self.above is not None else self.below

    @property
    def is_upward(self) -> bool:
        """True when growing values are the danger; also of two limits, where both ways are."""
        return self.below is None

    @property
    def given(self) -> int:
        """How many of `above`, `below` and `outside` are given."""
        return sum(limit is not None for limit in (self.above, self.below, self.outside))


def check_clearing(limits: Limits) -> None:
    """Refuse a way of clearing that contradicts its limit.

    Raises:
        ValueError: Says what to write instead.
    """
    if limits.deadband < 0:
        raise ValueError("deadband is a distance and cannot be negative")
    if limits.outside is not None:
        _check_outside(limits.outside, limits.deadband)
    if limits.clear is None:
        return
    if limits.deadband:
        raise ValueError("give clear or deadband, not both")
    limit = limits.limit
    if isinstance(limit, SiteLimit):
        raise ValueError("clear is one level for all sites; beside a site's own limit give a deadband")
    if limit is None:
        raise ValueError("clear fits one limit, above or below; give a deadband instead")
    if limits.clear > limit if limits.is_upward else limits.clear < limit:
        side = "above" if limits.is_upward else "below"
        raise ValueError(f"clear {limits.clear:g} lies {side} the limit {limit:g}: it would never end")


def _check_outside(outside: tuple[float, float], deadband: float) -> None:
    low, high = outside
    if low >= high:
        raise ValueError("outside needs two limits, the lower first")
    if low + deadband > high - deadband:
        raise ValueError(
            f"deadband {deadband:g} leaves nothing between {low:g} and {high:g}: it would never end"
        )
