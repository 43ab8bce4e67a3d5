"""The real git against the local GitHub, and exactly what each push sets off."""

import asyncio
import os
from pathlib import Path

import pytest

from app.demo.github.repository import Repository
from tests.app.demo.github.world import World

ZERO = "0" * 40
PUSHED = [("push", None), ("check_suite", "requested")]


class GitFailed(Exception):
    """What git complained about."""


class Clone:
    """A working copy of one person."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(exist_ok=True)

    async def __call__(self, *arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            "git", "-c", "user.name=Bo", "-c", "user.email=bo@users.noreply.localhost", *arguments,
            cwd=self.directory, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_GLOBAL": "/dev/null"},
        )  # fmt: skip
        out, err = await process.communicate()
        if process.returncode:
            raise GitFailed(err.decode())
        return out.decode().strip()

    async def commit(self, path: str, content: str, message: str = "Change") -> str:
        (self.directory / path).write_text(content)
        await self("add", "--all")
        await self("commit", "--quiet", "--message", message)
        return await self("rev-parse", "HEAD")


def address(world: World, repo: Repository, login: str, token: str = "") -> str:
    return world.github.clone_url(repo).replace("://", f"://{login}:{token or f'token-of-{login}'}@")


async def cloned(world: World, directory: Path, repo: Repository, login: str) -> Clone:
    clone = Clone(directory)
    await clone("clone", "--quiet", address(world, repo, login), ".")
    await clone("checkout", "-q", "-B", "main")
    return clone


@pytest.fixture
async def clone(world: World, tmp_path: Path) -> Clone:
    """Bo's copy of acme/web, with one commit pushed."""
    made = await cloned(world, tmp_path / "clone", world.web, "bo")
    await made.commit("README.md", "# web\n", "Begin")
    await made("push", "--quiet", "origin", "main")
    await world.heard()
    return made


async def test_the_first_push_creates_the_branch(world: World, tmp_path: Path) -> None:
    clone = await cloned(world, tmp_path / "clone", world.web, "bo")
    first = await clone.commit("README.md", "# web\n", "Begin")
    second = await clone.commit("app.py", "", "Add the app\n\nIt is empty.")
    await clone("push", "--quiet", "origin", "main")
    push, suite = [each.payload for each in await world.webhooks()]
    told = {name: push[name] for name in ("ref", "before", "after", "created", "deleted", "forced", "base_ref")}
    assert told == {
        "ref": "refs/heads/main", "before": ZERO, "after": second, "created": True, "deleted": False, "forced": False,
        "base_ref": None,
    }  # fmt: skip
    assert [(c["id"], c["message"], c["added"]) for c in push["commits"]] == [
        (first, "Begin", ["README.md"]),
        (second, "Add the app\n\nIt is empty.", ["app.py"]),
    ]
    assert push["head_commit"]["id"] == second
    assert push["head_commit"]["author"] == {
        "name": "Bo", "email": "bo@users.noreply.localhost", "username": "bo",
    }  # fmt: skip
    assert (push["pusher"]["name"], push["sender"]["login"]) == ("bo", "bo")
    assert (suite["action"], suite["check_suite"]["head_sha"], suite["check_suite"]["head_branch"]) == (
        "requested", second, "main",
    )  # fmt: skip


async def test_a_push_tells_which_files_each_commit_touched(world: World, clone: Clone) -> None:
    (clone.directory / "old name.py").write_text("x" * 200)
    await clone.commit("app.py", "1\n", "Add")
    await clone("mv", "old name.py", "new name.py")
    await clone.commit("app.py", "2\n", "Change")
    await clone("rm", "-q", "app.py")
    await clone("commit", "-q", "-m", "Remove")
    await clone("push", "--quiet", "origin", "main")
    push = (await world.webhooks())[0].payload
    assert [(c["added"], c["modified"], c["removed"]) for c in push["commits"]] == [
        (["app.py", "old name.py"], [], []),
        (["new name.py"], ["app.py"], ["old name.py"]),
        ([], [], ["app.py"]),
    ]


async def test_a_force_push_says_so(world: World, clone: Clone) -> None:
    before = await clone("rev-parse", "HEAD")
    await clone("commit", "--amend", "--quiet", "-m", "Begin better")
    await clone("push", "--quiet", "--force", "origin", "main")
    hooks = await world.webhooks()
    assert [(each.event, each.payload.get("action")) for each in hooks] == PUSHED
    push = hooks[0].payload
    assert (push["before"], push["forced"], [c["message"] for c in push["commits"]]) == (before, True, ["Begin better"])


