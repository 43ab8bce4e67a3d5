"""AWS_ variables with which nothing can be asked stop the start with one line, and nobody is asked for that."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError  # type: ignore[import-untyped]  # no stubs

from app.aws.session import Session
from app.demo.aws.server import LocalAWS
from app.demo.stage import new_identity
from tests import moto

NOBODY = "http://127.0.0.1:9"
"""Whoever asks something there is refused."""

START = """
import asyncio, os, sys
from app.main import interlock
from app.settings import SettingsError, read
async def start():
    async with interlock(read(os.environ)):
        print("boto3" in sys.modules)
try:
    asyncio.run(start())
except SettingsError as wrong:
    print(wrong)
"""

CODEBUILD = {"RUNNER": "codebuild", "CODEBUILD_PROJECT": "ci", "CODEBUILD_SOURCE": "clone"}
REGION = {"AWS_REGION": "eu-west-1"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (CODEBUILD, "AWS_REGION is not set: it is where builds run"),
        (
            CODEBUILD | {"AWS_REGION": "Eu West"},
            "AWS_REGION: Provided region_name 'Eu West' doesn't match a supported format.",
        ),
        (CODEBUILD | REGION | {"AWS_PROFILE": "nobody"}, "AWS_PROFILE: The config profile (nobody) could not be found"),
        (
            CODEBUILD | REGION | {"AWS_ENDPOINT_URL": "localhost:4566"},
            "AWS_ENDPOINT_URL: Invalid endpoint: localhost:4566; it begins with https:// (or http://)",
        ),
        (
            CODEBUILD | REGION | {"AWS_CONFIG_FILE": __file__},
            f"the AWS_ variables cannot be used: Unable to parse config file: {__file__}",
        ),
        (CODEBUILD | REGION | {"AWS_ENDPOINT_URL": NOBODY, "AWS_CONTAINER_CREDENTIALS_FULL_URI": NOBODY}, "True"),
        (CODEBUILD | {"AWS_DEFAULT_REGION": "eu-west-1"}, "True"),
        ({}, "False"),
        ({"AWS_PROFILE": "nobody"}, "False"),
    ],
)
async def test_the_start_says_which_variable_is_wrong_and_loads_boto3_only_for_codebuild(
    tmp_path: Path, given: dict[str, str], said: str
) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GITHUB_APP_ID": "1",
        "GITHUB_PRIVATE_KEY": new_identity().key,
        "GITHUB_WEBHOOK_SECRET": "hush",
        "DATABASE_URL": f"sqlite:///{tmp_path}/interlock.sqlite3",
        "INTERLOCK_HOME": str(tmp_path / "home"),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", START, env=environment | given, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()
    assert (printed.decode().splitlines()[-1:], process.returncode) == ([said], 0)


@pytest.mark.parametrize(
    ("given", "region"),
    [
        ({"AWS_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-north-1"}, "eu-north-1"),
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-north-1"}, "eu-west-1"),
    ],
)
def test_the_region_is_the_one_that_the_command_line_of_aws_would_take(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], region: str
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    session = Session(lambda _service, _operation: None)
    assert (session.region, session.in_region("us-west-2").region) == (region, "us-west-2")


async def test_what_aws_refuses_or_does_not_answer_is_counted_by_its_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[tuple[str, str, str]] = []
    async with LocalAWS(tmp_path, script={}, moto=moto.shared()) as aws:
        for name, value in aws.environment.items():
            monkeypatch.setenv(name, value)
        session = Session(lambda *_: None, count_refusal=lambda *what: refused.append(what))
        await asyncio.to_thread(session.codebuild.batch_get_builds, ids=["interlock:1"])
        aws.faults.deny("BatchGetBuilds")
        with pytest.raises(ClientError):
            await asyncio.to_thread(session.codebuild.batch_get_builds, ids=["interlock:1"])
        monkeypatch.setenv("AWS_ENDPOINT_URL", NOBODY)
        with pytest.raises(EndpointConnectionError):
            await asyncio.to_thread(session.in_region("eu-west-1").sts.get_caller_identity)
    assert refused == [
        ("codebuild", "BatchGetBuilds", "AccessDeniedException"),
        *[("sts", "GetCallerIdentity", "EndpointConnectionError")] * 3,
    ]
