"""For trainings: the method, who cancelled them, a translatable error, and whether the end was announced."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("trainings") as table:
        table.add_column(sa.Column("method", sa.String(16), nullable=False, server_default="supervised"))
        table.add_column(sa.Column("cancelled_by", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("error", sa.JSON(), nullable=True))
        table.add_column(sa.Column("announced", sa.Boolean(), nullable=False, server_default=sa.true()))


def downgrade() -> None:
    with op.batch_alter_table("trainings") as table:
        for name in ("announced", "error", "cancelled_by", "method"):
            table.drop_column(name)
