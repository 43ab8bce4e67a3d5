"""A town for every story: everything real, in this process."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.demo.stage import stage
from tests.flows.town import Town, settle


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with stage(tmp_path, owner="acme", settle=settle) as on:
        await on.github.install_app(on.registered, "acme", by="ana")
        yield Town(on.github, tmp_path / "people")
