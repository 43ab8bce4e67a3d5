"""The stories of a build on CodeBuild: GitHub, AWS and builds are real, on this machine."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from app.demo.cloud import BUCKET
from app.demo.github.check_run import CheckRun
from app.store.builds import BuildShelf
from tests.flows.cloud import Cloud, cloud
from tests.flows.town import FAILING, PASSING, WAITS
from tests.needs import needs

REPORT = """\
version: 0.2
# PRX_
phases:
  build:
    commands:
      - cp report.xml out.xml
      - exit 1
reports:
  unit:
    files: [out.xml]
"""
JUNIT = """\
<testsuite name="cart"><testcase classname="cart" name="test_total" file="cart.py" line="2">
<failure message="expected 119.0, got 100.0">cart.py:3: AssertionError</failure></testcase>
<testcase classname="cart" name="test_empty" file="cart.py" line="7"/></testsuite>
"""
EXPORTS = """\
version: 0.2
env:
  exported-variables: [MY_APP]
phases:
  build:
    commands:
      - export MY_APP="$PRX_REPO:$PRX_COMMIT"
"""
TELLS = """\
version: 0.2
phases:
  build:
    commands:
      - echo "publish=$PRX_CI_PUBLISH repo=$PRX_REPO branch=$PRX_BRANCH arch=$PRX_TARGET_ARCHITECTURE"
      - echo "format=$INTERLOCK_VALUE_FORMAT run=${INTERLOCK_RUN:+given}"
      - curl -sSf "$INTERLOCK_POST_BUILD_URL" | sha256sum | grep -q "$INTERLOCK_POST_BUILD_SHA256"
