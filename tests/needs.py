"""What a test needs of the machine: without it the test is skipped, or fails where everything has to be there."""

import os

import pytest


def needs(is_there: bool, what: str) -> None:
    """`what` says what is missing and what to do. `REQUIRE_ALL=1` makes it a failure."""
    if is_there:
        return
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(what)
    pytest.skip(what)
