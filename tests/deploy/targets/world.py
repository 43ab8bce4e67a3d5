"""What targets are given: versions with real zips, surroundings, and leases."""

import asyncio
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo

from aiohttp import ClientSession

from checks.errors import Permanent
from deploy.artifact import Artifact, Export, Kind
from deploy.target import Live, Progress, State, Target, Write
from deploy.version import Version, version_of
from tests.deploy.targets.front import Clients

LEASE = timedelta(hours=1)
MOST_ROUNDS = 50


@dataclass
class Around:
    """Surroundings over the door. `zips` is where they lie: in the bucket, or in this directory without AWS."""

    home: Path
    aws: Any = None
    http: ClientSession | None = None
    parameters: tuple[str, ...] = ("/prx/stag/Spire/",)
    code_bucket: str = ""
    directory: Path | None = None

    def in_region(self, name: str) -> Any:
        return Clients(self.aws._url, name)

    def bucket(self, region: str) -> str:
        return self.code_bucket

    async def fetch(self, artifact: Artifact, region: str, into: Path) -> None:
        if self.directory is None:
            key = artifact.export.place
            await asyncio.to_thread(self.aws.s3.download_file, self.code_bucket, key, str(into))
            return
        try:
            await asyncio.to_thread(shutil.copyfile, self.directory / artifact.digest, into)
        except FileNotFoundError:
            raise Permanent(f"{artifact.export.name} is not there") from None

    def publish(self, content: bytes) -> None:
        assert self.directory
        (self.directory / f"sha256:{sha256(content).hexdigest()}").write_bytes(content)


def zipped(**files: str) -> bytes:
    """The same files give the same bytes."""
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(ZipInfo(name.replace("__", "/").replace("_", ".")), text)
    return buffer.getvalue()


def commit(number: int) -> str:
    return f"{number:040x}"


def zip_artifact(number: int, content: bytes, label: str = "SITE") -> Artifact:
    key = f"GitHub/PRX/My-App/{commit(number)}/{label}.zip"
    export = Export(kind=Kind.ZIP, label=label, value=key, place=key)
    return _artifact(number, export, f"sha256:{sha256(content).hexdigest()}")


def image_artifact(number: int, label: str = "MY_APP", registry: str = "") -> Artifact:
    place, tag = "github/prx/my-app", f"{commit(number)}-x86_64"
    value = f"{registry}/{place}:{tag}" if registry else f"{place}:{tag}"
    export = Export(kind=Kind.IMAGE, label=label, value=value, place=place, tag=tag, registry=registry)
    return _artifact(number, export, f"sha256:{sha256(value.encode()).hexdigest()}")


def _artifact(number: int, export: Export, digest: str) -> Artifact:
    return Artifact(repository=1, sha=commit(number), build=f"b{number}", export=export, digest=digest)


def version(number: int, *artifacts: Artifact) -> Version:
    return version_of(1, commit(number), artifacts)


def write(of: Version, token: str, before: Live | None = None, lease: timedelta = LEASE) -> Write:
    return Write(
        token=token, service="web", environment="staging", version=of, fence=1,
        until=datetime.now(UTC) + lease, before=before,
    )  # fmt: skip


async def deploy(target: Target, what: Write) -> Progress:
    """As the flow does it: again and again while it is going on."""
    for _ in range(MOST_ROUNDS):
        progress = await target.deploy(what)
        if progress.state is not State.GOING:
            return progress
    raise AssertionError(f"still {progress}")