"""


@pytest.fixture
async def on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cloud]:
    async with cloud(tmp_path, monkeypatch) as made:
        yield made


async def test_a_push_is_built_once_and_its_check_passes(on: Cloud) -> None:
    web = await on.town.repository()
    sha = await on.town.push(web, {"buildspec.yml": TELLS})

    check = await on.town.check(web, sha)

    assert check.conclusion == "success"
    [started] = on.started
    assert started["sourceVersion"] == f"refs/heads/main^{{{sha}}}"
    assert started["sourceLocationOverride"] == on.town.github.clone_url(web)
    log = await _log(on, sha)
    assert "publish=true repo=acme/web branch=main arch=x86_64\n" in log
    assert "format=full run=given\n" in log


async def test_what_a_publishing_build_exports_is_taken_and_a_pull_requests_is_not(on: Cloud) -> None:
    web = await on.town.repository()
    sha = await on.town.push(web, {"buildspec.yml": EXPORTS})
    assert _parts(await on.town.check(web, sha))[1:] == [f"published {sha[:7]}"]

    request = await on.town.pull_request(web, {"a.txt": "a"})
    check = await on.town.check(web, request.head_sha)

    assert _parts(check)[1:] == []
    assert on.started[1]["sourceVersion"] == f"refs/pull/1/head^{{{request.head_sha}}}"


async def test_a_failing_command_is_named_with_its_phase(on: Cloud) -> None:
    web = await on.town.repository()
    sha = await on.town.push(web, {"buildspec.yml": FAILING})

    check = await on.town.check(web, sha)

    assert (check.conclusion, check.output.title) == ("failure", "build failed: sh -c 'exit 3' exited with 3")
    assert "Running command sh -c 'exit 3'" in (check.output.summary or "")


async def test_a_failing_test_is_annotated_on_its_line(on: Cloud) -> None:
    web = await on.town.repository()
    files = {"buildspec.yml": REPORT, "report.xml": JUNIT, "cart.py": "def total():\n    pass\n    assert False\n"}
    sha = await on.town.push(web, files)

    check = await on.town.check(web, sha)

    assert check.output.title == "1 of 2 tests failed in build"
    assert [(each.path, each.start_line) for each in check.output.annotations] == [("cart.py", 3)]


async def test_builds_of_a_private_repository_see_no_credential(on: Cloud) -> None:
    shop = await on.town.github.create_repository("acme/shop", private=True)
    await on.town.push(
        shop,
        {"buildspec.yml": PASSING.replace("echo fine", "test ! -e .git && cat secret.txt"), "secret.txt": "hush\n"},
    )
    sha = await on.town.copies["ana", shop.id].git("rev-parse", "HEAD")

    assert (await on.town.check(shop, sha)).conclusion == "success"

    [started] = on.started
    assert started["sourceTypeOverride"] == "S3"
    assert started["sourceLocationOverride"] == f"{BUCKET}/source/{shop.id}/{sha}.zip"
    assert "sourceAuthOverride" not in started


async def test_a_full_account_is_said_on_the_check_and_the_build_runs_when_there_is_room(
    on: Cloud, tmp_path: Path
) -> None:
    on.aws.faults.most_builds = 1
    web = await on.town.repository()
    first = await on.town.push(web, {"buildspec.yml": WAITS.format(gate=tmp_path / "gate")})
    await on.town.check(web, first, "in_progress")

    second = await on.town.push(web, {"buildspec.yml": PASSING})
    await on.town.check(web, second, "queued")
    said = ["queued: Waiting: CodeBuild allows 1 build at a time in this account"]
    await on.town.until(lambda: on.town.told(web, second) == said)

    (tmp_path / "gate").touch()
    assert [(await on.town.check(web, sha)).conclusion for sha in (first, second)] == ["success", "success"]
    assert len(on.aws.builds) == 2


async def test_cancel_stops_the_build_at_aws(on: Cloud, tmp_path: Path) -> None:
    web = await on.town.repository()
    sha = await on.town.push(web, {"buildspec.yml": WAITS.format(gate=tmp_path / "gate")})
    check = await on.town.check(web, sha, "in_progress")

    await on.town.github.press(check.id, "cancel", "ana")

    assert (await on.town.check(web, sha)).conclusion == "cancelled"
    await on.aws.settled()
    assert [build.status for build in on.aws.builds.values()] == ["STOPPED"]


async def test_what_the_platform_broke_is_built_again_and_no_third_time(on: Cloud) -> None:
    web = await on.town.repository()
    on.aws.faults.broken = 2
    sha = await on.town.push(web, {"buildspec.yml": PASSING})
    assert (await on.town.check(web, sha)).conclusion == "success"
    assert len(on.aws.builds) == 3

    on.aws.faults.broken = 3
    sha = await on.town.push(web, {"a.txt": "a"})
    assert (await on.town.check(web, sha)).conclusion == "failure"
    assert len(on.aws.builds) == 6


async def test_a_build_whose_start_was_never_answered_is_found_and_not_started_again(on: Cloud) -> None:
    web = await on.town.repository()
    on.aws.faults.lose_answer("StartBuild", times=3)
    sha = await on.town.push(web, {"buildspec.yml": PASSING})

    assert (await on.town.check(web, sha)).conclusion == "success"
    assert len(on.aws.builds) == 1


async def test_an_end_that_nobody_tells_is_found(on: Cloud) -> None:
    on.aws.faults.lost = 1.0
    web = await on.town.repository()
    sha = await on.town.push(web, {"buildspec.yml": PASSING})

    assert (await on.town.check(web, sha)).conclusion == "success"


async def test_what_comes_from_outside_is_built_with_a_role_without_rights(on: Cloud) -> None:
    needs(shutil.which("bwrap") is not None, "the sandbox needs bubblewrap: apt-get install bubblewrap")
    web = await on.town.repository(files={"buildspec.yml": EXPORTS})
    request = await on.town.pull_request(web, {"a.txt": "a"}, by="sam")
    held = await on.town.check(web, request.head_sha, "action_required")
    before = len(on.started)

    await on.town.github.press(held.id, "approve", "ana")
    check = await on.town.check(web, request.head_sha, "success", "failure")

    [started] = on.started[before:]
    assert (check.conclusion, _parts(check)[1:]) == ("success", [])
    assert started["serviceRoleOverride"] == on.aws.account.role_arn("untrusted")
    assert started["privilegedModeOverride"] is False
    assert started["cacheOverride"] == {"type": "NO_CACHE"}
    assert "sourceAuthOverride" not in started


async def test_the_page_shows_the_log_of_aws_while_it_is_written(on: Cloud, tmp_path: Path) -> None:
    web = await on.town.repository()
    gate = tmp_path / "gate"
    spec = WAITS.format(gate=gate).replace("commands:\n", "commands:\n      - echo the beginning\n")
    sha = await on.town.push(web, {"buildspec.yml": spec})
    await on.town.check(web, sha, "in_progress")

    await _until_logged(on, sha, "the beginning\n")
    gate.touch()

    await _until_logged(on, sha, "Phase complete: POST_BUILD State: SUCCEEDED\n")


async def _until_logged(on: Cloud, sha: str, text: str) -> None:
    async with asyncio.timeout(30):
        while text not in await _log(on, sha):  # noqa: ASYNC110  it is asked over HTTP
            await asyncio.sleep(0.1)


async def _log(on: Cloud, sha: str) -> str:
    builds = [build for build in await BuildShelf(on.stage.app.database).newest() if build.change.sha == sha]
    url = f"{on.stage.app.settings.public_url}/builds/{builds[0].id}/log"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.status == 200
        return await answer.text()


def _parts(check: CheckRun) -> list[str]:
    """The title, taken apart: `Passed in 3 s`, `12 tests`, `published 4f2a91c`."""
    return (check.output.title or "").split(" · ")
