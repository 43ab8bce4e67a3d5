"""Pull requests, merges and the merge queue, and what the App hears of them."""

import pytest

from app.demo.github.pull_request import PullRequest
from app.demo.github.refusal import Refusal
from tests.app.demo.github.world import World


@pytest.fixture
async def one(world: World) -> PullRequest:
    """Bo's pull request from topic to main."""
    github = world.github
    await github.commit_files(world.web, "main", {"app.py": "1\n", "b.py": "1\n"}, "Begin", "ana")
    await github.commit_files(world.web, "topic", {"app.py": "2\n"}, "Change", "bo")
    await github.commit_files(world.web, "release", {"notes": "x"}, "Release", "ana")
    made = await github.open_pull_request(world.web, "Count on", head="topic", by="bo")
    await world.heard()
    return made


async def test_every_change_of_a_pull_request_is_told(world: World, one: PullRequest) -> None:
    github = world.github
    await github.convert_to_draft(one)
    await github.mark_ready(one)
    await github.lock(one, "ana")
    await github.unlock(one, "ana")
    await github.edit_title(one, "Count further")
    await github.retarget(one, "release")
    await github.close_pull_request(one, "ana")
    await github.reopen_pull_request(one)
    hooks = await world.webhooks()
    assert [each.payload["action"] for each in hooks] == [
        "converted_to_draft",
        "ready_for_review",
        "locked",
        "unlocked",
        "edited",
        "edited",
        "closed",
        "reopened",
    ]
    assert hooks[4].payload["changes"] == {"title": {"from": "Count on"}}
    assert hooks[5].payload["changes"]["base"]["ref"] == {"from": "main"}
    assert hooks[5].payload["pull_request"]["base"]["ref"] == "release"
    assert (hooks[6].payload["sender"]["login"], hooks[6].payload["pull_request"]["merged"]) == ("ana", False)
    assert hooks[7].payload["pull_request"]["updated_at"].endswith("Z")


async def test_what_is_already_so_is_not_told_again(world: World, one: PullRequest) -> None:
    await world.github.mark_ready(one)
    assert await world.heard() == []


async def test_a_closed_pull_request_keeps_its_base(world: World, one: PullRequest) -> None:
    await world.github.close_pull_request(one)
    with pytest.raises(Refusal, match="Validation Failed"):
        await world.github.retarget(one, "release")
    assert one.base_ref == "main"


async def test_a_merge_is_a_push_to_the_base_by_whoever_pressed_the_button(world: World, one: PullRequest) -> None:
    sha = await world.github.merge_pull_request(one, "ana")
    push, suite, closed = [each.payload for each in await world.webhooks()]
    assert (push["ref"], push["after"], push["sender"]["login"], len(push["commits"])) == (
        "refs/heads/main",
        sha,
        "ana",
        2,
    )
    assert push["commits"][-1]["modified"] == ["app.py"]
    assert suite["check_suite"]["head_sha"] == sha
    told = closed["pull_request"]
    assert (closed["action"], told["merged"], told["merged_by"]["login"], told["merge_commit_sha"]) == (
        "closed",
        True,
        "ana",
        sha,
    )
    with pytest.raises(Refusal, match="Validation Failed"):
        await world.github.merge_pull_request(one, "ana")


async def test_a_squash_is_one_new_commit(world: World, one: PullRequest) -> None:
    sha = await world.github.merge_pull_request(one, "ana", method="squash")
    push, _, closed = [each.payload for each in await world.webhooks()]
    assert [each["message"] for each in push["commits"]] == ["Count on (#1)"]
    assert (closed["pull_request"]["merged"], closed["pull_request"]["merge_commit_sha"]) == (True, sha)


async def test_a_conflict_is_not_mergeable(world: World, one: PullRequest) -> None:
    await world.github.commit_files(world.web, "main", {"app.py": "3\n"}, "Other", "ana")
    with pytest.raises(Refusal, match="not mergeable"):
        await world.github.merge_pull_request(one, "ana")
    assert one.is_open


async def test_a_deleted_head_branch_closes_its_pull_request(world: World, one: PullRequest) -> None:
    await world.github.delete_branch(world.web, "topic", "bo")
    assert await world.heard() == [("push", None), ("pull_request", "closed")]
    assert (one.state, one.merged) == ("closed", False)


@pytest.mark.usefixtures("one")
async def test_a_deleted_fork_leaves_its_pull_request_without_a_head_repository(world: World) -> None:
    github = world.github
    fork = await github.fork(world.web, "eve")
    await github.commit_files(fork, "fix", {"f": "1"}, "Fix", "eve")
    theirs = await github.open_pull_request(world.web, "Fix", head="eve:fix", by="eve")
    await github.delete_repository(fork)
    await github.close_pull_request(theirs)
    closed = (await world.webhooks())[-1].payload
    assert (closed["action"], closed["pull_request"]["head"]["repo"]) == ("closed", None)


@pytest.mark.parametrize(
    ("head", "base", "problem"),
    [
        ("topic", "main", "A pull request already exists for acme:topic."),
        ("nothing", "main", "acme/web has no branch nothing."),
        ("main", "topic", "No commits between topic and main"),
        ("eve:topic", "main", "eve has no fork of acme/web."),
    ],
)
async def test_a_pull_request_that_cannot_be_opened_leaves_nothing(
    world: World, one: PullRequest, head: str, base: str, problem: str
) -> None:
    with pytest.raises(Refusal) as refused:
        await world.github.open_pull_request(world.web, "Again", head=head, by="bo", base=base)
    assert (refused.value.status, refused.value.errors) == (422, [problem])
    assert (await world.heard(), world.github.pull_requests_of(world.web, "all")) == ([], [one])


async def test_a_merge_group_is_tried_on_a_branch_of_githubs_own(world: World, one: PullRequest) -> None:
    github = world.github
    group = await github.form_merge_group(one, "ana")
    hooks = await world.webhooks()
    assert [(each.event, each.payload.get("action")) for each in hooks] == [
        ("push", None),
        ("check_suite", "requested"),
        ("merge_group", "checks_requested"),
    ]
    told = hooks[2].payload["merge_group"]
    assert told["head_ref"] == f"refs/heads/gh-readonly-queue/main/pr-1-{told['base_sha']}"
    assert hooks[0].payload["ref"] == told["head_ref"]
    assert told["head_commit"]["id"] == told["head_sha"] == group.head_sha
    await github.destroy_merge_group(world.web, group, "merged", "ana")
    hooks = await world.webhooks()
    assert [(each.event, each.payload.get("action")) for each in hooks] == [
        ("push", None),
        ("pull_request", "closed"),
        ("merge_group", "destroyed"),
        ("push", None),
    ]
    assert (hooks[0].payload["ref"], hooks[0].payload["after"]) == ("refs/heads/main", group.head_sha)
    assert hooks[2].payload["reason"] == "merged"
    assert (hooks[3].payload["deleted"], one.merged) == (True, True)


async def test_a_dequeued_group_leaves_no_trace(world: World, one: PullRequest) -> None:
    group = await world.github.form_merge_group(one, "ana")
    await world.heard()
    await world.github.destroy_merge_group(world.web, group, "dequeued", "ana")
    assert await world.heard() == [("merge_group", "destroyed"), ("push", None)]
    assert (one.is_open, world.web.merge_groups) == (True, [])