async def test_a_branch_without_new_commits_is_a_push_without_commits(world: World, clone: Clone) -> None:
    await clone("push", "--quiet", "origin", "main:refs/heads/feature/a/b")
    push = (await world.webhooks())[0].payload
    assert (push["ref"], push["commits"], push["head_commit"]["message"]) == ("refs/heads/feature/a/b", [], "Begin")


async def test_a_known_commit_gets_no_second_suite(world: World, clone: Clone) -> None:
    await clone("push", "--quiet", "origin", "main:copy")
    assert await world.heard() == [("push", None)]


async def test_a_commit_that_wants_no_checks_gets_no_suite(world: World, clone: Clone) -> None:
    await clone.commit("a", "1", "Change\n\n\nskip-checks: true")
    await clone("push", "--quiet", "origin", "main")
    assert await world.heard() == [("push", None)]


async def test_a_deleted_branch_is_a_push_to_nothing(world: World, clone: Clone) -> None:
    await clone("push", "--quiet", "origin", "main:old")
    await world.heard()
    await clone("push", "--quiet", "origin", ":old")
    [hook] = await world.webhooks()
    push = hook.payload
    told = (push["ref"], push["after"], push["deleted"], push["head_commit"], push["commits"])
    assert told == ("refs/heads/old", ZERO, True, None, [])


async def test_tags_are_pushes_until_there_are_too_many(world: World, clone: Clone) -> None:
    await clone("tag", "-a", "v1", "-m", "One")
    await clone("push", "--quiet", "origin", "v1")
    [hook] = await world.webhooks()
    push = hook.payload
    assert (push["ref"], push["created"], push["head_commit"]["message"]) == ("refs/tags/v1", True, "Begin")
    assert push["after"] == await clone("rev-parse", "v1")
    for number in range(4):
        await clone("tag", f"w{number}")
    await clone("push", "--quiet", "origin", "--tags")
    assert await world.heard() == []


async def test_a_push_moves_the_pull_requests_of_its_branch(world: World, clone: Clone) -> None:
    await clone("checkout", "-q", "-b", "topic")
    before = await clone.commit("a.py", "1\n")
    await clone("push", "--quiet", "origin", "topic")
    one = await world.github.open_pull_request(world.web, "Do it", head="topic", by="bo")
    await world.heard()
    after = await clone.commit("a.py", "2\n")
    await clone("push", "--quiet", "origin", "topic")
    hooks = await world.webhooks()
    assert [(each.event, each.payload.get("action")) for each in hooks] == [
        ("push", None), ("pull_request", "synchronize"), ("check_suite", "requested"),
    ]  # fmt: skip
    told = hooks[1].payload
    assert (told["before"], told["after"], told["pull_request"]["head"]["sha"]) == (before, after, after)
    assert hooks[2].payload["check_suite"]["pull_requests"][0]["number"] == one.number
    fetched = await clone("ls-remote", "origin", f"refs/pull/{one.number}/head")
    assert fetched.split() == [after, f"refs/pull/{one.number}/head"]


async def test_a_fork_tells_the_base_only_of_its_pull_request(world: World, clone: Clone, tmp_path: Path) -> None:
    fork = await world.github.fork(world.web, "eve")
    theirs = await cloned(world, tmp_path / "fork", fork, "eve")
    head = await theirs.commit("fix.py", "1\n", "Fix")
    await theirs("push", "--quiet", "origin", "main:fix")
    assert await world.heard() == []
    one = await world.github.open_pull_request(world.web, "Fix", head="eve:fix", by="eve")
    [opened] = await world.webhooks()
    told = opened.payload["pull_request"]
    assert (told["head"]["sha"], told["head"]["repo"]["full_name"], told["head"]["label"]) == (
        head,
        "eve/web",
        "eve:fix",
    )
    newer = await theirs.commit("fix.py", "2\n", "Fix more")
    await theirs("push", "--quiet", "origin", "HEAD:fix")
    assert await world.heard() == [("pull_request", "synchronize")]
    await clone("fetch", "--quiet", "origin", f"refs/pull/{one.number}/head")
    assert await clone("rev-parse", "FETCH_HEAD") == newer


