"""The script that publishes is had by its address, with its digest, in its version."""

import asyncio
import hashlib
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from app.web import post_build
from checks.runners.post_build import SCRIPT, VERSION

TEXT = SCRIPT.read_bytes()
DIGEST = hashlib.sha256(TEXT).hexdigest()


@pytest.fixture
async def site() -> AsyncIterator[ClientSession]:
    app = web.Application()
    post_build.register(app)
    async with TestServer(app) as server, ClientSession(str(server.make_url("/"))) as session:
        yield session


async def test_the_script_is_had_as_a_shell_script_that_may_be_kept_for_five_minutes(site: ClientSession) -> None:
    async with site.get("/post_build.sh") as answer:
        headers = [answer.headers[name] for name in ("Content-Type", "ETag", "Cache-Control")]
        assert (answer.status, await answer.read()) == (200, TEXT)
    assert headers == ["text/x-shellscript; charset=utf-8", f'"{DIGEST}"', "public, max-age=300"]


async def test_who_has_the_script_is_told_so(site: ClientSession) -> None:
    async with site.get("/post_build.sh", headers={"If-None-Match": f'W/"other", "{DIGEST}"'}) as answer:
        assert (answer.status, await answer.read()) == (304, b"")


async def test_sha256sum_takes_the_digest(site: ClientSession, tmp_path: Path) -> None:
    for name in ("post_build.sh", "post_build.sh.sha256"):
        async with site.get(f"/{name}") as answer:
            (tmp_path / name).write_bytes(await answer.read())
    command = ["sha256sum", "--check", "--strict", "post_build.sh.sha256"]
    done = await asyncio.to_thread(subprocess.run, command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "post_build.sh: OK\n"


async def test_the_version_says_itself_and_is_had_for_ever(site: ClientSession) -> None:
    async with site.get(f"/post_build/{VERSION}.sh") as answer:
        assert (answer.headers["Cache-Control"], await answer.read()) == ("public, max-age=31536000, immutable", TEXT)
    assert TEXT.decode().splitlines()[2].startswith(f"# post_build.sh {VERSION} of Interlock.")


async def test_another_version_is_not_here(site: ClientSession) -> None:
    async with site.get("/post_build/0.9.sh") as answer:
        assert (answer.status, await answer.text()) == (
            404,
            f"This Interlock has version {VERSION} of post_build.sh alone: get /post_build/{VERSION}.sh.\n",
        )
