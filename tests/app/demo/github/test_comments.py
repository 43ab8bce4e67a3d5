"""Comments on pull requests, and which pull requests a commit came with."""

import pytest

from app.demo.github.pull_request import PullRequest
from tests.app.demo.github.world import World

COMMENTS = "/repos/acme/web/issues/1/comments"


@pytest.fixture
async def one(world: World) -> PullRequest:
    """Two commits by Bo, and the App may comment."""
    world.app.permissions |= {"pull_requests": "write", "contents": "write"}
    world.app.events += ("issue_comment",)
    github = world.github
    await github.commit_files(world.web, "main", {"app.py": "1\n"}, "Begin", "ana")
    await github.commit_files(world.web, "topic", {"topic.py": "1\n"}, "Begin a topic", "bo")
    await github.commit_files(world.web, "topic", {"topic.py": "2\n"}, "Go on with it", "bo")
    return await github.open_pull_request(world.web, "A topic", head="topic", by="bo")


async def numbers(world: World, sha: str) -> list[int]:
    found = await world.ask("GET", f"/repos/acme/web/commits/{sha}/pulls", await world.token())
    return [each["number"] for each in found]


@pytest.mark.usefixtures("one")
async def test_a_comment_says_who_wrote_it_and_through_which_app(world: World) -> None:
    token = await world.token()
    made = await world.ask("POST", COMMENTS, token, {"body": "It is in staging."}, 201)
    theirs = await world.ask("POST", COMMENTS, "token-of-eve", {"body": "Where?"}, 201)
    assert (made["user"]["login"], made["performed_via_github_app"]["id"]) == ("interlock[bot]", world.app.id)
    assert (theirs["user"]["login"], theirs["performed_via_github_app"]) == ("eve", None)
    assert [each["id"] for each in await world.ask("GET", COMMENTS, token)] == [made["id"], theirs["id"]]


@pytest.mark.usefixtures("one")
async def test_a_comment_is_changed_in_its_place_by_its_app_alone(world: World) -> None:
    token = await world.token()
    made = await world.ask("POST", COMMENTS, token, {"body": "Staging."}, 201)
    theirs = await world.ask("POST", COMMENTS, "token-of-bo", {"body": "Thanks."}, 201)
    place = "/repos/acme/web/issues/comments"
    changed = await world.ask("PATCH", f"{place}/{made['id']}", token, {"body": "Production."})
    assert (changed["id"], changed["body"]) == (made["id"], "Production.")
    async with await world.raw("PATCH", f"{place}/{theirs['id']}", token, {"body": "You are welcome."}) as answer:
        assert answer.status == 403
    told = [(each.event, each.payload["action"]) for each in await world.webhooks() if each.event == "issue_comment"]
    assert told == [("issue_comment", "created"), ("issue_comment", "created"), ("issue_comment", "edited")]


@pytest.mark.usefixtures("one")
async def test_a_comment_that_is_empty_or_endless_is_refused(world: World) -> None:
    token = await world.token()
    for body, message in (
        (" ", "body can't be blank"),
        ("x" * 65_537, "Body is too long (maximum is 65536 characters)"),
    ):
        refused = await world.ask("POST", COMMENTS, token, {"body": body}, 422)
        assert refused["errors"][0]["message"] == message


async def test_a_locked_conversation_takes_comments_only_of_those_who_may_write(world: World, one: PullRequest) -> None:
    await world.github.lock(one)
    await world.ask("POST", COMMENTS, "token-of-bo", {"body": "Closed."}, 201)
    refused = await world.ask("POST", COMMENTS, "token-of-eve", {"body": "Why?"}, 403)
    assert refused["message"] == "Unable to create comment because issue is locked."


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
async def test_a_merged_commit_leads_to_its_pull_request(world: World, one: PullRequest, method: str) -> None:
    github, token = world.github, await world.token()
    begun = await github.commit_files(world.web, "main", {"other.py": "1\n"}, "Meanwhile", "ana")
    place = "/repos/acme/web/pulls/1/merge"
    merged = await world.ask("PUT", place, token, {"merge_method": method, "sha": one.head_sha})
    came = await github.git(world.web).log("main", without=[begun])
    assert (merged["sha"], len(came)) == (came[0].sha, {"merge": 3, "squash": 1, "rebase": 2}[method])
    assert [await numbers(world, each.sha) for each in came] == [[1]] * len(came)
    assert await numbers(world, begun) == []
    assert (one.merged, one.merge_commit_sha) == (True, merged["sha"])


async def test_a_rebase_writes_the_commits_anew_with_their_authors(world: World, one: PullRequest) -> None:
    begun = await world.github.commit_files(world.web, "main", {"other.py": "1\n"}, "Meanwhile", "ana")
    await world.github.merge_pull_request(one, "ana", method="rebase")
    git = world.github.git(world.web)
    came = await git.log("main", without=[begun])
    told = [(each.subject, each.author.name, each.committer.name, len(each.parents)) for each in came]
    assert told == [("Go on with it", "bo", "GitHub", 1), ("Begin a topic", "bo", "GitHub", 1)]
    assert [await git.file("main", each) for each in ("topic.py", "other.py")] == [b"2\n", b"1\n"]


async def test_a_rebase_that_conflicts_is_not_mergeable(world: World, one: PullRequest) -> None:
    await world.github.commit_files(world.web, "main", {"topic.py": "9\n"}, "Differ", "ana")
    refused = await world.ask(
        "PUT", "/repos/acme/web/pulls/1/merge", await world.token(), {"merge_method": "rebase"}, 405
    )
    assert (refused["message"], one.is_open) == ("Pull Request is not mergeable", True)


async def test_a_head_that_moved_is_not_merged(world: World, one: PullRequest) -> None:
    asked = {"sha": one.base_sha}
    refused = await world.ask("PUT", "/repos/acme/web/pulls/1/merge", await world.token(), asked, 409)
    assert (refused["message"], one.is_open) == ("Head branch was modified. Review and try the merge again.", True)


async def test_a_commit_that_is_not_merged_leads_to_all_that_hold_it(world: World, one: PullRequest) -> None:
    await world.github.commit_files(world.web, "more", {"more.py": "1\n"}, "Begin more", "bo")
    other = await world.github.open_pull_request(world.web, "More", head="more", by="bo")
    assert (await numbers(world, one.head_sha), await numbers(world, other.head_sha)) == ([1], [2])
