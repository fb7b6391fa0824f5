"""What people would notice about trained models."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("models", sa.Column("noticed", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("models", "noticed")
