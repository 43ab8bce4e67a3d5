"""A link opens the log that it was made for, and no other."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.links import LogLinks


def key_of(link: str) -> str:
    return parse_qs(urlsplit(link).query)["key"][0]


def test_a_link_opens_its_own_log_and_no_other() -> None:
    links = LogLinks("https://ci.example/", ["old"])
    link = links.log("b1")
    assert link.startswith("https://ci.example/builds/b1?key=")
    assert [links.allows(build, key_of(link)) for build in ("b1", "b2")] == [True, False]


def test_links_survive_the_rotation_of_the_secret_until_the_old_one_goes() -> None:
    key = key_of(LogLinks("https://ci.example", ["old"]).log("b1"))
    assert LogLinks("https://ci.example", ["new", "old"]).allows("b1", key)
    assert not LogLinks("https://ci.example", ["new"]).allows("b1", key)


def test_the_key_does_not_say_the_secret_nor_sign_a_webhook() -> None:
    link = LogLinks("https://ci.example", ["hush"]).log("b1")
    assert "hush" not in link


@given(st.text(), st.text())
def test_no_guess_is_accepted_and_none_breaks(build: str, key: str) -> None:
    assert not LogLinks("https://ci.example", ["s"]).allows(build, key)


def test_without_a_secret_there_are_no_links() -> None:
    with pytest.raises(ValueError, match="at least one secret"):
        LogLinks("https://ci.example", [])
