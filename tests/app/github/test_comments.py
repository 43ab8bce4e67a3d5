"""One comment on a pull request, whatever is lost on the way; and which pull requests a commit came with."""

from typing import Any

import pytest

from app.demo.github.pull_request import PullRequest
from app.github.clock import Clock
from app.github.comments import Commented, GitHubComments
from app.github.pull_requests import REMEMBERED, GitHubPullRequests, Proposal
from app.github.repository import RepositoryCalls
from checks.errors import Permanent, Transient
from checks.repository import Repository
from tests.app.github.conftest import APP
from tests.app.github.endpoint import Endpoint, Reply
from tests.app.github.local import Local

COMMENTS = "/repos/acme/web/issues/1/comments"


@pytest.fixture
async def pull(local: Local) -> PullRequest:
    await local.github.commit_files(local.hosted, "topic", {"topic.py": "1\n"}, "Begin a topic", "bo")
    return await local.github.open_pull_request(local.hosted, "A topic", head="topic", by="bo")


async def show(local: Local, text: str, known: Commented | None = None, *, repeated: bool = False) -> Commented:
    comments = GitHubComments(local.calls, local.app.id)
    return await comments.show(local.repository, 1, "where", text, known, repeated=repeated)


def written(local: Local) -> list[str]:
    return [each.body for each in local.github.comments.values()]


@pytest.mark.usefixtures("pull")
async def test_one_comment_is_kept_up_to_date(local: Local) -> None:
    known = await show(local, "In staging")
    assert await show(local, "In staging", known) == known
    known = await show(local, "In production", known)
    assert written(local) == ["<!-- interlock:where -->\nIn production"]
    assert [each.split()[0] for each in local.asked()] == ["POST", "PATCH"]


@pytest.mark.usefixtures("pull")
async def test_a_comment_whose_answer_was_lost_is_adopted(local: Local) -> None:
    local.github.faults.lose_answer(method="POST", path="/comments$")
    with pytest.raises(Transient):
        await show(local, "In staging")
    known = await show(local, "In staging", repeated=True)
    assert written(local) == ["<!-- interlock:where -->\nIn staging"]
    assert known == Commented(number=next(iter(local.github.comments)), text="In staging")
    await show(local, "In production", repeated=True)
    assert written(local) == ["<!-- interlock:where -->\nIn production"]


async def test_what_others_wrote_stays_whatever_mark_it_bears(local: Local, pull: PullRequest) -> None:
    await local.github.comment(pull, local.github.user("eve"), "<!-- interlock:where -->\nNowhere")
    await local.github.comment(pull, local.app.bot, "<!-- interlock:else -->\nOther", via=local.app)
    await local.github.comment(pull, local.app.bot, "> <!-- interlock:where -->", via=local.app)
    await show(local, "In staging", repeated=True)
    assert written(local)[3:] == ["<!-- interlock:where -->\nIn staging"]
    assert written(local)[:3] == [
        "<!-- interlock:where -->\nNowhere",
        "<!-- interlock:else -->\nOther",
        "> <!-- interlock:where -->",
    ]


async def test_ours_is_found_among_many(local: Local, pull: PullRequest) -> None:
    for number in range(120):
        await local.github.comment(pull, local.github.user("bo"), f"Comment {number}")
    await show(local, "In staging")
    await show(local, "In production", repeated=True)
    assert written(local)[120:] == ["<!-- interlock:where -->\nIn production"]


@pytest.mark.usefixtures("pull")
async def test_a_comment_that_somebody_deleted_stays_deleted(local: Local) -> None:
    known = await show(local, "In staging")
    await local.github.delete_comment(local.github.comments[known.number], local.github.user("ana"))
    known = await show(local, "In production", known)
    before = len(local.asked())
    known = await show(local, "Rolled back", known)
    assert (written(local), known, len(local.asked())) == ([], Commented(number=0, text="Rolled back"), before)


async def test_a_pull_request_that_is_not_there_takes_no_comment(local: Local) -> None:
    assert await show(local, "In staging") == Commented(number=0, text="In staging")


