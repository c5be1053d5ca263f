"""Units of incoming values and the way from one to another.

A table and no library: the thirty spellings that gauges and stations really send fit on one page, convert in
well under a microsecond and need no import that every start would wait for. Micrograms never become parts per
million, which would need the gas, its temperature and its pressure.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """The way from one unit to another: `value * factor + offset`."""

    factor: float
    offset: float

    def __call__(self, value: float) -> float:
        """Return a value in the wanted unit."""
        return value * self.factor + self.offset


_WORDS_ID = {"h": "jam", "veh": "kend"}

UNCHANGED = Conversion(factor=1.0, offset=0.0)

# Quantity -> unit -> (factor, offset) to the quantity's first unit.
_TABLE: dict[str, dict[str, tuple[float, float]]] = {
    "temperature": {"°C": (1.0, 0.0), "K": (1.0, -273.15), "°F": (5 / 9, -160 / 9)},
    "pressure": {
        "hPa": (1.0, 0.0),
        "Pa": (0.01, 0.0),
        "kPa": (10.0, 0.0),
        "mmHg": (1.333223874, 0.0),
        "inHg": (33.86388640, 0.0),
    },
    "length": {"cm": (1.0, 0.0), "mm": (0.1, 0.0), "m": (100.0, 0.0), "in": (2.54, 0.0), "ft": (30.48, 0.0)},
    "speed": {"km/h": (1.0, 0.0), "m/s": (3.6, 0.0), "mph": (1.609344, 0.0), "kn": (1.852, 0.0)},
    "rain rate": {
        "mm/h": (1.0, 0.0),
        "mm/min": (60.0, 0.0),
        "cm/h": (10.0, 0.0),
        "in/h": (25.4, 0.0),
    },
    "share": {"%": (1.0, 0.0), "0-1": (100.0, 0.0), "permille": (0.1, 0.0)},
    "mass in air": {"ug/m3": (1.0, 0.0), "mg/m3": (1000.0, 0.0)},
    "parts in air": {"ppm": (1.0, 0.0), "ppb": (0.001, 0.0)},
    "voltage": {"V": (1.0, 0.0), "mV": (0.001, 0.0)},
    "flow": {"veh/h": (1.0, 0.0), "veh/min": (60.0, 0.0)},
    "discharge": {"m3/s": (1.0, 0.0), "l/s": (0.001, 0.0)},
}
_UNITS = {unit: (quantity, *way) for quantity, units in _TABLE.items() for unit, way in units.items()}

# Other spellings, compared without their case: SenML's, Tasmota's letters, what people write.
_SPELLINGS = {
    "cel": "°C", "c": "°C", "degc": "°C", "celsius": "°C", "℃": "°C", "º c": "°C", "ºc": "°C", "° c": "°C",
    "f": "°F", "degf": "°F", "fahrenheit": "°F", "℉": "°F", "ºf": "°F",
    "mbar": "hPa", "mb": "hPa",
    "inch": "in", "inches": "in", "feet": "ft", "meter": "m", "metre": "m",
    "kph": "km/h", "kmh": "km/h", "knots": "kn", "knot": "kn", "kt": "kn", "mps": "m/s",
    "mm/hr": "mm/h", "mm/jam": "mm/h", "cm/hr": "cm/h", "in/hr": "in/h",
    "%rh": "%", "percent": "%", "1": "0-1", "‰": "permille",
    "µg/m³": "ug/m3", "µg/m3": "ug/m3", "μg/m³": "ug/m3", "μg/m3": "ug/m3", "ug/m³": "ug/m3",
    "mg/m³": "mg/m3",
    "volt": "V", "volts": "V", "m³/s": "m3/s",
}  # fmt: skip
_CANONICAL = {unit.lower(): unit for unit in _UNITS if unit not in ("mV",)} | _SPELLINGS


def units_by_quantity() -> dict[str, list[str]]:
    """Return every unit under its quantity, as the table spells them."""
    return {quantity: list(units) for quantity, units in _TABLE.items()}


def printed_unit(unit: str, language: str) -> str:
    """Return a unit as a language writes it: an hour is `jam` in Indonesian, vehicles are `kend`.

    Args:
        unit: As kind files write it.
        language: `id` or `en`.
    """
    if language != "id":
        return unit
    return "/".join(_WORDS_ID.get(word, word) for word in unit.split("/"))


def is_unit(text: str) -> bool:
    """Tell whether the table knows a unit in this or another spelling."""
    return _spelt(text) in _UNITS


# Units stand in files and on sensors, so there are few; the bound is for those who send nonsense.
@lru_cache(maxsize=1024)
def conversion(unit: str, wanted: str) -> Conversion | None:
    """Return the way from one unit to another, None when there is none.

    Args:
        unit: What the value came in, in any known spelling; "" for the wanted unit itself.
        wanted: The unit to reach. One that the table does not know is reached only from itself.
    """
    if not unit or unit == wanted:
        return UNCHANGED
    here, there = _UNITS.get(_spelt(unit)), _UNITS.get(_spelt(wanted))
    if here is None or there is None or here[0] != there[0]:
        return None
    return Conversion(factor=here[1] / there[1], offset=(here[2] - there[2]) / there[1])


def _spelt(text: str) -> str:
    stripped = text.strip()
    return stripped if stripped in _UNITS else _CANONICAL.get(stripped.lower(), stripped)
