"""The results of tests of models."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "model_tests",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("tester_id", sa.BigInteger(), nullable=True),
        sa.Column("datasets", sa.String(80), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_model_tests"),
        sa.UniqueConstraint("guild_id", "number", name="uq_model_tests_guild_id_number"),
    )
    for column in ("tester_id", "ended_at"):
        op.create_index(f"ix_model_tests_{column}", "model_tests", [column])


def downgrade() -> None:
    op.drop_table("model_tests")
