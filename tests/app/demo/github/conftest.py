"""Every test here has a world of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.app.demo.github.world")

from tests.app.demo.github.world import World  # noqa: E402  rewritten before it is imported


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path / "github") as world:
        yield world
        # Whatever a test left unasked is checked against the schemas too.
        await world.webhooks()
