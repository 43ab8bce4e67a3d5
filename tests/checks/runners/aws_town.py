"""What the tests of the CodeBuild runner work with: an AWS on loopback, clients of it, orders, and archives."""

import asyncio
import io
import stat
import zipfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from msgspec.structs import replace

from app.demo.aws.build import Build
from app.demo.aws.fleets.scripted import Ending
from app.demo.aws.server import LocalAWS
from checks.ports import Order, Report
from checks.repository import Repository
from checks.result import Result
from checks.runners.codebuild import CodeBuildRunner, Place, Sources
from tests import moto
from tests.checks.runners.workshop import until

SHA = "4f2a91c" + "0" * 33
ROLE = "arn:aws:iam::123456789012:role/untrusted"
BUILDSPEC = "version: 0.2\nphases:\n  build:\n    commands:\n      - make # PRX_\n"
_numbers = count(1)

TOKEN = "ghs_" + "t" * 36


def order(token: str = "b1-0", **facts: Any) -> Order:
    facts = {"private": False, **facts}
    repository = Repository(
        id=facts.pop("id", 42),
        full_name="acme/web",
        installation=7,
        private=facts.pop("private"),
        clone_url=facts.pop("clone_url", "https://github.com/acme/web.git"),
    )
    given = Order(
        token=token,
        build=token.rpartition("-")[0],
        since=datetime.now(UTC) - timedelta(minutes=1),
        repository=repository,
        ref="refs/heads/main",
        sha=SHA,
        buildspec=BUILDSPEC,
        variables={"PRX_REPO": "acme/web", "PRX_COMMIT": SHA},
        trusted=True,
        timeout=timedelta(minutes=60),
    )
    return replace(given, **facts)


def archive(files: Mapping[str, str | bytes], *, root: str = "acme-web-4f2a91c/") -> bytes:
    """As GitHub packs a commit: everything in a folder, a name ending in `*` is executable, in `@` a link."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        if root:
            target.writestr(zipfile.ZipInfo(root), b"")
        for name, content in files.items():
            entry = zipfile.ZipInfo(root + name.rstrip("*@"))
            entry.create_system = 3
            kinds = {"*": stat.S_IFREG | 0o755, "@": stat.S_IFLNK | 0o755}
            entry.external_attr = kinds.get(name[-1], stat.S_IFREG | 0o644) << 16
            target.writestr(entry, content)
    return buffer.getvalue()


class Clients:
    """boto3's clients of one endpoint."""

    def __init__(self, url: str, *, attempts: int = 1) -> None:
        self._url = url
        self._attempts = attempts

    def _client(self, service: str) -> Any:
        import boto3  # type: ignore[import-untyped]  # no stubs  # noqa: PLC0415  slow to import
        from botocore.config import Config  # type: ignore[import-untyped]  # no stubs  # noqa: PLC0415  as above

        retries = {"mode": "standard", "total_max_attempts": self._attempts}
        session = boto3.session.Session("testing", "testing", region_name="us-east-1")
        return session.client(service, endpoint_url=self._url, config=Config(retries=retries, read_timeout=5))

    @cached_property
    def codebuild(self) -> Any:
        return self._client("codebuild")

    @cached_property
    def logs(self) -> Any:
        return self._client("logs")

    @cached_property
    def s3(self) -> Any:
        return self._client("s3")

    @cached_property
    def secretsmanager(self) -> Any:
        return self._client("secretsmanager")

    @cached_property
    def sts(self) -> Any:
        return self._client("sts")


@dataclass
class Town:
    """`endings` decides what becomes of a build, by the name of its order; builds wait while `gate` is clear."""

    home: Path
    aws: LocalAWS
    clients: Clients
    endings: dict[str, Ending]
    gate: asyncio.Event
    project: str
    archives: list[str] = field(default_factory=list)
    tokens: int = 0
    content: bytes = b""

    def runner(self, **facts: Any) -> CodeBuildRunner:
        source = facts.pop("source", {})
        facts = {"project": self.project, "untrusted_role": ROLE, **facts}
        sources = Sources(**{"archive": self.fetch, "token_for": self._token, **source})
        variables = {"INTERLOCK_POST_BUILD_URL": "https://ci.example.org/post_build.sh"}
        return CodeBuildRunner(
            self.home, clients=self.clients, place=Place(**facts), source=sources, variables=variables
        )

    def order(self, token: str = "b1-0", **facts: Any) -> Order:
        """An order whose token no other test of this account uses; `endings` knows it by the part given here."""
        return order(f"{self.project}.{token}", **facts)

    async def fetch(self, wanted: Order, into: Path) -> None:
        self.archives.append(wanted.sha)
        await asyncio.to_thread(into.write_bytes, self.content)

    async def _token(self, _: Order) -> str:
        self.tokens += 1
        return TOKEN

    def asked(self, operation: str) -> list[dict[str, Any]]:
        return [each.params for each in self.aws.asked if each.operation == operation]

    @property
    def operations(self) -> list[str]:
        return [each.operation for each in self.aws.asked]

    def build(self, run: str) -> Build:
        return self.aws.builds[run]


async def ended(runner: CodeBuildRunner, run: str) -> Result:
    found: list[Report] = []

    async def has_ended() -> bool:
        found[:] = await runner.look([run])
        return found[0].result is not None

    await until(has_ended)
    assert found[0].result
    return found[0].result


@asynccontextmanager
async def an_aws(directory: Path) -> AsyncIterator[tuple[LocalAWS, dict[str, Ending], asyncio.Event]]:
    """With what becomes of its builds, and the gate that they wait at."""
    endings: dict[str, Ending] = {}
    gate = asyncio.Event()

    async def script(build: Build) -> Ending:
        await gate.wait()
        run = next((each["value"] for each in build.variables if each["name"] == "INTERLOCK_RUN"), "")
        return endings.get(run.rpartition(".")[2], Ending())

    async with LocalAWS(directory, script=script, moto=moto.shared()) as aws:
        yield aws, endings, gate


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def local_aws(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[LocalAWS, dict[str, Ending], asyncio.Event, Clients]]:
    async with an_aws(tmp_path_factory.mktemp("aws")) as (aws, endings, gate):
        yield aws, endings, gate, Clients(aws.url)


@pytest.fixture
def town(local_aws: tuple[LocalAWS, dict[str, Ending], asyncio.Event, Clients], tmp_path: Path) -> Town:
    """An AWS with an empty project, in which nothing is wrong."""
    aws, endings, gate, clients = local_aws
    aws.faults.clear()
    aws.asked.clear()
    endings.clear()
    gate.set()
    project = f"web-{next(_numbers)}"
    aws.create_project(project)
    return Town(home=tmp_path, aws=aws, clients=clients, endings=endings, gate=gate, project=project)
