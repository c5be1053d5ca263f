"""Limits as people write them: a number, or a level that every site sets for itself."""

from __future__ import annotations

from dataclasses import dataclass

from config.checks import check


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

    @check("deadband")
    def _deadband_is_a_distance(self) -> str | None:
        return "deadband is a distance and cannot be negative" if self.deadband < 0 else None

    @check("outside")
    def _outside_is_in_order(self) -> str | None:
        is_wrong = self.outside is not None and self.outside[0] >= self.outside[1]
        return "outside needs two limits, the lower first" if is_wrong else None

    @check("deadband", "outside")
    def _deadband_leaves_room(self) -> str | None:
        low, high = self.outside or (0.0, 0.0)
        if low < high and low + self.deadband > high - self.deadband:
            return (
                f"deadband {self.deadband:g} leaves nothing between {low:g} and {high:g}: it would never end"
            )
        return None

    @check("clear", "deadband")
    def _clear_is_alone(self) -> str | None:
        both = self.clear is not None and self.deadband
        return "give clear or deadband, not both" if both else None

    @check("clear", "above", "below", "outside")
    def _clear_fits_the_limit(self) -> str | None:
        if self.clear is None:
            return None
        limit = self.limit
        if isinstance(limit, SiteLimit):
            return "clear is one level for all sites; beside a site's own limit give a deadband"
        if limit is None:
            return "clear fits one limit, above or below; give a deadband instead"
        if self.clear > limit if self.is_upward else self.clear < limit:
            side = "above" if self.is_upward else "below"
            return f"clear {self.clear:g} lies {side} the limit {limit:g}: it would never end"
        return None
