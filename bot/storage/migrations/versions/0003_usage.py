"""Usage per day."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "usage",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("prompt_tokens", sa.BigInteger(), nullable=False),
        sa.Column("reply_tokens", sa.BigInteger(), nullable=False),
        sa.Column("heard_s", sa.Double(), nullable=False),
        sa.Column("spoken_characters", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("day", "guild_id", "user_id", "model", name="pk_usage"),
    )
    for column in ("guild_id", "user_id"):
        op.create_index(f"ix_usage_{column}_day", "usage", [column, "day"])


def downgrade() -> None:
    op.drop_table("usage")
