"""Ancestry is asked of GitHub once for two commits, and each time for a branch."""

import pytest

from app.github.compare import GitHubAncestry
from app.github.repository import RepositoryCalls
from checks.errors import Transient
from checks.repository import Repository
from deploy.order import Relation
from deploy.revert import Commit
from tests.app.github.endpoint import Endpoint, Reply

OLD, NEW = "9be01d2" + "0" * 33, "4f2a91c" + "0" * 33
ASK = f"GET /repos/acme/web/compare/{OLD}...{NEW}"
ASK_BRANCH = f"GET /repos/acme/web/compare/{OLD}...main"


@pytest.fixture
def ancestry(calls: RepositoryCalls, endpoint: Endpoint) -> GitHubAncestry:
    endpoint.on("GET /repositories/42", Reply(200, {"id": 42, "full_name": "acme/web"}))
    return GitHubAncestry(calls)


@pytest.mark.parametrize("status", ["ahead", "behind", "diverged", "identical"])
async def test_the_relation_is_what_github_says(
    ancestry: GitHubAncestry, endpoint: Endpoint, web_repository: Repository, status: str
) -> None:
    endpoint.on(ASK, Reply(200, {"status": status, "commits": []}))

    assert await ancestry.relation(web_repository, OLD, NEW) is Relation(status)
    assert [asked.query for asked in endpoint.asked if asked.method == "GET"] == [{"per_page": "1"}]


async def test_two_commits_are_compared_once_in_either_direction(
    ancestry: GitHubAncestry, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on(ASK, Reply(200, {"status": "ahead"}))

    found = [await ancestry.relation(web_repository, OLD, NEW) for _ in range(2)]
    found.append(await ancestry.relation(web_repository, NEW, OLD))

    assert found == [Relation.AHEAD, Relation.AHEAD, Relation.BEHIND]
    assert endpoint.lines == [ASK]


async def test_a_commit_needs_no_question_about_itself(
    ancestry: GitHubAncestry, endpoint: Endpoint, web_repository: Repository
) -> None:
    assert await ancestry.relation(web_repository, OLD, OLD) is Relation.IDENTICAL
    assert endpoint.asked == []


async def test_what_github_cannot_compare_is_asked_again(
    ancestry: GitHubAncestry, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on(ASK, Reply(404, {"message": "Not Found"}), Reply(200, {"status": "ahead"}))

    found = [await ancestry.relation(web_repository, OLD, NEW) for _ in range(2)]

    assert found == [Relation.UNKNOWN, Relation.AHEAD]


@pytest.mark.parametrize(
    ("reply", "is_on_it"),
    [
        (Reply(200, {"status": "ahead"}), True),
        (Reply(200, {"status": "identical"}), True),
        (Reply(200, {"status": "behind"}), False),
        (Reply(200, {"status": "diverged"}), False),
        (Reply(404, {"message": "Not Found"}), False),
    ],
)
async def test_a_branch_holds_what_it_contains(
    ancestry: GitHubAncestry, endpoint: Endpoint, web_repository: Repository, reply: Reply, is_on_it: bool
) -> None:
    endpoint.on(ASK_BRANCH, reply)

    assert await ancestry.is_on_default_branch(web_repository, OLD) is is_on_it


async def test_where_a_branch_points_is_asked_each_time(
    ancestry: GitHubAncestry, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on(ASK_BRANCH, Reply(200, {"status": "ahead"}), Reply(200, {"status": "diverged"}))

    assert [await ancestry.is_on_default_branch(web_repository, OLD) for _ in range(2)] == [True, False]


async def test_an_answer_without_a_status_is_trouble(
    ancestry: GitHubAncestry, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on(ASK, Reply(200, {"status": "sideways"}))

    with pytest.raises(Transient, match="did not say"):
        await ancestry.relation(web_repository, OLD, NEW)


async def test_who_wrote_and_who_committed_is_told_as_far_as_github_knows_them(
    ancestry: GitHubAncestry, endpoint: Endpoint, web_repository: Repository
) -> None:
    commits = [
        {"sha": "a" * 40, "commit": {"message": "one"}, "author": {"login": "ana"}, "committer": {"login": "bo"}},
        {"sha": "b" * 40, "commit": {"message": "two"}, "author": None, "committer": None},
    ]
    endpoint.on(ASK, Reply(200, {"total_commits": 2, "commits": commits}))

    assert await ancestry.between(web_repository, OLD, NEW) == [
        Commit(sha="a" * 40, message="one", author="ana", committer="bo"),
        Commit(sha="b" * 40, message="two"),
    ]
