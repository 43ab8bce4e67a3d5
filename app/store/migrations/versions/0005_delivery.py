"""Deployments with what they are found by, holds, and where versions go."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    # A deployment of a version before had no configuration, no promotions and no times: none can be gone on with.
    op.drop_table("announced")
    op.drop_table("deployments")
    op.drop_table("pointers")
    op.create_table(
        "deployments",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("repository_id", sa.BigInteger(), nullable=False),
        sa.Column("sha", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("was_live", sa.Boolean(), nullable=False),
        sa.Column("look_at", sa.BigInteger(), nullable=True),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("deployments_place", "deployments", ["place", "state"], unique=False)
    op.create_index("deployments_commit", "deployments", ["repository_id", "sha"], unique=False)
    op.create_index("deployments_due", "deployments", ["look_at"], unique=False)
    op.create_table(
        "pointers",
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("place"),
    )
    op.create_table(
        "announced",
        sa.Column("deployment_id", sa.String(length=26), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"]),
        sa.PrimaryKeyConstraint("deployment_id"),
    )
    op.create_table(
        "holds",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("scope", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("holds_scope", "holds", ["state", "scope"], unique=False)
    op.create_table(
        "configurations",
        sa.Column("repository_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("written", sa.Boolean(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("repository_id"),
    )
    op.create_table(
        "organisation_files",
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("owner"),
    )
