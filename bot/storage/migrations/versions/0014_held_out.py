"""Which examples were held out from a training."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trainings", sa.Column("heldout", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("trainings", "heldout")
