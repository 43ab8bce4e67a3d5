"""The API before a store with one repository that delivers one service."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.store.database import Database, driver_url
from tests.app.web.api import site as stage
from tests.app.web.api.site import Site


@pytest.fixture
async def embedded(migrated_sqlite: str, tmp_path: Path) -> AsyncIterator[Database]:
    """What the API says does not depend on the kind of database; where it may, ask for `anywhere`."""
    like = str(driver_url(migrated_sqlite).database)
    database = Database(f"sqlite:///{shutil.copy(like, tmp_path / 'api.sqlite3')}")
    yield database
    await database.close()


@pytest.fixture
async def site(embedded: Database) -> AsyncIterator[Site]:
    async with stage.site(embedded) as made:
        yield made


@pytest.fixture
async def anywhere(database: Database) -> AsyncIterator[Site]:
    """The same over both kinds of database."""
    async with stage.site(database) as made:
        yield made
