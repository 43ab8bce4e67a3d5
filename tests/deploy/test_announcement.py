"""What GitHub is told of a deployment fits its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.announcement import LONGEST_DESCRIPTION, StatusHeard, brief


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("Waits for @ana", "Waits for @ana"),
        ("  Waits\n for\t@ana ", "Waits for @ana"),
        ("x" * 140, "x" * 140),
        ("x" * 141, "x" * 139 + "…"),
        ("x" * 138 + " yz", "x" * 138 + "…"),
        ("x" * 137 + ", yz", "x" * 137 + "…"),
        ("a " + "x" * 200, "a " + "x" * 137 + "…"),
    ],
)
def test_a_reason_becomes_one_line_that_is_cut_after_a_word(text: str, line: str) -> None:
    assert brief(text) == line


@given(st.text(max_size=400))
def test_no_reason_is_too_long_or_spans_lines(text: str) -> None:
    line = brief(text)
    assert (len(line) <= LONGEST_DESCRIPTION, line.splitlines() in ([], [line])) == (True, True)


@pytest.mark.parametrize(
    ("deployment_app", "status_app", "ours"),
    [
        (7, 7, True),
        (7, None, False),
        (None, 7, False),
        (7, 8, False),
        (8, 7, False),
        (8, 8, False),
        (None, None, False),
    ],
)
def test_a_status_is_ours_if_the_deployment_and_the_status_came_through_us(
    deployment_app: int | None, status_app: int | None, ours: bool
) -> None:
    heard = StatusHeard(
        repository=42,
        number=9,
        token="d1",
        sha="a" * 40,
        environment="staging",
        state="success",
        description="",
        environment_url="",
        deployment_app=deployment_app,
        status_app=status_app,
        by="ana",
    )
    assert heard.is_from(7) is ours
