"""first schema."""

import sqlalchemy as sa
from alembic import op

import storage.database

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "alarm_events",
        sa.Column("change", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("alarm_id", sa.String(), nullable=False),
        sa.Column("rule_id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("observed_at", storage.database.Instant(), nullable=False),
        sa.Column("recorded_at", storage.database.Instant(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("limit", sa.Float(), nullable=True),
        sa.Column("retrospective", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("until", storage.database.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("change"),
    )
    with op.batch_alter_table("alarm_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alarm_events_alarm_id"), ["alarm_id"], unique=False)
        batch_op.create_index("ix_alarm_events_site", ["site_id", "observed_at"], unique=False)

    op.create_table(
        "alarms",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("rule_id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("raised_at", storage.database.Instant(), nullable=False),
        sa.Column("cleared_at", storage.database.Instant(), nullable=True),
        sa.Column("data_lost_at", storage.database.Instant(), nullable=True),
        sa.Column("last_value", sa.Float(), nullable=True),
        sa.Column("limit", sa.Float(), nullable=True),
        sa.Column("retrospective", sa.Boolean(), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("acknowledged_at", storage.database.Instant(), nullable=True),
        sa.Column("acknowledged_by", sa.String(), nullable=False),
        sa.Column("claimed_by", sa.String(), nullable=False),
        sa.Column("assigned_to", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("alarms", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alarms_acknowledged_at"), ["acknowledged_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_alarms_change"), ["change"], unique=False)
        batch_op.create_index(batch_op.f("ix_alarms_cleared_at"), ["cleared_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_alarms_raised_at"), ["raised_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_alarms_site_id"), ["site_id"], unique=False)

    op.create_table(
        "shelves",
        sa.Column("rule_id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("is_maintenance", sa.Boolean(), nullable=False),
        sa.Column("since", storage.database.Instant(), nullable=False),
        sa.Column("until", storage.database.Instant(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", "site_id"),
    )

    op.create_table(
        "dead_letters",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("received_at", storage.database.Instant(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("skew_s", sa.Float(), nullable=True),
        sa.Column("replay_wanted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "devices",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "engine_states",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "heartbeats",
        sa.Column("component", sa.String(), nullable=False),
        sa.Column("at", storage.database.Instant(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("component"),
    )
    op.create_table(
        "latest",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("observed_at", storage.database.Instant(), nullable=False),
        sa.Column("received_at", storage.database.Instant(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("flag", sa.Integer(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "metric"),
    )
    with op.batch_alter_table("latest", schema=None) as batch_op:
        batch_op.create_index("ix_latest_change", ["change"], unique=False)

    op.create_table(
        "ledger",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("hour", storage.database.Instant(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("stored", sa.Integer(), nullable=False),
        sa.Column("duplicate", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("gap", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "hour"),
    )
    op.create_table(
        "sequences",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device_id"),
    )
    op.create_table(
        "health",
        sa.Column("component", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("component", "name"),
    )
    op.create_table(
        "registry_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "seen_identities",
        sa.Column("identity", sa.LargeBinary(length=16), nullable=False),
        sa.Column("received_at", storage.database.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("identity"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("seen_identities", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seen_identities_received_at"), ["received_at"], unique=False)

    op.create_table(
        "sites",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lat_deg", sa.Float(), nullable=False),
        sa.Column("lon_deg", sa.Float(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("waterway", sa.Text(), nullable=False),
        sa.Column("order", sa.Integer(), nullable=True),
        sa.Column("datum", sa.Text(), nullable=False),
        sa.Column("thresholds", sa.JSON(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "assignments",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("since", storage.database.Instant(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("until", storage.database.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["devices.id"],
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["sites.id"],
        ),
        sa.PrimaryKeyConstraint("device_id", "since"),
    )
    op.create_table(
        "credentials",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"]),
        sa.PrimaryKeyConstraint("device_id"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("credentials")
    op.drop_table("assignments")
    op.drop_table("sites")
    with op.batch_alter_table("seen_identities", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seen_identities_received_at"))

    op.drop_table("seen_identities")
    op.drop_table("registry_revision")
    op.drop_table("health")
    op.drop_table("sequences")
    op.drop_table("ledger")
    with op.batch_alter_table("latest", schema=None) as batch_op:
        batch_op.drop_index("ix_latest_change")

    op.drop_table("latest")
    op.drop_table("heartbeats")
    op.drop_table("engine_states")
    op.drop_table("devices")
    op.drop_table("dead_letters")
    op.drop_table("shelves")
    with op.batch_alter_table("alarms", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alarms_site_id"))
        batch_op.drop_index(batch_op.f("ix_alarms_raised_at"))
        batch_op.drop_index(batch_op.f("ix_alarms_cleared_at"))
        batch_op.drop_index(batch_op.f("ix_alarms_change"))
        batch_op.drop_index(batch_op.f("ix_alarms_acknowledged_at"))

    op.drop_table("alarms")
    with op.batch_alter_table("alarm_events", schema=None) as batch_op:
        batch_op.drop_index("ix_alarm_events_site")
        batch_op.drop_index(batch_op.f("ix_alarm_events_alarm_id"))

    op.drop_table("alarm_events")
