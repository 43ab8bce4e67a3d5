"""A build on this machine gets the script with one line, and what it publishes is what the build exports."""

import asyncio
import hashlib
from collections.abc import Mapping

import pytest

from checks.result import Result
from tests.checks.runners.post_build.dockyard import HOST, SHA, Dockyard
from tests.checks.runners.workshop import Workshop, phases, report

GET = (
    'curl -sSfo post_build.sh "$INTERLOCK_POST_BUILD_URL"'
    ' && echo "$INTERLOCK_POST_BUILD_SHA256  post_build.sh" | sha256sum -c --quiet && . ./post_build.sh'
)
BUILDSPEC = f"""version: 0.2
env:
  shell: @shell@
  exported-variables: [MY_APP, MY_APP_DIGEST, MY_ZIP, MY_ZIP_DIGEST]
phases:
  build:
    commands:
      - printf 'FROM scratch\\nLABEL @label@\\nCOPY number /.prxci/build.zip\\n' >Dockerfile
      - docker build --quiet --label "interlock.run=$INTERLOCK_RUN" .
  post_build:
    commands:
      - {GET}
"""


@pytest.fixture
def workshop(dockyard: Dockyard) -> Workshop:
    made = Workshop(dockyard.path)
    (made.source / "number").write_text("7")
    return made


async def build(
    dockyard: Dockyard,
    workshop: Workshop,
    buildspec: str,
    variables: Mapping[str, str | None] | None = None,
    value_format: str = "full",
) -> Result:
    """Run a build to its end, which takes its time where the machine is busy."""
    given = dockyard.environment(CODEBUILD_BUILD_SUCCEEDING=None, **(variables or {}))
    path = given.pop("PATH")
    run = workshop.launch(buildspec, timeout=100.0, variables=given, path=path, value_format=value_format)
    async with asyncio.timeout(100):
        while not (ended := (await report(workshop.runner, run)).result):  # noqa: ASYNC110  a run is looked at
            await asyncio.sleep(0.05)
    return ended


@pytest.mark.parametrize("shell", ["/bin/sh", "bash"])
async def test_a_build_exports_what_it_publishes(dockyard: Dockyard, workshop: Workshop, shell: str) -> None:
    text = BUILDSPEC.replace("@shell@", shell).replace("@label@", "org.prx.spire.publish.s3=MY_ZIP")
    result = await build(dockyard, workshop, text)
    digest = "sha256:" + hashlib.sha256(b"7").hexdigest()
    assert (result.exported, result.message) == (
        {"MY_ZIP": f"GitHub/PRX/My-App/{SHA}.zip", "MY_ZIP_DIGEST": digest},
        "",
    )


async def test_the_runner_says_which_values_it_wants(dockyard: Dockyard, workshop: Workshop) -> None:
    text = BUILDSPEC.replace("@shell@", "/bin/sh").replace("@label@", "org.prx.spire.publish.ecr=MY_APP")
    result = await build(dockyard, workshop, text, value_format="short")
    assert result.exported["MY_APP"] == f"github/prx/my-app:{SHA}-x86_64", await workshop.printed()
    assert HOST not in str(result.exported)


async def test_a_build_in_which_something_failed_publishes_nothing(dockyard: Dockyard, workshop: Workshop) -> None:
    result = await build(dockyard, workshop, phases(build="'false'", post_build=f"'{GET}'"))
    assert (result.message, dockyard.ecr.requests) == ("build failed: false exited with 1", [])
    assert (await workshop.printed())[-1] == "post_build: The build has failed: nothing is published."


async def test_what_cannot_be_published_fails_the_build(dockyard: Dockyard, workshop: Workshop) -> None:
    result = await build(dockyard, workshop, phases(post_build=f"'{GET}'"))
    assert result.failure is not None
    assert (result.failure.phase, result.failure.exit_code) == ("POST_BUILD", 1)


async def test_a_script_that_was_changed_on_the_way_is_not_sourced(dockyard: Dockyard, workshop: Workshop) -> None:
    changed = dockyard.path / "changed.sh"
    changed.write_text("touch sourced\n")
    where = {"INTERLOCK_POST_BUILD_URL": changed.as_uri()}
    result = await build(dockyard, workshop, phases(post_build=f"'{GET}'"), where)
    assert result.failure is not None
    assert (result.failure.phase, list(workshop.home.glob("runs/*/source/sourced"))) == ("POST_BUILD", [])
