"""Which questions were given to /ask, and which comparisons were taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("exchanges", sa.Column("is_given", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "taken_back",
        sa.Column("origin_key", sa.String(64), nullable=False),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("origin_key", name="pk_taken_back"),
    )


def downgrade() -> None:
    op.drop_table("taken_back")
    op.drop_column("exchanges", "is_given")
