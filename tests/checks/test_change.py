"""A change is the same however often it is told, and pull requests are put in GitHub's order."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.change import Change, Purpose, Push, short
from checks.pull_request import PullRequest
from checks.repository import Repository
from tests.checks.tellings import START, WEB, pull_request, pushed, sha, told

letters = st.sampled_from("abc")
requests = st.builds(lambda head, at: pull_request(head, at=at), letters, st.integers(0, 3))


@pytest.mark.parametrize(
    ("change", "ref"),
    [
        (pushed("a").change, "refs/heads/main"),
        (told(pull_request("a", number=7)).change, "refs/pull/7/head"),
        (
            replace(pushed("a").change, purpose=Purpose.MERGE_GROUP, branch="gh-readonly-queue/main/pr-7", push=None),
            "refs/heads/gh-readonly-queue/main/pr-7",
        ),
    ],
)
def test_a_change_knows_the_ref_that_serves_its_commit(change: Change, ref: str) -> None:
    assert change.ref == ref


def test_seven_characters_name_a_commit() -> None:
    assert short("4f2a91c" + "0" * 33) == "4f2a91c"


def test_one_occurrence_has_one_intent_whoever_tells_it_and_when() -> None:
    push, opened = pushed("a").change, told(pull_request("a")).change

    for change in (push, opened):
        later = replace(change, received_at=START + timedelta(days=1), sender="bo", message="another")
        assert later.intent == change.intent


def test_different_occurrences_have_different_intents() -> None:
    request = pull_request("a")
    changes = [
        pushed("a").change,
        pushed("a", "b").change,
        pushed("b").change,
        replace(pushed("a").change, branch="trunk"),
        replace(pushed("a").change, purpose=Purpose.MERGE_GROUP, push=None),
        told(request).change,
        told(request, "reopened").change,
        told(replace(request, number=13)).change,
        told(replace(request, head_sha=sha("b"))).change,
        told(replace(request, updated_at=START + timedelta(seconds=1))).change,
    ]

    assert len({change.intent for change in changes}) == len(changes)


def test_an_intent_fits_its_column() -> None:
    longest = replace(pushed("a").change, sha="a" * 64, branch="b" * 244, push=Push(before="c" * 64, after="a" * 64))

    assert len(longest.intent) <= 400


@given(requests, requests)
def test_of_two_tellings_at_most_one_is_older(one: PullRequest, other: PullRequest) -> None:
    assert not (one.is_older_than(other) and other.is_older_than(one))


@given(requests)
def test_nothing_is_older_than_itself(request: PullRequest) -> None:
    assert not request.is_older_than(request)


@given(requests, requests)
def test_githubs_clock_decides(one: PullRequest, other: PullRequest) -> None:
    if one.updated_at != other.updated_at:
        assert one.is_older_than(other) == (one.updated_at < other.updated_at)


def test_within_one_second_the_chain_of_heads_decides() -> None:
    first = pull_request("a")
    second = pull_request("b", previous_head_sha=sha("a"))

    assert first.is_older_than(second)
    assert not second.is_older_than(first)


def test_a_deleted_fork_is_a_fork() -> None:
    assert [pull_request("a", head_repository=head).is_from_fork for head in (42, 99, None)] == [False, True, True]


def test_what_a_listing_leaves_out_is_kept() -> None:
    listed = Repository(id=42, full_name="acme/site", installation=8, default_branch="", private=True)

    assert listed.completed_by(WEB) == replace(
        WEB, full_name="acme/site", installation=8, private=True, default_branch="main"
    )
    assert WEB.completed_by(replace(listed, clone_url="https://old.example.org")) == WEB
