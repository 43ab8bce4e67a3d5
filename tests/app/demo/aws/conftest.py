"""Every test here has an AWS of its own."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests import moto
from tests.app.demo.aws.world import CheckedAWS


@pytest.fixture
async def aws(tmp_path: Path) -> AsyncIterator[CheckedAWS]:
    """Builds run for real, and a minute of a timeout takes a fifth of a second."""
    async with CheckedAWS(tmp_path / "aws", minute=0.2, moto=moto.shared()) as aws:
        yield aws
        assert aws.wrong == []


@pytest.fixture
async def played(tmp_path: Path) -> AsyncIterator[CheckedAWS]:
    """Builds are played, and succeed."""
    async with CheckedAWS(tmp_path / "aws", script={}, moto=moto.shared()) as aws:
        yield aws
        assert aws.wrong == []


@pytest.fixture
def codebuild(request: pytest.FixtureRequest) -> Any:
    """A client for the one AWS that the test asks for."""
    which = "played" if "played" in request.fixturenames else "aws"
    return request.getfixturevalue(which).client("codebuild")
