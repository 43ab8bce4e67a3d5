"""A door before the moto server of the session."""

from collections.abc import AsyncIterator

import pytest

from tests.deploy.targets.front import Front, front


@pytest.fixture
async def door(moto: str) -> AsyncIterator[Front]:
    async with front(moto) as door:
        yield door
