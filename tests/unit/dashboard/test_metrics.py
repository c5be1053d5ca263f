from datetime import UTC, datetime, timedelta

from prometheus_client.parser import text_string_to_metric_families

from alerts.telling.deliveries_table import Delivery, add_deliveries
from alerts.telling.notices import Purpose
from dashboard.metrics import exposition, read_numbers
from storage.books_table import Count, record_counts
from storage.database import Database
from storage.health_table import record_health
from storage.heartbeat_table import beat

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def samples(database: Database) -> dict[tuple[str, tuple[str, ...]], float]:
    text = exposition(read_numbers(database, NOW)).decode()
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_books_and_signs_of_life_are_told_to_monitoring_systems(tmp_path):
    database = Database.in_folder(tmp_path)
    database.upgrade()
    with database.transaction() as connection:
        counts = {"received": 3, "stored": 2, "duplicate": 1, "gap": 4}
        record_counts(
            connection,
            [Count(device_id="d", received_at=NOW, column=c, change=n) for c, n in counts.items()],
        )
        beat(connection, "ingest", NOW - timedelta(seconds=7), trouble="the store is away")
        record_health(connection, "ingest", {"spool_readings": 12.0, "messages_total": 3.0})
    told = samples(database)
    assert told["pantau_ledger_messages_total", ("stored",)] == 2
    assert told["pantau_ledger_received_total", ()] == 3
    assert told["pantau_ledger_balanced", ()] == 1
    assert told["pantau_sequence_gap_messages", ()] == 4
    assert told["pantau_ingest_spool_readings", ()] == 12
    assert told["pantau_ingest_messages_total", ()] == 3
    assert told["pantau_heartbeat_age_seconds", ("ingest",)] == 7
    assert told["pantau_component_well", ("ingest",)] == 0
    database.close()


def test_a_city_that_never_ran_has_metrics_too(tmp_path):
    database = Database.in_folder(tmp_path)
    database.upgrade()
    assert samples(database)["pantau_ledger_balanced", ()] == 1
    database.close()


def message(key: str, channel: str, **outcome: object) -> Delivery:
    told = {"route": "r", "purpose": Purpose.NEW, "alarm_ids": (), "title": "t", "body": "b"}
    at = NOW - timedelta(minutes=2)
    return Delivery(key=key, channel=channel, created_at=at, next_attempt_at=at, **told, **outcome)


def test_messages_to_people_are_counted_by_channel_and_outcome(tmp_path):
    database = Database.in_folder(tmp_path)
    database.upgrade()
    with database.transaction() as connection:
        add_deliveries(
            connection,
            [
                message("1", "bpbd", delivered_at=NOW),
                message("2", "bpbd", given_up_at=NOW, error="error=401"),
                message("3", "bpbd"),
                message("4", "", given_up_at=NOW, error="no route"),
            ],
        )
    told = samples(database)
    assert told["pantau_notifications_total", ("bpbd", "received")] == 1
    assert told["pantau_notifications_total", ("bpbd", "given_up")] == 1
    assert told["pantau_notifications_total", ("", "nobody")] == 1
    assert told["pantau_notifications_waiting", ("bpbd",)] == 1
    assert told["pantau_notification_oldest_seconds", ()] == 120
    database.close()
