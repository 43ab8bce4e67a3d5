"""A door before the moto server of the session."""

from collections.abc import Iterator

import pytest

from tests.deploy.targets.front import Front, front_in_a_thread


@pytest.fixture
def door(moto: str) -> Iterator[Front]:
    with front_in_a_thread(moto) as door:
        yield door
