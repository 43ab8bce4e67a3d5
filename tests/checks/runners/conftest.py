"""Fixtures of the runners' tests."""

from pathlib import Path

import pytest

from tests.checks.runners.aws_town import local_aws, town  # noqa: F401  fixtures
from tests.checks.runners.workshop import Workshop


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)
