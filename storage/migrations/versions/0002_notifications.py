"""Messages to people, and how far the journal was read for them."""

import sqlalchemy as sa
from alembic import op

import storage.database

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("alarm_ids", sa.JSON(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", storage.database.Instant(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("attempted_at", storage.database.Instant(), nullable=True),
        sa.Column("next_attempt_at", storage.database.Instant(), nullable=False),
        sa.Column("in_doubt_since", storage.database.Instant(), nullable=True),
        sa.Column("delivered_at", storage.database.Instant(), nullable=True),
        sa.Column("given_up_at", storage.database.Instant(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index(
        "ix_deliveries_channel",
        "deliveries",
        ["channel", "delivered_at", "given_up_at", "next_attempt_at"],
        unique=False,
    )
    op.create_table(
        "notification_cursor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("aside", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "notification_groups",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("notification_groups")
    op.drop_table("notification_cursor")
    op.drop_index("ix_deliveries_channel", table_name="deliveries")
    op.drop_table("deliveries")
