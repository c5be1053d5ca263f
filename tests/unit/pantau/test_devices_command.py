import json
from datetime import UTC, datetime

import pytest

from devices.registry import Device, Registration, Site
from devices.registry_table import register
from pantau.cli import main
from storage.database import Database
from storage.latest_table import record_latest
from storage.readings import Reading


@pytest.fixture
def said(tmp_path, capsys):
    """One gauge that stands since midnight and spoke at 01:30 UTC, half past eight in Madiun."""
    database = Database.in_folder(tmp_path)
    database.upgrade()
    site = Site(id="weir", name="Bendung", lat_deg=-7.6, lon_deg=111.5)
    since, spoke = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 1, 30, tzinfo=UTC)
    reading = Reading(
        device_id="weir",
        site_id="weir",
        kind="flood",
        observed_at=spoke,
        received_at=spoke,
        values={"water_level_cm": 120.0},
    )
    with database.transaction() as connection:
        register(connection, [Registration(site=site, device=Device(id="weir", kind="flood"), since=since)])
        record_latest(connection, [reading])
    database.close()

    def run(*words):
        assert main(["devices", *words, "--state", str(tmp_path)]) == 0
        return capsys.readouterr().out

    return run


def test_times_are_those_of_the_city_s_clock(said):
    assert "2026-01-01T08:30:00+07:00" in said("list")
    shown = said("show", "weir")
    assert "2026-01-01T08:30:00+07:00" in shown
    assert "2026-01-01T07:00:00+07:00" in shown
    (row,) = json.loads(said("list", "--json"))
    assert datetime.fromisoformat(row["last spoke"]) == datetime(2026, 1, 1, 1, 30, tzinfo=UTC)
