"""Fixtures of the tests of post_build.sh."""

import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.checks.runners.post_build.dockyard import BUCKET, MISSING, PROGRAMS, SYSTEM, WARM, Dockyard, running
from tests.checks.runners.post_build.ecr import client, ecr
from tests.needs import needs


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("moto") / "log"
    program = Path(sys.executable).with_name("moto_server")
    with running(log, r"Running on (http://\S+)", str(program), "-H", "127.0.0.1", "-p", "0") as url:
        yield url


@pytest.fixture(scope="session")
def aws_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where Debian's aws waits for calls; the path has to be short."""
    needs(all(shutil.which(each, path=SYSTEM) for each in PROGRAMS), MISSING)
    log = tmp_path_factory.mktemp("aws") / "log"
    with (
        tempfile.TemporaryDirectory(prefix="aws-") as folder,
        running(log, r"waiting at (\S+)", "/usr/bin/python3", "-I", WARM, f"{folder}/socket") as socket,
    ):
        yield socket


@pytest.fixture
async def dockyard(moto: str, aws_socket: str, tmp_path: Path) -> AsyncIterator[Dockyard]:
    """An empty registry, an empty bucket, and no image."""
    async with ClientSession() as session, session.post(f"{moto}/moto-api/reset") as answer:
        assert answer.status == 200
    s3 = client("s3", moto)
    s3.create_bucket(Bucket=BUCKET)
    settings = tmp_path / "registry.yml"
    settings.write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {tmp_path}/registry}}}}\n"
        "http: {addr: 127.0.0.1:0}\nlog: {level: info}\n"
    )
    command = ("/usr/bin/docker-registry", "serve", str(settings))
    with (
        running(tmp_path / "registry.log", r"listening on (127\S+?)\"", *command) as address,
        tempfile.TemporaryDirectory(prefix="dockyard-") as store,
    ):
        async with ecr(moto, f"http://{address}") as found:
            yield Dockyard(tmp_path, store, found, s3, aws_socket)
