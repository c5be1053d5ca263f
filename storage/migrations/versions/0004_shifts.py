"""Who was on duty, notes, handovers and situation reports; indexes for what the system page asks."""

import sqlalchemy as sa
from alembic import op

import storage.database

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "duties",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("since", storage.database.Instant(), nullable=False),
        sa.Column("until", storage.database.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_duties_since", "duties", ["since"], unique=False)
    op.create_table(
        "shift_notes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", storage.database.Instant(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_shift_notes_at", "shift_notes", ["at"], unique=False)
    op.create_table(
        "handovers",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("start", storage.database.Instant(), nullable=False),
        sa.Column("outgoing", sa.String(), nullable=False),
        sa.Column("outgoing_at", storage.database.Instant(), nullable=False),
        sa.Column("incoming", sa.String(), nullable=False),
        sa.Column("incoming_at", storage.database.Instant(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "situation_reports",
        sa.Column("at", storage.database.Instant(), nullable=False),
        sa.Column("made_at", storage.database.Instant(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("at"),
    )
    op.create_index("ix_alarm_events_recorded_at", "alarm_events", ["recorded_at"], unique=False)
    op.create_index("ix_alarm_events_type", "alarm_events", ["type"], unique=False)
    op.create_index("ix_ledger_hour", "ledger", ["hour"], unique=False)
    op.create_index("ix_dead_letters_reason", "dead_letters", ["reason", "received_at"], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_dead_letters_reason", table_name="dead_letters")
    op.drop_index("ix_ledger_hour", table_name="ledger")
    op.drop_index("ix_alarm_events_type", table_name="alarm_events")
    op.drop_index("ix_alarm_events_recorded_at", table_name="alarm_events")
    op.drop_table("situation_reports")
    op.drop_table("handovers")
    op.drop_index("ix_shift_notes_at", table_name="shift_notes")
    op.drop_table("shift_notes")
    op.drop_index("ix_duties_since", table_name="duties")
    op.drop_table("duties")
