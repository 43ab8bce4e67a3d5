"""GitHub's archive of a commit, from another host than its API's."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from app.github.archive import Archives
from app.github.client import Client
from app.github.errors import NotFound
from app.github.transport import OnRequest
from checks.errors import Permanent, Transient
from checks.repository import Repository
from tests.app.github.endpoint import Endpoint, Reply, TestClock

SHA = "4f2a91c" + "0" * 33
ASKED = f"GET /repos/acme/web/zipball/{SHA}"
THERE = f"/acme/web/legacy.zip/{SHA}"
CONTENT = b"PK" + bytes(range(256)) * 5000

Counted = list[tuple[str, str, int]]


@pytest.fixture
async def other(time: TestClock) -> AsyncIterator[Endpoint]:
    """Where the archives are."""
    endpoint = Endpoint(time)
    endpoint.on(f"GET {THERE}", Reply(raw=CONTENT, headers={"Content-Type": "application/zip"}))
    runner = web.ServerRunner(web.Server(endpoint.handle))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    endpoint.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield endpoint
    await runner.cleanup()


@pytest.fixture
def on_request(counted: Counted) -> OnRequest:
    return lambda method, template, status: counted.append((method, template, status))


@pytest.fixture
def archives(endpoint: Endpoint, client: Client, on_request: OnRequest) -> Archives:
    return Archives(endpoint.url, client.tokens, on_request)


def redirect(to: str, status: int = 302) -> Reply:
    return Reply(status, headers={"Location": to})


async def test_the_archive_is_fetched_from_where_github_keeps_it(
    archives: Archives, endpoint: Endpoint, other: Endpoint, web_repository: Repository, tmp_path: Path
) -> None:
    endpoint.on(ASKED, redirect(f"{other.url}{THERE}?token=short-lived"))
    into = tmp_path / "archive.zip"
    await archives.fetch(web_repository, SHA, into)
    assert into.read_bytes() == CONTENT
    assert [each.query for each in other.asked] == [{"token": "short-lived"}]


async def test_the_token_reads_one_repository_and_never_reaches_another_host(
    archives: Archives, endpoint: Endpoint, other: Endpoint, web_repository: Repository, tmp_path: Path
) -> None:
    endpoint.on(ASKED, redirect(other.url + THERE))
    await archives.fetch(web_repository, SHA, tmp_path / "archive.zip")
    (minted,) = endpoint.minted
    assert minted.body == {"repository_ids": [42], "permissions": {"contents": "read"}}
    assert endpoint.asked[-1].headers["authorization"].startswith("bearer ghs_")
    assert "authorization" not in other.asked[0].headers


async def test_a_renamed_repository_is_followed_with_the_token(
    archives: Archives, endpoint: Endpoint, other: Endpoint, web_repository: Repository, tmp_path: Path
) -> None:
    endpoint.on(ASKED, redirect(f"/repositories/42/zipball/{SHA}", 301))
    endpoint.on(f"GET /repositories/42/zipball/{SHA}", redirect(other.url + THERE))
    await archives.fetch(web_repository, SHA, tmp_path / "archive.zip")
    assert endpoint.asked[-1].headers["authorization"].startswith("bearer ghs_")
    assert (tmp_path / "archive.zip").read_bytes() == CONTENT


async def test_a_host_that_sends_back_does_not_get_the_token_either(
    archives: Archives, endpoint: Endpoint, other: Endpoint, web_repository: Repository, tmp_path: Path
) -> None:
    other.on(f"GET {THERE}", redirect(f"{endpoint.url}/back"))
    endpoint.on(ASKED, redirect(other.url + THERE))
    endpoint.on("GET /back", Reply(raw=CONTENT))
    await archives.fetch(web_repository, SHA, tmp_path / "archive.zip")
    assert endpoint.asked[-1].path == "/back"
    assert "authorization" not in endpoint.asked[-1].headers


async def test_an_archive_that_is_too_large_is_not_kept_on(
    endpoint: Endpoint,
    client: Client,
    other: Endpoint,
    web_repository: Repository,
    on_request: OnRequest,
    tmp_path: Path,
) -> None:
    endpoint.on(ASKED, redirect(other.url + THERE))
    small = Archives(endpoint.url, client.tokens, on_request, most_bytes=1000)
    with pytest.raises(Permanent) as refused:
        await small.fetch(web_repository, SHA, tmp_path / "archive.zip")
    assert str(refused.value) == (
        "GitHub sends more than 1000 bytes as the archive of acme/web at 4f2a91c; that is too large"
    )
    assert (tmp_path / "archive.zip").stat().st_size <= 1000


@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        (Reply(404), NotFound, "GitHub has no archive of acme/web at 4f2a91c, or the App may not read it"),
        (Reply(503), Transient, "GitHub answered 503 instead of the archive of acme/web at 4f2a91c"),
        (Reply(429), Transient, "GitHub answered 429 instead of the archive of acme/web at 4f2a91c"),
        (Reply(451), Permanent, "GitHub refuses to send the archive of acme/web at 4f2a91c (status 451)"),
        (redirect(""), Permanent, "GitHub redirects to an address that is none for an archive"),
        (redirect("http://ana@127.0.0.1/x"), Permanent, "GitHub redirects to an address that is none for an archive"),
        (
            redirect(ASKED.removeprefix("GET ")),
            Permanent,
            "GitHub sends whoever wants the archive of acme/web at 4f2a91c round in circles",
        ),
    ],
)
async def test_whatever_else_github_answers_is_told(  # noqa: PLR0917  the fixtures and the table
    archives: Archives, endpoint: Endpoint, web_repository: Repository, tmp_path: Path,
    reply: Reply, kind: type[Exception], said: str,
) -> None:  # fmt: skip
    endpoint.on(ASKED, reply)
    with pytest.raises(kind) as told:
        await archives.fetch(web_repository, SHA, tmp_path / "archive.zip")
    assert str(told.value) == said


async def test_a_connection_that_breaks_is_worth_another_attempt(
    archives: Archives, endpoint: Endpoint, web_repository: Repository, tmp_path: Path
) -> None:
    endpoint.on(ASKED, Reply(drop=True))
    with pytest.raises(Transient, match="The connection broke while GitHub sent the archive of acme/web at 4f2a91c"):
        await archives.fetch(web_repository, SHA, tmp_path / "archive.zip")


async def test_every_request_is_counted_by_its_template(
    archives: Archives,
    endpoint: Endpoint,
    other: Endpoint,
    web_repository: Repository,
    counted: Counted,
    tmp_path: Path,
) -> None:
    endpoint.on(ASKED, redirect(other.url + THERE))
    await archives.fetch(web_repository, SHA, tmp_path / "archive.zip")
    template = "/repos/{owner}/{repo}/zipball/{sha}"
    assert counted[-2:] == [("GET", template, 302), ("GET", template, 200)]
