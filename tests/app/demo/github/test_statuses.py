"""Commit statuses: one word of a commit, of each context the newest."""

import pytest

from tests.app.demo.github.world import World


@pytest.fixture
async def sha(world: World) -> str:
    world.app.permissions["statuses"] = "read"
    world.app.events = (*world.app.events, "status")
    made = await world.github.commit_files(world.web, "main", {"app.py": "1\n"}, "Begin", "ana")
    await world.heard()
    return made


async def report(world: World, sha: str, state: str, context: str, token: str = "token-of-bo") -> None:
    body = {"state": state, "context": context, "description": "said", "target_url": "https://ci.example.org/1"}
    told = await world.ask("POST", f"/repos/acme/web/statuses/{sha}", token, body, 201)
    assert (told["state"], told["context"], told["creator"]["login"]) == (state, context, "bo")


async def test_of_each_context_the_newest_counts_and_the_worst_of_them(world: World, sha: str) -> None:
    states = []
    for state, context in (("pending", "a"), ("success", "a"), ("pending", "b"), ("failure", "b"), ("success", "b")):
        await report(world, sha, state, context)
        told = await world.ask("GET", f"/repos/acme/web/commits/{sha}/status", await world.token())
        states.append(told["state"])
    assert states == ["pending", "success", "pending", "failure", "success"]
    assert [(each["context"], each["state"]) for each in told["statuses"]] == [("a", "success"), ("b", "success")]


async def test_a_commit_without_any_is_pending(world: World, sha: str) -> None:
    told = await world.ask("GET", f"/repos/acme/web/commits/{sha}/status", await world.token())
    assert (told["state"], told["statuses"], told["total_count"]) == ("pending", [], 0)


async def test_they_come_in_pages(world: World, sha: str) -> None:
    for context in "abc":
        await report(world, sha, "success", context)
    path, token = f"/repos/acme/web/commits/{sha}/status?per_page=2", await world.token()
    pages = [await world.ask("GET", f"{path}&page={page}", token) for page in (1, 2)]
    assert [[each["context"] for each in page["statuses"]] for page in pages] == [["a", "b"], ["c"]]


async def test_an_app_that_listens_hears_of_each(world: World, sha: str) -> None:
    await report(world, sha, "success", "a")
    [heard] = await world.webhooks()
    told = heard.payload
    assert (heard.event, told["state"], told["context"], told["sha"]) == ("status", "success", "a", sha)
    assert [each["name"] for each in told["branches"]] == ["main"]


@pytest.mark.parametrize(
    ("token", "sha_of", "state", "status"),
    [
        ("token-of-bo", "0" * 40, "success", 422),
        ("token-of-bo", "", "great", 422),
        ("token-of-eve", "", "success", 403),
    ],
)
async def test_what_nobody_may_say_is_refused(
    world: World, sha: str, token: str, sha_of: str, state: str, status: int
) -> None:
    path = f"/repos/acme/web/statuses/{sha_of or sha}"
    async with await world.raw("POST", path, token, {"state": state}) as answer:
        assert answer.status == status
    assert world.github.commit_statuses == []


async def test_an_app_needs_the_permission(world: World, sha: str) -> None:
    del world.app.permissions["statuses"]
    path = f"/repos/acme/web/commits/{sha}/status"
    async with await world.raw("GET", path, await world.token()) as answer:
        assert answer.status == 403
