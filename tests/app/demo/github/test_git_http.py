"""The real git against the local GitHub, and exactly what each push sets off."""

import os
from pathlib import Path

import pytest

from app.demo.github.git import ZERO
from app.demo.github.repository import Repository
from app.demo.working_copy import GitFailed, WorkingCopy
from tests.app.demo.github.clone import commit, new_clone
from tests.app.demo.github.world import World

PUSHED = [("push", None), ("check_suite", "requested")]


def address(world: World, repo: Repository, login: str, token: str = "") -> str:
    return world.github.clone_url(repo).replace("://", f"://{login}:{token or f'token-of-{login}'}@")


async def cloned(world: World, directory: Path, repo: Repository, login: str) -> WorkingCopy:
    clone = new_clone(directory)
    await clone.git("clone", "--quiet", address(world, repo, login), ".")
    await clone.git("checkout", "-q", "-B", "main")
    return clone


@pytest.fixture
async def clone(world: World, tmp_path: Path) -> WorkingCopy:
    """Bo's copy of acme/web, with one commit pushed."""
    made = await cloned(world, tmp_path / "clone", world.web, "bo")
    await commit(made, "README.md", "# web\n", "Begin")
    await made.git("push", "--quiet", "origin", "main")
    await world.heard()
    return made


async def test_the_first_push_creates_the_branch(world: World, tmp_path: Path) -> None:
    clone = await cloned(world, tmp_path / "clone", world.web, "bo")
    first = await commit(clone, "README.md", "# web\n", "Begin")
    second = await commit(clone, "app.py", "", "Add the app\n\nIt is empty.")
    await clone.git("push", "--quiet", "origin", "main")
    push, suite = [each.payload for each in await world.webhooks()]
    told = {name: push[name] for name in ("ref", "before", "after", "created", "deleted", "forced", "base_ref")}
    assert told == {
        "ref": "refs/heads/main",
        "before": ZERO,
        "after": second,
        "created": True,
        "deleted": False,
        "forced": False,
        "base_ref": None,
    }
    assert [(c["id"], c["message"], c["added"]) for c in push["commits"]] == [
        (first, "Begin", ["README.md"]),
        (second, "Add the app\n\nIt is empty.", ["app.py"]),
    ]
    assert push["head_commit"]["id"] == second
    assert push["head_commit"]["author"] == {
        "name": "Bo",
        "email": "bo@users.noreply.localhost",
        "username": "bo",
    }
    assert (push["pusher"]["name"], push["sender"]["login"]) == ("bo", "bo")
    assert (suite["action"], suite["check_suite"]["head_sha"], suite["check_suite"]["head_branch"]) == (
        "requested",
        second,
        "main",
    )


async def test_a_push_tells_which_files_each_commit_touched(world: World, clone: WorkingCopy) -> None:
    (clone.directory / "old name.py").write_text("x" * 200)
    await commit(clone, "app.py", "1\n", "Add")
    await clone.git("mv", "old name.py", "new name.py")
    await commit(clone, "app.py", "2\n", "Change")
    await clone.git("rm", "-q", "app.py")
    await clone.git("commit", "-q", "-m", "Remove")
    await clone.git("push", "--quiet", "origin", "main")
    push = (await world.webhooks())[0].payload
    assert [(c["added"], c["modified"], c["removed"]) for c in push["commits"]] == [
        (["app.py", "old name.py"], [], []),
        (["new name.py"], ["app.py"], ["old name.py"]),
        ([], [], ["app.py"]),
    ]


async def test_a_force_push_says_so(world: World, clone: WorkingCopy) -> None:
    before = await clone.git("rev-parse", "HEAD")
    await clone.git("commit", "--amend", "--quiet", "-m", "Begin better")
    await clone.git("push", "--quiet", "--force", "origin", "main")
    hooks = await world.webhooks()
    assert [(each.event, each.payload.get("action")) for each in hooks] == PUSHED
    push = hooks[0].payload
    assert (push["before"], push["forced"], [c["message"] for c in push["commits"]]) == (before, True, ["Begin better"])


async def test_a_branch_without_new_commits_is_a_push_without_commits(world: World, clone: WorkingCopy) -> None:
    await clone.git("push", "--quiet", "origin", "main:refs/heads/feature/a/b")
    push = (await world.webhooks())[0].payload
    assert (push["ref"], push["commits"], push["head_commit"]["message"]) == ("refs/heads/feature/a/b", [], "Begin")


