"""ISPU, Indonesia's air quality index: concentrations of 24 hours become one number.

The table is the regulation's; two things that its text leaves open are decided here. Above 300 the index goes
on to 500 at the last printed concentration and stays there. The overall index is the highest of the
pollutants' indices, and that pollutant is the critical one.

Source:
    Permen LHK P.14/MENLHK/SETJEN/KUM.1/7/2020, tables 1 and 2.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from enum import Enum

_INDICES = (0.0, 50.0, 100.0, 200.0, 300.0, 500.0)


class Pollutant(Enum):
    """A pollutant that ISPU counts; the value is its key in a kind's file."""

    PM10 = "pm10"
    PM2_5 = "pm2_5"
    SO2 = "so2"
    CO = "co"
    O3 = "o3"
    NO2 = "no2"
    HC = "hc"


# Concentrations at the indices above, µg/m³ over 24 hours. The NO2 band is 81-200; one table in circulation
# misprints it as 81-2000.
_NODES = {
    Pollutant.PM10: (0.0, 50.0, 150.0, 350.0, 420.0, 500.0),
    Pollutant.PM2_5: (0.0, 15.5, 55.4, 150.4, 250.4, 500.0),
    Pollutant.SO2: (0.0, 52.0, 180.0, 400.0, 800.0, 1200.0),
    Pollutant.CO: (0.0, 4000.0, 8000.0, 15000.0, 30000.0, 45000.0),
    Pollutant.O3: (0.0, 120.0, 235.0, 400.0, 800.0, 1000.0),
    Pollutant.NO2: (0.0, 80.0, 200.0, 1130.0, 2260.0, 3000.0),
    Pollutant.HC: (0.0, 45.0, 100.0, 215.0, 432.0, 648.0),
}


def ispu(pollutant: Pollutant, mean_ug_m3: float) -> float:
    """Return a pollutant's index, 0 to 500, not rounded.

    Args:
        pollutant: Which.
        mean_ug_m3: Its mean over 24 hours, µg/m³; below zero counts as zero.
    """
    nodes = _NODES[pollutant]
    concentration = min(max(mean_ug_m3, 0.0), nodes[-1])
    upper = max(bisect_left(nodes, concentration), 1)
    share = (concentration - nodes[upper - 1]) / (nodes[upper] - nodes[upper - 1])
    return _INDICES[upper - 1] + share * (_INDICES[upper] - _INDICES[upper - 1])


def critical(means_ug_m3: Mapping[Pollutant, float]) -> tuple[Pollutant, float]:
    """Return the pollutant with the highest index, and that index: the place's ISPU.

    Args:
        means_ug_m3: Means over 24 hours, µg/m³; at least one. Of equals the first of the mapping is named.
    """
    indices = {pollutant: ispu(pollutant, mean) for pollutant, mean in means_ug_m3.items()}
    worst = max(indices, key=lambda pollutant: indices[pollutant])
    return worst, indices[worst]
