"""Which corrections an answer was based on, so that it is deleted along with them."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("exchanges", sa.Column("recalled", sa.String(200), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("exchanges", "recalled")
