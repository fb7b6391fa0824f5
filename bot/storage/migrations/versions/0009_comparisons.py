"""Comparisons of two models' answers to one prompt, and who prefers which."""

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "comparisons",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("model_a", sa.String(200), nullable=False),
        sa.Column("model_b", sa.String(200), nullable=False),
        sa.Column("answer_a", sa.Text(), nullable=False),
        sa.Column("answer_b", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("revealed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_comparisons"),
    )
    for column in ("guild_id", "asked_by", "message_id"):
        op.create_index(f"ix_comparisons_{column}", "comparisons", [column])
    op.create_table(
        "comparison_votes",
        sa.Column("comparison_id", sa.String(32), nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("choice", sa.String(8), nullable=False),
        sa.Column("voted_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("comparison_id", "user_id", name="pk_comparison_votes"),
    )
    op.create_index("ix_comparison_votes_user_id", "comparison_votes", ["user_id"])


def downgrade() -> None:
    op.drop_table("comparison_votes")
    op.drop_table("comparisons")
