"""What the tests of CI may ask for."""

import pytest

from tests.checks.world import World


@pytest.fixture
def world() -> World:
    return World()
