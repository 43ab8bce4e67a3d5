"""What an environment had last is found without reading all that it ever had."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_index("deployments_newest", "deployments", ["place", "id"])
    op.create_index("deployments_live", "deployments", ["place", "was_live", "id"])
