"""Channels hear of builds and deployments, once each, and of what is broken until it is mended."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("subject", sa.String(80), primary_key=True),
        sa.Column("data", sa.Text, nullable=False),
    )
    op.create_table(
        "posted",
        sa.Column("subject", sa.String(80), primary_key=True),
        sa.Column("data", sa.Text, nullable=False),
    )
    op.create_table(
        "matters",
        sa.Column("name", sa.String(320), primary_key=True),
        sa.Column("data", sa.Text, nullable=False),
    )
