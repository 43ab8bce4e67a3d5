"""REST as GitHub describes it: repositories, files, commits, pull requests, and what is refused."""

from base64 import b64decode
from typing import Any

import pytest

from tests.app.demo.github.world import World


@pytest.fixture
async def head(world: World) -> str:
    files = {"app.py": "print(1)\n", "docs/a b.md": "# A\n", "run.sh": "#!/bin/sh\n"}
    return await world.github.commit_files(world.web, "main", files, "Begin\n\nWith files.", "ana")


async def test_the_root_and_the_meta_need_nobody(world: World) -> None:
    assert (await world.ask("GET", "/meta", ""))["hooks"] == ["127.0.0.0/8"]


async def test_a_repository_tells_itself_by_name_and_by_number(world: World) -> None:
    token = await world.token()
    named = await world.ask("GET", "/repos/acme/web", token)
    assert (named["id"], named["full_name"], named["default_branch"]) == (world.web.id, "acme/web", "main")
    assert named["clone_url"] == world.github.clone_url(world.web)
    async with await world.raw("GET", f"/repositories/{world.web.id}", token) as answer:
        assert await answer.json() == named


async def test_a_renamed_repository_redirects_reading_and_writing_differently(world: World, head: str) -> None:
    token = await world.token()
    await world.github.rename_repository(world.web, "shop")
    async with await world.raw("GET", "/repos/acme/web/contents/app.py?ref=main", token) as answer:
        assert answer.status == 301
        place = f"/repositories/{world.web.id}/contents/app.py?ref=main"
        assert answer.headers["Location"] == world.github.api_url + place
    async with await world.raw("GET", place, token) as answer:
        assert (answer.status, (await answer.json())["name"]) == (200, "app.py")
    async with await world.raw("POST", "/repos/acme/web/check-runs", token, {"name": "ci", "head_sha": head}) as answer:
        assert answer.status == 307
        assert answer.headers["Location"] == f"{world.github.api_url}/repositories/{world.web.id}/check-runs"


async def test_files_and_directories_are_read_and_what_is_missing_is_404(world: World, head: str) -> None:
    token = await world.token()
    found = await world.ask("GET", f"/repos/acme/web/contents/app.py?ref={head}", token)
    assert (found["type"], b64decode(found["content"])) == ("file", b"print(1)\n")
    listed = await world.ask("GET", f"/repos/acme/web/contents/docs?ref={head}", token)
    assert [(each["type"], each["path"]) for each in listed] == [("file", "docs/a b.md")]
    async with await world.raw("GET", f"/repos/acme/web/contents/docs/a%20b.md?ref={head}", token) as answer:
        assert (await answer.json())["path"] == "docs/a b.md"
    missing = await world.ask("GET", f"/repos/acme/web/contents/buildspec.yml?ref={head}", token, status=404)
    assert missing["message"] == "Not Found"
    blob = await world.ask("GET", f"/repos/acme/web/git/blobs/{found['sha']}", token)
    assert b64decode(blob["content"]) == b"print(1)\n"


async def test_a_tree_is_listed_as_deep_as_is_asked(world: World, head: str) -> None:
    token = await world.token()
    flat = await world.ask("GET", f"/repos/acme/web/git/trees/{head}", token)
    assert [(each["path"], each["type"], each["mode"], each.get("size")) for each in flat["tree"]] == [
        ("app.py", "blob", "100644", 9),
        ("docs", "tree", "040000", None),
        ("run.sh", "blob", "100755", 10),
    ]
    deep = await world.ask("GET", "/repos/acme/web/git/trees/HEAD?recursive=1", token)
    assert (deep["sha"], deep["truncated"]) == (flat["sha"], False)
    assert [each["path"] for each in deep["tree"]] == ["app.py", "docs", "docs/a b.md", "run.sh"]
    docs = flat["tree"][1]["sha"]
    assert [each["path"] for each in (await world.ask("GET", f"/repos/acme/web/git/trees/{docs}", token))["tree"]] == [
        "a b.md"
    ]
    await world.ask("GET", "/repos/acme/web/git/trees/nowhere", token, status=404)


async def test_an_empty_repository_has_no_tree(world: World) -> None:
    await world.github.create_repository("acme/empty")
    await world.ask("GET", "/repos/acme/empty/git/trees/HEAD", await world.token(), status=409)


async def test_a_commit_tells_what_it_changed(world: World, head: str) -> None:
    token = await world.token()
    after = await world.github.commit_files(world.web, "main", {"app.py": None, "b.py": "2\n"}, "Change", "bo")
    found = await world.ask("GET", f"/repos/acme/web/commits/{after}", token)
    assert [(f["filename"], f["status"], f["additions"], f["deletions"]) for f in found["files"]] == [
        ("app.py", "removed", 0, 1),
        ("b.py", "added", 1, 0),
    ]
    assert (found["author"]["login"], found["commit"]["committer"]["name"]) == ("bo", "GitHub")
    stored = await world.ask("GET", f"/repos/acme/web/git/commits/{after}", token)
    assert (stored["message"], [each["sha"] for each in stored["parents"]]) == ("Change", [head])
    compared = await world.ask("GET", f"/repos/acme/web/compare/{head}...{after}", token)
    assert (compared["status"], compared["ahead_by"], compared["behind_by"]) == ("ahead", 1, 0)
    assert [each["sha"] for each in compared["commits"]] == [after]
    back = await world.ask("GET", f"/repos/acme/web/compare/{after}...{head}", token)
    assert (back["status"], back["behind_by"], back["commits"]) == ("behind", 1, [])
    assert [each["sha"] for each in await world.ask("GET", "/repos/acme/web/commits", token)] == [after, head]
    assert (await world.ask("GET", "/repos/acme/web/branches/main", token))["commit"]["sha"] == after
    assert (await world.ask("GET", "/repos/acme/web/git/ref/heads/main", token))["object"]["sha"] == after


