"""The variables of the PRX system, name for name and value for value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.build import Architecture
from checks.change import Change, Purpose
from checks.variables import asks_to_publish, variables
from tests.checks.tellings import pull_request, pushed, sha, told


def test_a_push_gets_its_variables() -> None:
    assert variables(pushed("a", "b").change, Architecture.X86_64, publishes=True) == {
        "PRX_REPO": "acme/web",
        "PRX_COMMIT": sha("a"),
        "PRX_BRANCH": "main",
        "PRX_CI_PUBLISH": "true",
        "PRX_TARGET_ARCHITECTURE": "x86_64",
        "PRX_GITHUB_BEFORE": sha("b"),
        "PRX_GITHUB_AFTER": sha("a"),
    }


def test_a_pull_request_gets_its_variables() -> None:
    change = told(pull_request("a", title='Round "totals"', author="eve", head_branch="totals"), "synchronize").change

    assert variables(change, Architecture.AARCH64, publishes=False) == {
        "PRX_REPO": "acme/web",
        "PRX_COMMIT": sha("a"),
        "PRX_BRANCH": "totals",
        "PRX_CI_PUBLISH": "false",
        "PRX_TARGET_ARCHITECTURE": "aarch64",
        "PRX_GITHUB_PR": "12",
        "PRX_GITHUB_PR_TITLE": 'Round "totals"',
        "PRX_GITHUB_PR_BASE_BRANCH": "main",
        "PRX_GITHUB_PR_AUTHOR": "eve",
        "PRX_GITHUB_ACTION": "synchronize",
    }


def test_a_merge_group_gets_what_is_always_given() -> None:
    change: Change = replace(
        pushed("a").change, purpose=Purpose.MERGE_GROUP, branch="gh-readonly-queue/main/pr-7", push=None
    )

    assert variables(change, Architecture.X86_64, publishes=False) == {
        "PRX_REPO": "acme/web",
        "PRX_COMMIT": sha("a"),
        "PRX_BRANCH": "gh-readonly-queue/main/pr-7",
        "PRX_CI_PUBLISH": "false",
        "PRX_TARGET_ARCHITECTURE": "x86_64",
    }


@pytest.mark.parametrize(
    ("line", "asks"),
    [
        ("PRX_CI_PUBLISH: true", True),
        ('PRX_CI_PUBLISH: "true"', True),
        ("PRX_CI_PUBLISH: 'true'", True),
        ('"PRX_CI_PUBLISH": "true"', True),
        ("PRX_CI_PUBLISH:   true  # for now", True),
        ("PRX_CI_PUBLISH: false", False),
        ("PRX_CI_PUBLISH: trueish", False),
        ("PRX_CI_PUBLISH: \"true'", False),
        ("PRX_CI_PUBLISH:", False),
        ("PRX_CI_PUBLISH", False),
        ("PRX_CI_PRERELEASE: true", False),
    ],
)
def test_a_buildspec_asks_to_publish_in_three_spellings(line: str, asks: bool) -> None:
    assert asks_to_publish(f"env:\n  variables:\n    {line}\n") is asks


@given(st.text())
def test_the_question_is_answered_in_any_text(text: str) -> None:
    assert asks_to_publish(f"{text}\nPRX_CI_PUBLISH: true\n")
