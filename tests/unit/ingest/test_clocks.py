import json
from datetime import UTC, datetime, timedelta

import pytest
from support.readings import KINDS, REGISTRATION

from devices.registry import Assignment, Registry
from devices.topics import telemetry_topic
from ingest.delivery import Delivery
from ingest.interpretation import interpret

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
REGISTRY = Registry(
    [REGISTRATION.site],
    [REGISTRATION.device],
    [Assignment(device_id="gauge", site_id="post", since=REGISTRATION.since)],
)


@pytest.mark.parametrize(
    ("ts", "skew"),
    [
        pytest.param(NOW + timedelta(hours=7), timedelta(hours=7), id="local time sent as UTC"),
        pytest.param(
            datetime(1970, 1, 1, 0, 5, tzinfo=UTC),
            datetime(1970, 1, 1, 0, 5, tzinfo=UTC) - NOW,
            id="a clock that began anew in 1970",
        ),
    ],
)
def test_an_impossible_clock_is_set_aside_with_its_estimated_skew_and_never_rewritten(ts, skew):
    payload = json.dumps({"ts": ts.isoformat(), "values": {"water_level_cm": 1.0}}).encode()
    delivery = Delivery(
        topic=telemetry_topic("gauge"), payload=payload, received_at=NOW, message_id=1, connection=1
    )
    interpreted = interpret([delivery], REGISTRY, KINDS)
    assert not interpreted.understood
    letter = interpreted.dead_letters[0]
    assert letter.skew_s == skew.total_seconds()
    assert letter.payload == payload
    assert letter.device_id == "gauge"


def test_a_clock_a_little_ahead_is_believed():
    payload = json.dumps({"ts": (NOW + timedelta(minutes=9)).isoformat(), "values": {"water_level_cm": 1.0}})
    delivery = Delivery(
        topic=telemetry_topic("gauge"), payload=payload.encode(), received_at=NOW, message_id=1, connection=1
    )
    assert interpret([delivery], REGISTRY, KINDS).understood
