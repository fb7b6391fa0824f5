"""People can be forgotten without losing what they made, wrote, started or promoted; withdrawn examples are counted."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_BY = (
    ("datasets", "created_by"),
    ("instructions", "written_by"),
    ("trainings", "starter_id"),
    ("promotions", "promoted_by"),
)


def upgrade() -> None:
    for table, column in _BY:
        with op.batch_alter_table(table) as batch:
            batch.alter_column(column, existing_type=sa.BigInteger(), nullable=True)
    with op.batch_alter_table("trainings") as batch:
        batch.add_column(sa.Column("is_cancelled", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE trainings SET is_cancelled = true WHERE cancelled_by IS NOT NULL")
    with op.batch_alter_table("trainings") as batch:
        batch.drop_column("cancelled_by")
    with op.batch_alter_table("datasets") as batch:
        batch.add_column(sa.Column("withdrawn_examples", sa.Integer(), nullable=False, server_default="0"))
    # Until now, examples that were taken back stayed in the datasets that models had learned from.
    for taken_back in (
        "correction_id IN (SELECT id FROM corrections WHERE state = 'withdrawn')",
        "EXISTS (SELECT 1 FROM withdrawals WHERE user_id = given_by AND withdrawn_at >= created_at)",
    ):
        found = f"FROM dataset_examples WHERE dataset_id = datasets.id AND {taken_back}"
        op.execute(f"UPDATE datasets SET withdrawn_examples = withdrawn_examples + (SELECT count(*) {found})")  # noqa: S608
        op.execute(f"DELETE FROM dataset_examples WHERE {taken_back}")  # noqa: S608


def downgrade() -> None:
    op.drop_column("datasets", "withdrawn_examples")
    with op.batch_alter_table("trainings") as batch:
        batch.add_column(sa.Column("cancelled_by", sa.BigInteger(), nullable=True))
        batch.drop_column("is_cancelled")
    for table, column in _BY:
        op.execute(f"UPDATE {table} SET {column} = 0 WHERE {column} IS NULL")  # noqa: S608
        with op.batch_alter_table(table) as batch:
            batch.alter_column(column, existing_type=sa.BigInteger(), nullable=False)