@pytest.mark.parametrize(
    ("login", "permission", "role"),
    [
        ("ana", "admin", "admin"),
        ("bo", "write", "write"),
        ("eve", "read", "read"),
    ],
)
async def test_a_permission_is_told_with_its_role(world: World, login: str, permission: str, role: str) -> None:
    found = await world.ask("GET", f"/repos/acme/web/collaborators/{login}/permission", await world.token())
    assert (found["permission"], found["role_name"], found["user"]["login"]) == (permission, role, login)


async def test_pull_requests_are_told_and_listed(world: World, head: str) -> None:
    token = await world.token()
    sha = await world.github.commit_files(world.web, "topic", {"app.py": "print(2)\n"}, "Change", "bo")
    await world.github.open_pull_request(world.web, "Count on\n\nTwo is more.", head="topic", by="bo", draft=True)
    found = await world.ask("GET", "/repos/acme/web/pulls/1", token)
    told = {name: found[name] for name in ("title", "body", "draft", "state", "merged", "commits", "changed_files")}
    assert told == {
        "title": "Count on",
        "body": "Two is more.",
        "draft": True,
        "state": "open",
        "merged": False,
        "commits": 1,
        "changed_files": 1,
    }
    assert (found["head"]["sha"], found["base"]["sha"]) == (sha, head)
    assert [each["number"] for each in await world.ask("GET", "/repos/acme/web/pulls?state=open", token)] == [1]
    assert await world.ask("GET", "/repos/acme/web/pulls?state=closed", token) == []
    assert [p["number"] for p in await world.ask("GET", f"/repos/acme/web/commits/{sha}/pulls", token)] == [1]
    newest = {"X-GitHub-Api-Version": "2026-03-10"}
    async with await world.raw("GET", "/repos/acme/web/pulls/1", token, headers=newest) as answer:
        assert found.keys() - (await answer.json()).keys() == {"merge_commit_sha"}


async def test_lists_come_in_pages(world: World) -> None:
    token = await world.token()
    for number in range(4):
        await world.github.create_repository(f"acme/r{number}")
    pages: list[list[str]] = []
    place = "/installation/repositories?per_page=2"
    while place:
        async with await world.raw("GET", place, token) as answer:
            body: dict[str, Any] = await answer.json()
            pages.append([each["name"] for each in body["repositories"]])
            place = (
                str(answer.links["next"]["url"]).removeprefix(world.github.api_url) if "next" in answer.links else ""
            )
    assert (pages, body["total_count"]) == ([["web", "r0"], ["r1", "r2"], ["r3"]], 5)


async def test_an_unchanged_answer_is_304_and_free_but_only_for_the_same_token(world: World) -> None:
    token, other = await world.token(), await world.token()
    async with await world.raw("GET", "/repos/acme/web", token) as answer:
        tag, before = answer.headers["ETag"], int(answer.headers["X-RateLimit-Remaining"])
    async with await world.raw("GET", "/repos/acme/web", token, headers={"If-None-Match": tag}) as answer:
        assert (answer.status, await answer.read(), int(answer.headers["X-RateLimit-Remaining"])) == (304, b"", before)
    async with await world.raw("GET", "/repos/acme/web", other, headers={"If-None-Match": tag}) as answer:
        assert answer.status == 200


async def test_the_rate_limit_counts_and_strikes(world: World) -> None:
    world.github.limits.limit = 3
    token = await world.token()
    seen = []
    for _ in range(3):
        async with await world.raw("GET", "/repos/acme/web", token) as answer:
            seen.append((answer.status, answer.headers["X-RateLimit-Remaining"], answer.headers["X-RateLimit-Used"]))
    assert seen == [(200, "2", "1"), (200, "1", "2"), (200, "0", "3")]
    async with await world.raw("GET", "/repos/acme/web", token) as answer:
        assert (answer.status, (await answer.json())["message"]) == (
            403,
            f"API rate limit exceeded for installation ID {world.installation.id}.",
        )


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("{", "Problems parsing JSON"),
        ("[]", "Body should be a JSON object"),
    ],
)
async def test_a_body_that_is_no_object_is_refused(world: World, raw: str, message: str) -> None:
    token = await world.token()
    url = f"{world.github.api_url}/repos/acme/web/check-runs"
    async with world.session.post(url, data=raw, headers={"Authorization": f"Bearer {token}"}) as answer:
        assert (answer.status, (await answer.json())["message"]) == (400, message)


async def test_an_unknown_api_version_is_refused(world: World) -> None:
    async with await world.raw("GET", "/meta", "", headers={"X-GitHub-Api-Version": "1999-01-01"}) as answer:
        assert answer.status == 400


async def test_what_is_not_there_is_404(world: World) -> None:
    token = await world.token()
    for place in ("/repos/acme/none", "/repos/acme/web/pulls/7", "/repos/acme/web/pulls/x", "/repositories/7", "/nope"):
        async with await world.raw("GET", place, token) as answer:
            assert (answer.status, (await answer.json())["message"]) == (404, "Not Found")