async def test_a_known_commit_gets_no_second_suite(world: World, clone: WorkingCopy) -> None:
    await clone.git("push", "--quiet", "origin", "main:copy")
    assert await world.heard() == [("push", None)]


async def test_a_commit_that_wants_no_checks_gets_no_suite(world: World, clone: WorkingCopy) -> None:
    await commit(clone, "a", "1", "Change\n\n\nskip-checks: true")
    await clone.git("push", "--quiet", "origin", "main")
    assert await world.heard() == [("push", None)]


async def test_a_deleted_branch_is_a_push_to_nothing(world: World, clone: WorkingCopy) -> None:
    await clone.git("push", "--quiet", "origin", "main:old")
    await world.heard()
    await clone.git("push", "--quiet", "origin", ":old")
    [hook] = await world.webhooks()
    push = hook.payload
    told = (push["ref"], push["after"], push["deleted"], push["head_commit"], push["commits"])
    assert told == ("refs/heads/old", ZERO, True, None, [])


async def test_tags_are_pushes_until_there_are_too_many(world: World, clone: WorkingCopy) -> None:
    await clone.git("tag", "-a", "v1", "-m", "One")
    await clone.git("push", "--quiet", "origin", "v1")
    [hook] = await world.webhooks()
    push = hook.payload
    assert (push["ref"], push["created"], push["head_commit"]["message"]) == ("refs/tags/v1", True, "Begin")
    assert push["after"] == await clone.git("rev-parse", "v1")
    for number in range(4):
        await clone.git("tag", f"w{number}")
    await clone.git("push", "--quiet", "origin", "--tags")
    assert await world.heard() == []


async def test_a_push_moves_the_pull_requests_of_its_branch(world: World, clone: WorkingCopy) -> None:
    await clone.git("checkout", "-q", "-b", "topic")
    before = await commit(clone, "a.py", "1\n")
    await clone.git("push", "--quiet", "origin", "topic")
    one = await world.github.open_pull_request(world.web, "Do it", head="topic", by="bo")
    await world.heard()
    after = await commit(clone, "a.py", "2\n")
    await clone.git("push", "--quiet", "origin", "topic")
    hooks = await world.webhooks()
    assert [(each.event, each.payload.get("action")) for each in hooks] == [
        ("push", None),
        ("pull_request", "synchronize"),
        ("check_suite", "requested"),
    ]
    told = hooks[1].payload
    assert (told["before"], told["after"], told["pull_request"]["head"]["sha"]) == (before, after, after)
    assert hooks[2].payload["check_suite"]["pull_requests"][0]["number"] == one.number
    fetched = await clone.git("ls-remote", "origin", f"refs/pull/{one.number}/head")
    assert fetched.split() == [after, f"refs/pull/{one.number}/head"]


async def test_a_fork_tells_the_base_only_of_its_pull_request(world: World, clone: WorkingCopy, tmp_path: Path) -> None:
    fork = await world.github.fork(world.web, "eve")
    theirs = await cloned(world, tmp_path / "fork", fork, "eve")
    head = await commit(theirs, "fix.py", "1\n", "Fix")
    await theirs.git("push", "--quiet", "origin", "main:fix")
    assert await world.heard() == []
    one = await world.github.open_pull_request(world.web, "Fix", head="eve:fix", by="eve")
    [opened] = await world.webhooks()
    told = opened.payload["pull_request"]
    assert (told["head"]["sha"], told["head"]["repo"]["full_name"], told["head"]["label"]) == (
        head,
        "eve/web",
        "eve:fix",
    )
    newer = await commit(theirs, "fix.py", "2\n", "Fix more")
    await theirs.git("push", "--quiet", "origin", "HEAD:fix")
    assert await world.heard() == [("pull_request", "synchronize")]
    await clone.git("fetch", "--quiet", "origin", f"refs/pull/{one.number}/head")
    assert await clone.git("rev-parse", "FETCH_HEAD") == newer


