"""What people have taught in direct messages; the message that shows a correction to its reviewers."""

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "memories",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("prompt_key", sa.String(32), nullable=False),
        sa.Column("taught_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "number", name="pk_memories"),
    )
    with op.batch_alter_table("corrections") as table:
        table.add_column(sa.Column("review_channel_id", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("review_message_id", sa.BigInteger(), nullable=True))
    op.create_index("ix_corrections_review_message_id", "corrections", ["review_message_id"])


def downgrade() -> None:
    op.drop_index("ix_corrections_review_message_id", "corrections")
    with op.batch_alter_table("corrections") as table:
        table.drop_column("review_message_id")
        table.drop_column("review_channel_id")
    op.drop_table("memories")
