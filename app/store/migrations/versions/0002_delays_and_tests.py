"""Builds that wait in our own queue, and what the tests of a build said."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("builds", sa.Column("delayed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "test_outcomes",
        sa.Column("build_id", sa.String(length=26), nullable=False),
        sa.Column("passed", sa.LargeBinary(), nullable=False),
        sa.Column("failed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["build_id"], ["builds.id"]),
        sa.PrimaryKeyConstraint("build_id"),
    )
