"""Where a commit is, seen and moved where people look at it: on its check, and on its pull request."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.demo.github.check_run import CheckRun
from app.demo.github.repository import Repository
from tests.flows.cloud import Cloud, cloud
from tests.flows.town import eventually

STAGING, PRODUCTION = "/prx/stag/Spire/Web/pkg/s3-object-key", "/prx/prod/Spire/Web/pkg/s3-object-key"
CODE = "acme-code"
PUBLISHES = f"""\
version: 0.2
env:
  shell: bash
  variables:
    PRX_SPIRE_S3_PKG_PARAMETERS: WEB={STAGING}
  exported-variables: [WEB, PRX_SPIRE_S3_PKG_PARAMETERS]
phases:
  build:
    commands:
      - WEB="GitHub/$PRX_REPO/$PRX_COMMIT.zip"
      - echo "$PRX_COMMIT" | curl -sSf -X PUT --data-binary @- "$AWS_ENDPOINT_URL/acme-code/$WEB"
"""


@pytest.fixture
async def on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cloud]:
    more = {"publish_buckets": {"us-east-1": CODE}, "hand_off_parameters": ("/prx/stag/Spire/", "/prx/prod/Spire/")}
    async with cloud(tmp_path, monkeypatch, more=more) as made:
        await made.aws.create_bucket(CODE)
        yield made


async def test_a_person_promotes_from_the_check_and_a_second_press_changes_nothing(on: Cloud) -> None:
    web = await on.town.repository()
    sha = await on.town.push(web, {"buildspec.yml": PUBLISHES})
    check = await _check(on, web, sha, "Live in staging · ready for production")
    assert [each.label for each in check.actions] == ["Deploy to production"]
    button = check.actions[0].identifier
    changed = [asked for asked in on.town.requests(web) if asked == f"PATCH /check-runs/{check.id}"]
    assert len(changed) <= 2, "what goes through at once costs one request to show it, and two to change it"

    await on.town.github.press(check.id, button, "sam")
    await on.town.until(lambda: "that needs write access" in (check.output.summary or ""))
    await on.town.until(lambda: _shown(on, web) == ["staging success"])
    for _ in range(2):
        await on.town.github.press(check.id, button, "bo")

    await _check(on, web, sha, "Live in staging and production")
    await on.town.until(lambda: _shown(on, web) == ["staging success", "production success"])
    assert check.conclusion == "success"
    assert len(on.town.checks(web, sha)) == 2


async def test_the_pull_request_says_where_its_change_is(on: Cloud) -> None:
    web = await on.town.repository(files={"README.md": "# Web\n"})
    pull = await on.town.pull_request(web, {"buildspec.yml": PUBLISHES})
    sha = await on.town.github.merge_pull_request(pull, "ana", method="squash")

    check = await _check(on, web, sha, "Live in staging · ready for production")
    [comment] = await eventually(lambda: on.town.github.comments_of(pull) or None)
    assert "| staging | ● live |" in comment.body
    await on.town.github.press(check.id, check.actions[0].identifier, "bo")

    await on.town.until(lambda: "| production | ● live |" in comment.body)
    assert len(on.town.github.comments_of(pull)) == 1


async def test_a_broken_configuration_fails_its_commit_at_its_line(on: Cloud) -> None:
    web = await on.town.repository(files={"README.md": "# Web\n"})
    sha = await on.town.push(web, {".github/interlock.yml": "services:\n  web:\n    artefacts: [WEB]\n"})

    check = await _check(on, web, sha, "interlock.yml line 3")

    assert (check.name, check.conclusion) == ("Interlock configuration", "failure")
    assert [(each.path, each.start_line) for each in check.output.annotations] == [(".github/interlock.yml", 3)]


async def _check(on: Cloud, repository: Repository, sha: str, title: str) -> CheckRun:
    """The check of the commit whose title begins so, once there is one that has ended."""

    def find() -> CheckRun | None:
        every = [each for each in on.town.checks(repository, sha) if each.conclusion]
        return next((each for each in every if (each.output.title or "").startswith(title)), None)

    return await eventually(find)


def _shown(on: Cloud, repository: Repository) -> list[str]:
    """`environment state` of every deployment on GitHub, the oldest first."""
    return [f"{each.environment} {each.state}" for each in reversed(on.town.github.deployments_of(repository))]
