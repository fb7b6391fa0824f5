"""Indexes for lookups by message, person, guild and previous answer, which would otherwise scan a million rows."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

INDEXES = (
    ("jobs", "message_id"), ("jobs", "user_id"), ("jobs", "guild_id"),
    ("exchanges", "user_id"), ("exchanges", "parent_reply_id"),
)  # fmt: skip


def upgrade() -> None:
    for table, column in INDEXES:
        op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    for table, column in INDEXES:
        op.drop_index(f"ix_{table}_{column}", table)
