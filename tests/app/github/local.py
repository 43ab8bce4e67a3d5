"""The gateway beside a local GitHub on which it may do all that delivery asks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.demo.github.account import Permission
from app.demo.github.installation import App
from app.demo.github.installing import Registration
from app.demo.github.repository import Repository as Hosted
from app.demo.github.server import LocalGitHub
from app.github.auth import AppKey
from app.github.client import Client
from app.github.clock import Clock
from app.github.lane import Limits
from app.github.repository import RepositoryCalls
from app.github.transport import Transport
from app.manifest import manifest
from checks.repository import Repository


@dataclass(frozen=True, kw_only=True)
class Local:
    """Ana owns acme, Bo may write to acme/web, Eve may not. `app` has the permissions of our own manifest."""

    github: LocalGitHub
    app: App
    hosted: Hosted
    repository: Repository
    sha: str
    client: Client
    calls: RepositoryCalls

    def asked(self, method: str = "") -> list[str]:
        """Method and path of what was asked, apart from tokens."""
        told = [f"{each.method} {each.path}" for each in self.github.asked if "access_tokens" not in each.path]
        return [each for each in told if each.startswith(method)]


@asynccontextmanager
async def open_local(directory: Path, private_key: RSAPrivateKey, pem: str) -> AsyncIterator[Local]:
    async with LocalGitHub(directory) as github:
        for login in ("ana", "bo", "eve"):
            await github.create_user(login, f"token-of-{login}")
        await github.create_organisation("acme", owners=["ana"])
        hosted = await github.create_repository("acme/web")
        await github.allow("bo", hosted, Permission.WRITE)
        app = await _register(github, private_key)
        installation = await github.install_app(app, "acme", by="ana")
        sha = await github.commit_files(hosted, "main", {"app.py": "1\n"}, "Begin", "ana")
        key = AppKey(app.id, pem, Clock())
        async with Client(Transport(github.api_url, lambda *_: None), key, limits=Limits(between_writes=0)) as client:
            yield Local(
                github=github,
                app=app,
                hosted=hosted,
                repository=Repository(id=hosted.id, full_name="acme/web", installation=installation.id),
                sha=sha,
                client=client,
                calls=RepositoryCalls(client),
            )


async def _register(github: LocalGitHub, private_key: RSAPrivateKey) -> App:
    public = private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return await github.register_app(
        Registration(
            name="Interlock",
            owner="acme",
            public_key=public,
            webhook_url="http://127.0.0.1:1/github",
            webhook_secret="s",
            permissions=manifest()["default_permissions"],
            events=(),
        )
    )