async def test_a_commit_that_no_branch_has_any_more_can_be_fetched(
    world: World, clone: WorkingCopy, tmp_path: Path
) -> None:
    old = await clone.git("rev-parse", "HEAD")
    await clone.git("commit", "--amend", "--quiet", "-m", "Other")
    await clone.git("push", "--quiet", "--force", "origin", "main")
    empty = new_clone(tmp_path / "empty")
    await empty.git("init", "-q")
    await empty.git("fetch", "-q", "--depth", "1", world.github.clone_url(world.web), old)
    assert await empty.git("rev-parse", "FETCH_HEAD") == old


async def test_a_long_negotiation_is_understood_compressed(world: World, clone: WorkingCopy) -> None:
    for number in range(40):
        await world.github.commit_files(world.web, f"b{number}", {"n": str(number)}, "Branch", "ana")
    await clone.git("fetch", "--quiet", "origin")
    assert len((await clone.git("branch", "--remotes")).splitlines()) == 41


async def test_nobody_pushes_to_the_refs_of_pull_requests(world: World, clone: WorkingCopy) -> None:
    with pytest.raises(GitFailed, match="deny updating a hidden ref"):
        await clone.git("push", "--quiet", "origin", "main:refs/pull/1/head")
    assert await world.heard() == []


async def test_a_refused_push_tells_nothing(world: World, clone: WorkingCopy) -> None:
    await commit(clone, "a", "1")
    await clone.git("push", "--quiet", "origin", "main")
    await clone.git("reset", "--quiet", "--hard", "HEAD^")
    await commit(clone, "b", "1")
    await world.heard()
    with pytest.raises(GitFailed, match="rejected"):
        await clone.git("push", "--quiet", "origin", "main")
    assert await world.heard() == []


async def test_a_large_push_arrives_whole(world: World, clone: WorkingCopy) -> None:
    (clone.directory / "noise").write_bytes(os.urandom(3 << 20))
    sha = await commit(clone, "a", "1")
    await clone.git("push", "--quiet", "origin", "main")
    assert await world.github.git(world.web).resolve("main") == sha


@pytest.mark.parametrize(
    ("login", "token", "complaint"),
    [
        ("eve", "", "Permission to acme/web.git denied to eve"),
        ("bo", "token-of-eve", "Authentication failed"),
        ("bo", "wrong", "Authentication failed"),
    ],
)
async def test_who_may_not_push_is_told(
    world: World, clone: WorkingCopy, login: str, token: str, complaint: str
) -> None:
    await commit(clone, "a", "1")
    with pytest.raises(GitFailed, match=complaint):
        await clone.git("push", "--quiet", address(world, world.web, login, token), "main")
    assert await world.heard() == []


async def test_an_archived_repository_takes_no_push(world: World, clone: WorkingCopy) -> None:
    await world.github.archive_repository(world.web)
    await world.heard()
    await commit(clone, "a", "1")
    with pytest.raises(GitFailed, match="This repository was archived so it is read-only"):
        await clone.git("push", "--quiet", "origin", "main")
    assert await world.heard() == []


async def test_a_private_repository_is_there_only_for_those_who_may_read(world: World, tmp_path: Path) -> None:
    secret = await world.github.create_repository("acme/secret", private=True)
    await world.github.commit_files(secret, "main", {"a": "1"}, "Begin", "ana")
    here = new_clone(tmp_path)
    with pytest.raises(GitFailed, match="could not read Username"):
        await here.git("clone", "-q", world.github.clone_url(secret), "nobody")
    with pytest.raises(GitFailed, match="not found"):
        await here.git("clone", "-q", address(world, secret, "eve"), "eve")
    await here.git("clone", "-q", address(world, secret, "ana"), "ana")
    await here.git("clone", "-q", address(world, secret, "x-access-token", await world.token()), "app")
    narrowed = await world.token({"repositories": ["web"]})
    with pytest.raises(GitFailed, match="not found"):
        await here.git("clone", "-q", address(world, secret, "x-access-token", narrowed), "narrow")


async def test_the_old_name_still_leads_to_the_repository(world: World, clone: WorkingCopy) -> None:
    await world.github.rename_repository(world.web, "shop")
    await world.heard()
    await commit(clone, "a", "1")
    await clone.git("push", "--quiet", "origin", "main")
    push = (await world.webhooks())[0].payload
    assert push["repository"]["full_name"] == "acme/shop"
