from datetime import UTC, datetime

from config.settings import BrokerAddress
from ingest.mqtt import Subscriber
from ingest.mqtt_packets import Publication

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MOST_WAITING = 200_000


def subscriber() -> Subscriber:
    """Return one that was never started: it has no thread and no socket."""
    return Subscriber(
        BrokerAddress(),
        client_id="test",
        topic_filters=["pantau/v1/+/telemetry"],
        receive_maximum=10,
        clock=lambda: NOW,
    )


def said(message_id: int) -> Publication:
    return Publication(topic="t", payload=b"", message_id=message_id, is_retained=False)


def test_a_flood_of_qos_0_is_let_go_and_counted_while_qos_1_always_has_room():
    full = subscriber()
    for _ in range(MOST_WAITING + 5):
        full._on_publication(said(0))
    assert (full.deliveries.qsize(), full.dropped) == (MOST_WAITING, 5)
    full._on_publication(said(7))
    assert full.deliveries.qsize() == MOST_WAITING + 1


def test_until_it_is_connected_it_says_what_keeps_messages_from_coming():
    assert subscriber().trouble == "broker: not connected yet"


def test_deliveries_are_taken_in_order_and_no_more_than_asked_for():
    some = subscriber()
    for number in (1, 2, 3):
        some._on_publication(said(number))
    assert [d.message_id for d in some.take(2, wait_s=0)] == [1, 2]
    assert [d.message_id for d in some.take(2, wait_s=0)] == [3]
    assert some.take(2, wait_s=0) == []
