import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.units import UNCHANGED, conversion, is_unit, printed_unit

SPELLINGS = [
    "°C",
    "K",
    "°F",
    "hPa",
    "Pa",
    "mmHg",
    "mm",
    "cm",
    "m",
    "in",
    "ft",
    "km/h",
    "m/s",
    "mph",
    "kn",
    "mV",
    "V",
]


@pytest.mark.parametrize(
    ("value", "unit", "wanted", "expected"),
    [
        (86.0, "°F", "°C", 30.0),
        (-40.0, "F", "°C", -40.0),
        (303.26, "K", "°C", 30.11),
        (30.11, "Cel", "°C", 30.11),
        (100535.97, "Pa", "hPa", 1005.3597),
        (1018.35, "mbar", "hPa", 1018.35),
        (29.92, "inHg", "hPa", 1013.2075),
        (6320.0, "mm", "cm", 632.0),
        (1.42, "m", "cm", 142.0),
        (3.22, "ft", "cm", 98.1456),
        (1.72, "cm", "mm", 17.2),
        (10.0, "m/s", "km/h", 36.0),
        (60.0, "mph", "km/h", 96.56064),
        (10.0, "knots", "km/h", 18.52),
        (0.76, "0-1", "%", 76.0),
        (760.0, "permille", "%", 76.0),
        (0.042, "mg/m3", "µg/m³", 42.0),
        (42.0, "μg/m³", "µg/m³", 42.0),
        (0.2, "mm/min", "mm/h", 12.0),
        (3384.0, "mV", "V", 3.384),
        (450.0, "ppm", "ppm", 450.0),
    ],
)
def test_a_value_reaches_the_wanted_unit(value, unit, wanted, expected):
    assert conversion(unit, wanted)(value) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("unit", "wanted"),
    [
        pytest.param("°C", "cm", id="another quantity"),
        pytest.param("ppm", "µg/m³", id="a gas needs its molar mass"),
        pytest.param("parsec", "cm", id="unknown unit"),
        pytest.param("cm", "dB", id="unknown wanted unit"),
        pytest.param("MV", "V", id="mega is not milli"),
    ],
)
def test_there_is_no_way_between_what_does_not_belong_together(unit, wanted):
    assert conversion(unit, wanted) is None


def test_a_unit_of_the_citys_own_is_reached_only_from_itself_or_from_nothing():
    assert conversion("dB", "dB") is UNCHANGED
    assert conversion("", "dB") is UNCHANGED
    assert not is_unit("dB")


@given(st.sampled_from(SPELLINGS), st.sampled_from(SPELLINGS), st.floats(-1e6, 1e6))
def test_there_and_back_is_where_it_began(unit, wanted, value):
    there, back = conversion(unit, wanted), conversion(wanted, unit)
    assert (there is None) == (back is None)
    if there and back:
        assert back(there(value)) == pytest.approx(value, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize(
    ("unit", "bahasa"),
    [
        ("km/h", "km/jam"),
        ("mm/h", "mm/jam"),
        ("veh/h", "kend/jam"),
        ("mm/h/h", "mm/jam/jam"),
        ("cm", "cm"),
        ("hPa", "hPa"),
        ("µg/m³", "µg/m³"),
        ("", ""),
    ],
)
def test_an_hour_is_written_as_the_language_does(unit, bahasa):
    assert (printed_unit(unit, "id"), printed_unit(unit, "en")) == (bahasa, unit)
