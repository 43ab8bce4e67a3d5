"""git over HTTP, for the real client: clone, fetch and push."""

import asyncio
from base64 import b64decode
from binascii import Error as BadBase64

from aiohttp import ClientError, web

from app.demo.github.account import Account
from app.demo.github.auth import Caller
from app.demo.github.git import ENVIRONMENT
from app.demo.github.platform import GITHUB
from app.demo.github.refusal import Refusal
from app.demo.github.repository import Repository

SERVICES = {"git-upload-pack": "upload-pack", "git-receive-pack": "receive-pack"}
NO_CACHE = {"Cache-Control": "no-cache, max-age=0, must-revalidate"}
CHUNK = 64 * 1024


class AskForPassword(Exception):
    """The client may try again with credentials."""


async def advertise(request: web.Request) -> web.StreamResponse:
    """`GET /owner/name.git/info/refs?service=…`"""
    service = request.query.get("service", "")
    if service not in SERVICES:
        return _plain(403, "Please upgrade your git client.")
    try:
        repo, _ = _admit(request, service)
    except AskForPassword:
        return _plain(401, "No anonymous write access.", {"WWW-Authenticate": 'Basic realm="GitHub"'})
    except Refusal as refusal:
        return _refused(refusal)
    process = await _git(request, repo, service, "--http-backend-info-refs")
    out, _ = await process.communicate()
    head = _packet(f"# service={service}\n".encode()) + b"0000" if "version=2" not in _protocol(request) else b""
    body = head + out
    return web.Response(body=body, content_type=f"application/x-{service}-advertisement", headers=NO_CACHE)


async def serve(request: web.Request) -> web.StreamResponse:
    """`POST /owner/name.git/git-upload-pack` and `…/git-receive-pack`."""
    service = request.match_info["service"]
    try:
        repo, who = _admit(request, service)
    except AskForPassword:
        return _plain(401, "Authentication required.", {"WWW-Authenticate": 'Basic realm="GitHub"'})
    except Refusal as refusal:
        return _refused(refusal)
    if service == "git-receive-pack" and who is not None:
        return await request.app[GITHUB].finish(_receive(request, repo, who))
    answer = web.StreamResponse(headers={"Content-Type": f"application/x-{service}-result", **NO_CACHE})
    await answer.prepare(request)
    process = await _git(request, repo, service)
    feeding = asyncio.create_task(_feed(request, process))
    if process.stdout is not None:
        while chunk := await process.stdout.read(CHUNK):
            await answer.write(chunk)
    await feeding
    await process.wait()
    return answer


async def _receive(request: web.Request, repo: Repository, who: Account) -> web.Response:
    """The webhooks of a push are on their way before the client hears that it is done."""
    github = request.app[GITHUB]
    async with github.ref_lock(repo):
        before = await github.git(repo).refs()
        process = await _git(request, repo, "git-receive-pack")
        _, out = await asyncio.gather(_feed(request, process), _read(process))
        await process.wait()
        await github.pushed(repo, before, who)
    return web.Response(body=out, content_type="application/x-git-receive-pack-result", headers=NO_CACHE)


def _admit(request: web.Request, service: str) -> tuple[Repository, Account | None]:
    """The repository and who comes; the same rules as for REST, in the words of git."""
    github = request.app[GITHUB]
    writes = service == "git-receive-pack"
    caller = _caller(request)
    nobody = caller.account is None
    name = f"{request.match_info['owner']}/{request.match_info['name']}"
    try:
        repo = github.renamed(name) or github.repository(name)
        github.doorkeeper.allow(caller, repo, "contents", "read")
    except Refusal:
        if nobody:
            raise AskForPassword from None
        raise Refusal(404, "Repository not found.") from None
    if writes and nobody:
        raise AskForPassword
    if writes and repo.archived:
        raise Refusal(403, "This repository was archived so it is read-only.")
    if writes:
        try:
            github.doorkeeper.allow(caller, repo, "contents", "write")
        except Refusal:
            login = caller.account.login if caller.account else ""
            raise Refusal(403, f"Permission to {repo.full_name}.git denied to {login}.") from None
    return repo, caller.account


def _caller(request: web.Request) -> Caller:
    """A person's name, when it is given, has to be the token's."""
    header = request.headers.get("Authorization", "")
    try:
        caller = request.app[GITHUB].doorkeeper.caller(header)
        scheme, _, credentials = header.partition(" ")
        name = b64decode(credentials).decode().partition(":")[0] if scheme.lower() == "basic" else ""
    except (Refusal, BadBase64, ValueError):
        raise AskForPassword from None
    if caller.user is not None and name.lower() not in {"", "x-access-token", caller.user.login.lower()}:
        raise AskForPassword
    return caller


async def _git(request: web.Request, repo: Repository, service: str, *options: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        "git",
        SERVICES[service],
        "--stateless-rpc",
        *options,
        str(repo.path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**ENVIRONMENT, "GIT_PROTOCOL": _protocol(request)},
    )


def _protocol(request: web.Request) -> str:
    return request.headers.get("Git-Protocol", "")


async def _feed(request: web.Request, process: asyncio.subprocess.Process) -> None:
    if process.stdin is None:
        return
    try:
        async for chunk in request.content.iter_chunked(CHUNK):
            process.stdin.write(chunk)
            await process.stdin.drain()
    except (OSError, ClientError):
        # Either side has heard enough: git refuses, or the client went away.
        pass
    finally:
        process.stdin.close()


async def _read(process: asyncio.subprocess.Process) -> bytes:
    return b"" if process.stdout is None else await process.stdout.read()


def _packet(line: bytes) -> bytes:
    return b"%04x" % (len(line) + 4) + line


def _refused(refusal: Refusal) -> web.Response:
    return _plain(refusal.status, refusal.message)


def _plain(status: int, text: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, text=f"{text}\n", headers=headers)


def routes() -> list[web.RouteDef]:
    repo = r"/{owner}/{name:[^/]+?}{git:(\.git)?}"
    return [
        web.get(repo + "/info/refs", advertise),
        web.post(repo + "/{service:git-(upload|receive)-pack}", serve),
    ]
