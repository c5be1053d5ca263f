"""The formulas behind derived metrics: numbers in, a number out, None where the formula has no answer."""

from __future__ import annotations

import math

_MAGNUS_B = 17.62
_MAGNUS_C = 243.12


def dew_point_c(temperature_c: float, humidity_pct: float) -> float | None:
    """Return the dew point over water in °C.

    Args:
        temperature_c: Air temperature, °C, -45 to 60.
        humidity_pct: Relative humidity, above 0 up to 100; dry sensors that say 0 have no dew point.

    Source:
        Magnus formula with the coefficients of Sonntag 1990, WMO-No. 8.
    """
    if not 0 < humidity_pct <= 100 or not -45 <= temperature_c <= 60:
        return None
    gamma = math.log(humidity_pct) - math.log(100) + _MAGNUS_B * temperature_c / (_MAGNUS_C + temperature_c)
    return _MAGNUS_C * gamma / (_MAGNUS_B - gamma)


def low_cost_pm_ug_m3(raw_ug_m3: float, humidity_pct: float) -> float | None:
    """Return PM2.5 of a Plantower sensor corrected for its bias, in µg/m³, at least 0.

    Args:
        raw_ug_m3: The sensor's PM2.5 (cf_1) as a mean of an hour or more, at least 0.
        humidity_pct: Relative humidity, 0 to 100, of the same span.

    Source:
        US EPA, AirNow Fire and Smoke Map, five pieces; the first is Barkjohn 2021 (AMT 14, 4617).
    """
    if raw_ug_m3 < 0 or not 0 <= humidity_pct <= 100:
        return None
    return max(_five_pieces(raw_ug_m3, humidity_pct), 0.0)


def _five_pieces(x: float, humidity_pct: float) -> float:
    moist = -0.0862 * humidity_pct
    if x < 30:
        return 0.524 * x + moist + 5.75
    if x < 50:
        w = x / 20 - 3 / 2
        return (0.786 * w + 0.524 * (1 - w)) * x + moist + 5.75
    if x < 210:
        return 0.786 * x + moist + 5.75
    square = 8.84e-4 * x * x
    if x < 260:
        w = x / 50 - 21 / 5
        slope = 0.69 * w + 0.786 * (1 - w)
        return slope * x + (moist + 5.75) * (1 - w) + (2.966 + square) * w
    return 2.966 + 0.69 * x + square


def counter_increment(previous: float, current: float) -> float:
    """Return what a counter grew by; one that fell began again at zero and has counted at least its value."""
    return current - previous if current >= previous else current