async def test_a_locked_conversation_stays_silent(
    calls: RepositoryCalls, endpoint: Endpoint, web_repository: Repository
) -> None:
    refused = Reply(403, {"message": "Unable to create comment because issue is locked."})
    endpoint.on(f"POST {COMMENTS}", refused)
    comments = GitHubComments(calls, APP)
    assert await comments.show(web_repository, 1, "where", "Here", None, repeated=False) == Commented(
        number=0, text="Here"
    )


async def test_any_other_refusal_is_told(
    calls: RepositoryCalls, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on(f"POST {COMMENTS}", Reply(403, {"message": "Repository was archived so is read-only."}))
    with pytest.raises(Permanent, match="unarchive it"):
        await GitHubComments(calls, APP).show(web_repository, 1, "where", "Here", None, repeated=False)


@pytest.mark.parametrize(
    "listed",
    [
        [None, 3, {}, {"id": 5, "body": None, "performed_via_github_app": {"id": APP}}],
        [
            {"id": 5, "body": "<!-- interlock:where -->", "performed_via_github_app": via}
            for via in (None, "x", {"id": 1})
        ],
    ],
)
async def test_odd_comments_are_not_ours(
    calls: RepositoryCalls, endpoint: Endpoint, web_repository: Repository, listed: list[Any]
) -> None:
    endpoint.on(f"GET {COMMENTS}", Reply(200, listed))
    endpoint.on(f"POST {COMMENTS}", Reply(201, {"id": 9}))
    found = await GitHubComments(calls, APP).show(web_repository, 1, "where", "Here", None, repeated=True)
    assert found == Commented(number=9, text="Here")


async def test_a_comment_without_a_number_is_asked_for_again_later(
    calls: RepositoryCalls, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on(f"POST {COMMENTS}", Reply(201, {}))
    with pytest.raises(Transient, match="without its number"):
        await GitHubComments(calls, APP).show(web_repository, 1, "where", "Here", None, repeated=False)


async def test_a_comment_is_never_longer_than_github_takes(local: Local, pull: PullRequest) -> None:
    await show(local, "x" * 70_000)
    assert [len(each) for each in written(local)] == [65_536]


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
async def test_a_merged_commit_leads_to_its_pull_request(local: Local, pull: PullRequest, method: str) -> None:
    pulls = GitHubPullRequests(local.calls)
    sha = await local.github.merge_pull_request(pull, "ana", method=method)
    url = f"{local.github.url}/acme/web/pull/1"
    proposal = Proposal(number=1, title="A topic", author="bo", base="main", merged=True, url=url)
    assert await pulls.of_commit(local.repository, sha) == (proposal,)
    assert await pulls.of_commit(local.repository, local.sha) == ()


async def test_what_a_commit_came_with_is_asked_once_and_of_what_came_with_nothing_a_while_later_again(
    local: Local, pull: PullRequest
) -> None:
    elapsed = 0.0
    pulls = GitHubPullRequests(local.calls, clock=Clock(elapsed=lambda: elapsed))
    sha = await local.github.merge_pull_request(pull, "ana", method="squash")
    for _ in range(2):
        await pulls.of_commit(local.repository, sha)
        await pulls.of_commit(local.repository, local.sha)
    assert len(local.asked()) == 2

    elapsed = REMEMBERED
    await pulls.of_commit(local.repository, local.sha)

    assert len(local.asked()) == 3


async def test_an_open_pull_request_is_not_remembered_as_it_may_be_merged(local: Local, pull: PullRequest) -> None:
    pulls = GitHubPullRequests(local.calls)
    [before] = await pulls.of_commit(local.repository, pull.head_sha)
    await local.github.merge_pull_request(pull, "ana", method="merge")
    [after] = await pulls.of_commit(local.repository, pull.head_sha)
    assert (before.merged, after.merged) == (False, True)


async def test_a_commit_that_github_does_not_know_came_with_nothing(local: Local) -> None:
    assert await GitHubPullRequests(local.calls).of_commit(local.repository, "f" * 40) == ()


async def test_a_list_that_cannot_be_read_is_asked_for_again_later(
    calls: RepositoryCalls, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on("GET /repos/acme/web/commits/main/pulls", Reply(200, [{"number": 1}]))
    with pytest.raises(Transient, match="cannot be read"):
        await GitHubPullRequests(calls).of_commit(web_repository, "main")
