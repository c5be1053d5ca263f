"""Accounts that a city's identity provider vouches for."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("people", sa.Column("issuer", sa.String(), nullable=True))
    op.add_column("people", sa.Column("subject", sa.String(), nullable=True))
    op.create_index("ix_people_identity", "people", ["issuer", "subject"], unique=True)


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_people_identity", "people")
    op.drop_column("people", "subject")
    op.drop_column("people", "issuer")
