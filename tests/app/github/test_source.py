from base64 import encodebytes
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from app.github.clock import Clock
from app.github.repository import RepositoryCalls
from app.github.source import GitHubSource
from checks.errors import Permanent, Transient
from checks.repository import Repository
from tests.app.github.endpoint import Endpoint, Reply, TestClock

SHA = "4f2a91c" + "0" * 33
FILE = "GET /repos/acme/web/contents/buildspec.yml"
COMMIT = f"GET /repos/acme/web/git/commits/{SHA}"
TEXT = "version: 0.2\nenv:\n  variables:\n    PRX_Ä: «1»\n" + "#" * 200
NOT_FOUND = Reply(404, {"message": "Not Found"})
NO_COMMIT = Reply(404, {"message": f"No commit found for the ref {SHA}"})


@pytest.fixture
def source(calls: RepositoryCalls, clock: Clock) -> GitHubSource:
    return GitHubSource(calls, clock=clock)


def document(text: str = TEXT, **told: Any) -> Reply:
    content = encodebytes(text.encode()).decode()
    told = {"type": "file", "encoding": "base64", "content": content, "sha": "b10b", "size": len(text), **told}
    return Reply(200, told)


async def test_the_buildspec_is_read_at_the_commit_with_one_request(
    source: GitHubSource, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on(FILE, document())
    assert await source.buildspec(web_repository, SHA) == (TEXT, "b10b")
    assert (endpoint.lines, endpoint.asked[-1].query) == ([FILE], {"ref": SHA})


async def test_a_commit_is_read_once(source: GitHubSource, endpoint: Endpoint, web_repository: Repository) -> None:
    endpoint.on(FILE, document())
    endpoint.on(COMMIT, Reply(200, {"message": "Round totals\n\n[skip ci]"}))
    for _ in range(2):
        assert await source.buildspec(web_repository, SHA) == (TEXT, "b10b")
        assert await source.message(web_repository, SHA) == "Round totals\n\n[skip ci]"
    assert endpoint.lines == [FILE, COMMIT]


async def test_what_one_repository_may_read_another_has_to_ask_for(
    source: GitHubSource, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on(FILE, document())
    await source.buildspec(web_repository, SHA)
    endpoint.on("GET /repos/acme/fork/contents/buildspec.yml", NOT_FOUND)
    fork = replace(web_repository, id=43, full_name="acme/fork")
    assert await source.buildspec(fork, SHA) == (None, "")


async def test_a_repository_without_a_buildspec_costs_one_request(
    source: GitHubSource, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on(FILE, NOT_FOUND)
    assert await source.buildspec(web_repository, SHA) == (None, "")
    assert endpoint.lines == [FILE]


@pytest.mark.parametrize("other", [Reply(200, []), document(type="symlink"), document(type="submodule")])
async def test_what_is_not_a_file_is_no_buildspec(
    source: GitHubSource, endpoint: Endpoint, web_repository: Repository, other: Reply
) -> None:
    endpoint.on(FILE, other)
    assert await source.buildspec(web_repository, SHA) == (None, "")


async def test_a_commit_that_github_does_not_know_yet_is_not_a_missing_buildspec(
    source: GitHubSource, endpoint: Endpoint, web_repository: Repository, time: TestClock
) -> None:
    endpoint.on("GET /repositories/42", Reply(200, {"id": 42, "full_name": "acme/web"}))
    endpoint.on(FILE, NO_COMMIT)
    with pytest.raises(Transient) as unknown:
        await source.buildspec(web_repository, SHA)
    assert str(unknown.value) == "GitHub does not know commit 4f2a91c of acme/web (yet)"
    assert unknown.value.not_before == datetime.fromtimestamp(time.now(), UTC) + timedelta(seconds=5)
    endpoint.on(FILE, NO_COMMIT, document())
    assert await source.buildspec(web_repository, SHA) == (TEXT, "b10b")


async def test_a_name_that_another_repository_took_over_is_seen_through(
    source: GitHubSource, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on(FILE, NO_COMMIT)
    endpoint.on("GET /repositories/42", Reply(200, {"id": 42, "full_name": "acme/site"}))
    endpoint.on("GET /repos/acme/site/contents/buildspec.yml", document())
    assert await source.buildspec(web_repository, SHA) == (TEXT, "b10b")


async def test_a_buildspec_too_large_to_be_given_out_is_refused_with_its_size(
    source: GitHubSource, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on(FILE, document(content="", encoding="none", size=1_500_000))
    with pytest.raises(Permanent) as refused:
        await source.buildspec(web_repository, SHA)
    assert str(refused.value) == (
        "buildspec.yml of acme/web at 4f2a91c has 1500000 bytes; GitHub gives out 1 MB at most"
    )


@pytest.mark.parametrize("damage", [{"content": "a"}, {"content": None}])
async def test_a_damaged_answer_is_transient(
    source: GitHubSource, endpoint: Endpoint, web_repository: Repository, damage: dict[str, Any]
) -> None:
    endpoint.on(FILE, document(**damage))
    with pytest.raises(Transient, match="damaged"):
        await source.buildspec(web_repository, SHA)


async def test_a_commit_without_message_is_transient_until_github_knows_it(
    source: GitHubSource, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on(COMMIT, NOT_FOUND)
    with pytest.raises(Transient):
        await source.message(web_repository, SHA)


async def test_a_commit_that_never_comes_is_given_up_after_some_minutes(
    source: GitHubSource, endpoint: Endpoint, web_repository: Repository, time: TestClock
) -> None:
    endpoint.on(COMMIT, NOT_FOUND, NOT_FOUND)
    with pytest.raises(Transient):
        await source.message(web_repository, SHA)
    await time.sleep(601)
    with pytest.raises(Permanent, match="GitHub does not know commit 4f2a91c of acme/web; it was probably pushed away"):
        await source.message(web_repository, SHA)


async def test_any_file_is_read_at_the_commit_and_once(
    source: GitHubSource, endpoint: Endpoint, web_repository: Repository
) -> None:
    line = "GET /repos/acme/web/contents/tests/what%3Fref%3Dmain%20%23.yml"
    endpoint.on(line, document("version: 0.2\n"))
    for path in ("tests/what?ref=main #.yml", "./tests//what?ref=main #.yml"):
        assert await source.file(web_repository, SHA, path) == "version: 0.2\n"
    assert (endpoint.lines, endpoint.asked[-1].query) == ([line], {"ref": SHA})


async def test_a_file_that_is_not_there_and_a_folder_are_no_file(
    source: GitHubSource, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on("GET /repos/acme/web/contents/none.yml", NOT_FOUND)
    endpoint.on("GET /repos/acme/web/contents/tests", Reply(200, [{"type": "file", "name": "a.yml"}]))
    assert [await source.file(web_repository, SHA, path) for path in ("none.yml", "tests")] == [None, None]


async def test_a_file_is_not_taken_for_anything_else_of_its_commit(
    source: GitHubSource, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on(COMMIT, Reply(200, {"message": "Round totals"}))
    endpoint.on("GET /repos/acme/web/contents/message", document("a file"))
    assert await source.message(web_repository, SHA) == "Round totals"
    assert await source.file(web_repository, SHA, "message") == "a file"
