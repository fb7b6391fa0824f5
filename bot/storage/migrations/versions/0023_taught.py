"""A revision of what was taught, which shows whether what was read is outdated; the embeddings used to find it."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "taught_revisions",
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("scope_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("scope", "scope_id", name="pk_taught_revisions"),
    )
    op.create_table(
        "recall_vectors",
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("scope_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("embedding", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("vectors", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "scope_id", "embedding", "number", name="pk_recall_vectors"),
    )
    # An owner without a revision has taught nothing.
    for scope, owner, table, which in (
        ("guild", "guild_id", "corrections", " WHERE state = 'approved'"),
        ("user", "user_id", "memories", ""),
    ):
        taught = f"SELECT DISTINCT '{scope}', {owner}, 'first' FROM {table}{which}"  # noqa: S608 - our own names
        op.execute(f"INSERT INTO taught_revisions (scope, scope_id, revision) {taught}")


def downgrade() -> None:
    op.drop_table("recall_vectors")
    op.drop_table("taught_revisions")
