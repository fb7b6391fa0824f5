"""The author of a prompt's words, where another person had the message answered from its context menu."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("exchanges", sa.Column("words_by", sa.BigInteger(), nullable=True))
    op.create_index("ix_exchanges_words_by", "exchanges", ["words_by"])


def downgrade() -> None:
    op.drop_index("ix_exchanges_words_by", "exchanges")
    op.drop_column("exchanges", "words_by")