async def test_a_commit_that_no_branch_has_any_more_can_be_fetched(world: World, clone: Clone, tmp_path: Path) -> None:
    old = await clone("rev-parse", "HEAD")
    await clone("commit", "--amend", "--quiet", "-m", "Other")
    await clone("push", "--quiet", "--force", "origin", "main")
    empty = Clone(tmp_path / "empty")
    await empty("init", "-q")
    await empty("fetch", "-q", "--depth", "1", world.github.clone_url(world.web), old)
    assert await empty("rev-parse", "FETCH_HEAD") == old


async def test_a_long_negotiation_is_understood_compressed(world: World, clone: Clone) -> None:
    for number in range(40):
        await world.github.commit_files(world.web, f"b{number}", {"n": str(number)}, "Branch", "ana")
    await clone("fetch", "--quiet", "origin")
    assert len((await clone("branch", "--remotes")).splitlines()) == 41


async def test_nobody_pushes_to_the_refs_of_pull_requests(world: World, clone: Clone) -> None:
    with pytest.raises(GitFailed, match="deny updating a hidden ref"):
        await clone("push", "--quiet", "origin", "main:refs/pull/1/head")
    assert await world.heard() == []


async def test_a_refused_push_tells_nothing(world: World, clone: Clone) -> None:
    await clone.commit("a", "1")
    await clone("push", "--quiet", "origin", "main")
    await clone("reset", "--quiet", "--hard", "HEAD^")
    await clone.commit("b", "1")
    await world.heard()
    with pytest.raises(GitFailed, match="rejected"):
        await clone("push", "--quiet", "origin", "main")
    assert await world.heard() == []


async def test_a_large_push_arrives_whole(world: World, clone: Clone) -> None:
    (clone.directory / "noise").write_bytes(os.urandom(3 << 20))
    sha = await clone.commit("a", "1")
    await clone("push", "--quiet", "origin", "main")
    assert await world.github.git(world.web).resolve("main") == sha


@pytest.mark.parametrize(
    ("login", "token", "complaint"),
    [
        ("eve", "", "Permission to acme/web.git denied to eve"),
        ("bo", "token-of-eve", "Authentication failed"),
        ("bo", "wrong", "Authentication failed"),
    ],
)
async def test_who_may_not_push_is_told(world: World, clone: Clone, login: str, token: str, complaint: str) -> None:
    await clone.commit("a", "1")
    with pytest.raises(GitFailed, match=complaint):
        await clone("push", "--quiet", address(world, world.web, login, token), "main")
    assert await world.heard() == []


async def test_an_archived_repository_takes_no_push(world: World, clone: Clone) -> None:
    await world.github.archive_repository(world.web)
    await world.heard()
    await clone.commit("a", "1")
    with pytest.raises(GitFailed, match="This repository was archived so it is read-only"):
        await clone("push", "--quiet", "origin", "main")
    assert await world.heard() == []


async def test_a_private_repository_is_there_only_for_those_who_may_read(world: World, tmp_path: Path) -> None:
    secret = await world.github.create_repository("acme/secret", private=True)
    await world.github.commit_files(secret, "main", {"a": "1"}, "Begin", "ana")
    here = Clone(tmp_path)
    with pytest.raises(GitFailed, match="could not read Username"):
        await here("clone", "-q", world.github.clone_url(secret), "nobody")
    with pytest.raises(GitFailed, match="not found"):
        await here("clone", "-q", address(world, secret, "eve"), "eve")
    await here("clone", "-q", address(world, secret, "ana"), "ana")
    await here("clone", "-q", address(world, secret, "x-access-token", await world.token()), "app")
    narrowed = await world.token({"repositories": ["web"]})
    with pytest.raises(GitFailed, match="not found"):
        await here("clone", "-q", address(world, secret, "x-access-token", narrowed), "narrow")


async def test_the_old_name_still_leads_to_the_repository(world: World, clone: Clone) -> None:
    await world.github.rename_repository(world.web, "shop")
    await world.heard()
    await clone.commit("a", "1")
    await clone("push", "--quiet", "origin", "main")
    push = (await world.webhooks())[0].payload
    assert push["repository"]["full_name"] == "acme/shop"
