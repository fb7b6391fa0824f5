"""When a dataset lost examples after models were trained on it."""

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("datasets", sa.Column("withdrawn_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("datasets", "withdrawn_at")
