"""A link is the address of a build and nothing more."""

import pytest

from app.web.links import BuildLinks


@pytest.mark.parametrize("url", ["https://ci.example", "https://ci.example/"])
def test_a_link_is_below_the_public_address_and_carries_no_key(url: str) -> None:
    assert BuildLinks(url).log("01abc") == "https://ci.example/builds/01abc"


def test_a_link_stays_below_the_builds_whatever_the_id_is() -> None:
    assert BuildLinks("https://ci.example").log("../a?b#c") == "https://ci.example/builds/..%2Fa%3Fb%23c"
