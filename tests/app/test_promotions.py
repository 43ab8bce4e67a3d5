"""Promotions see the real world: GitHub, CloudWatch, the runner of this machine, and what the operator set up."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import ClientSession, DummyCookieJar
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from msgspec.structs import replace

from app.aws.session import Session
from app.demo.github.auth import new_key_pair
from app.promotions import Outside
from app.runner import token_for
from app.settings import Settings
from checks.errors import Permanent, Transient
from checks.repository import Repository
from checks.runners.local import LocalRunner
from deploy.artifact import Artifact, Export, Kind
from deploy.promotion import Case, Decision, Jenkins, Promotion, State, Verdict, When
from deploy.promotions import KINDS
from deploy.version import version_of
from tests.app.github.local import Local, open_local
from tests.checks.runners.workshop import until

GIVEN: dict[str, Any] = {"github_private_key": "-----BEGIN PRIVATE KEY-----", "github_webhook_secret": "s"}
ACCEPTANCE = """\
version: 0.2
env:
  variables:
    PRX_CI_PUBLISH: "true"
  exported-variables: [WEB]
phases:
  build:
    commands:
      - export WEB=GitHub/acme/web/1.zip
      - test "$INTERLOCK_URL" = https://staging.example.org
      - test "$PRX_CI_PUBLISH" = false
      - test "$(git rev-parse HEAD)" = "$INTERLOCK_SHA"
      - cat expected
"""


@dataclass(frozen=True, kw_only=True)
class Scene:
    local: Local
    http: ClientSession
    runner: LocalRunner
    repository: Repository

    def outside(self, **settings: Any) -> Outside:
        known = Settings(**GIVEN, github_app_id=self.local.app.id, **settings)
        return Outside(known, self.local.client, self.http, Session(lambda *_: None), self.runner)

    def case(self, sha: str = "", **facts: Any) -> Case:
        sha = sha or self.local.sha
        export = Export(kind=Kind.ZIP, label="WEB", value="1.zip", place="1.zip")
        artifact = Artifact(repository=1, sha=sha, build="b", export=export, digest="sha256:" + "a" * 64)
        known = Case(
            deployment="d1",
            service="web",
            environment="staging",
            name="gate",
            when=When.AFTER,
            version=version_of(1, sha, [artifact]),
            repository=self.repository,
            url="https://staging.example.org",
            began_at=datetime.now(UTC),
            now=datetime.now(UTC),
        )
        return replace(known, **facts)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    pem, _ = new_key_pair()
    key = load_pem_private_key(pem.encode(), None)
    assert isinstance(key, RSAPrivateKey)
    async with open_local(tmp_path / "github", key, pem) as local, ClientSession(cookie_jar=DummyCookieJar()) as http:
        settings = Settings(**GIVEN, github_app_id=local.app.id, github_api_url=local.github.api_url)
        give = token_for(settings, local.client, always_new=False)
        local.hosted.private = True
        yield Scene(
            local=local,
            http=http,
            runner=LocalRunner(tmp_path / "runner", token_for=give, places=2),
            repository=replace(local.repository, clone_url=local.github.clone_url(local.hosted), private=True),
        )


def promotion(**spec: Any) -> Promotion:
    return KINDS[spec["type"]].model_validate(spec)


async def settled(kind: Promotion, case: Case, around: Outside) -> Verdict:
    found: list[Verdict] = []

    async def has_ended() -> bool:
        found[:] = [await kind.judge(case, around)]
        return not found[0].state.is_open

    await until(has_ended)
    return found[0]


# --- acceptance tests on the runner ---------------------------------------------------------------------------------


async def push(scene: Scene, **files: str) -> str:
    named = {name.replace("_", "."): text for name, text in files.items()}
    return await scene.local.github.commit_files(scene.local.hosted, "main", named, "Accept", "ana")


async def test_a_version_is_accepted_by_the_buildspec_of_its_own_commit(scene: Scene) -> None:
    good = await push(scene, acceptance_yml=ACCEPTANCE, expected="1")
    await push(scene, acceptance_yml=ACCEPTANCE.replace("cat", "false"), expected="2")
    kind = promotion(type="build")

    verdict = await settled(kind, scene.case(good), scene.outside())

    assert verdict == Verdict(state=State.PASSED, why="acceptance.yml succeeded")


async def test_one_that_does_not_accept_says_which_command_failed(scene: Scene) -> None:
    bad = await push(scene, acceptance_yml=ACCEPTANCE)
    verdict = await settled(promotion(type="build"), scene.case(bad), scene.outside())
    assert verdict == Verdict(state=State.FAILED, why="acceptance.yml failed: cat expected exited with 1 in build")


async def test_a_version_without_the_buildspec_is_told_so_at_once(scene: Scene) -> None:
    verdict = await promotion(type="build", buildspec="tests/none.yml").judge(scene.case(), scene.outside())
    sha = scene.local.sha[:7]
    assert verdict == Verdict(
        state=State.FAILED, why=f"there is no tests/none.yml at {sha}: add it, or name another file"
    )


async def test_two_who_ask_at_once_get_one_run(scene: Scene) -> None:
    sha = await push(scene, acceptance_yml=ACCEPTANCE, expected="1")
    case = scene.case(sha)
    kind = promotion(type="build")
    verdicts = await asyncio.gather(*(settled(kind, case, scene.outside()) for _ in range(3)))
    assert {each.state for each in verdicts} == {State.PASSED}
    assert len(list((scene.runner.home / "runs").iterdir())) == 1


# --- people, checks, alarms -----------------------------------------------------------------------------------------


async def test_who_may_approve_is_asked_of_github(scene: Scene) -> None:
    scene.local.github.create_team("acme", "Crew", ["bo"])
    kind = promotion(type="manual", allowed=["team:crew"])
    at = datetime.now(UTC)
    accounts = {login: scene.local.github.account(login).id for login in ("bo", "ana", "eve")}
    by = {login: Decision(by=login, by_id=number, approved=True, at=at) for login, number in accounts.items()}
    outside = scene.outside()
    states = [(await kind.judge(scene.case(decisions=(each,)), outside)).state for each in by.values()]
    assert states == [State.PASSED, State.PENDING, State.PENDING]


async def test_a_permission_is_that_of_this_moment(scene: Scene) -> None:
    outside = scene.outside()
    assert await outside.may(scene.repository, "bo", "write")
    del scene.local.hosted.collaborators["bo"]
    assert not await outside.may(scene.repository, "bo", "write")


async def test_checks_of_the_commit_are_waited_for_and_our_own_delivery_is_not(scene: Scene) -> None:
    kind, outside = promotion(type="status_check", names=["Interlock", "security"]), scene.outside()
    states = [(await kind.judge(scene.case(), outside)).state]
    for body in (
        {"name": "Interlock", "external_id": "b1", "conclusion": "success"},
        {"name": "security", "external_id": "delivery:d1", "conclusion": "success"},
    ):
        run = {**body, "head_sha": scene.local.sha, "status": "completed"}
        await scene.local.github.create_run(scene.local.hosted, scene.local.app, run)
        states.append((await kind.judge(scene.case(), outside)).state)
    said = {"state": "success", "context": "security"}
    await scene.local.github.report(scene.local.hosted, scene.local.github.account("bo"), scene.local.sha, said)
    states.append((await kind.judge(scene.case(), outside)).state)
    assert states == [State.PENDING, State.PENDING, State.PENDING, State.PASSED]


async def test_alarms_are_those_of_the_region(scene: Scene, aws: str) -> None:
    name = f"quiet-{uuid4().hex}"
    cloudwatch = Session(lambda *_: None, "eu-west-1").cloudwatch
    cloudwatch.put_metric_alarm(
        AlarmName=name, MetricName="Errors", Namespace="Shop", Period=60, EvaluationPeriods=1, Statistic="Sum",
        Threshold=1, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="test")
    outside = scene.outside()
    assert {each: told.state for each, told in (await outside.alarms([name], "eu-west-1")).items()} == {name: "OK"}
    assert await outside.alarms([name], "") == {}


async def test_a_region_that_is_none_is_refused_and_aws_without_one_is_no_verdict(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    outside = scene.outside()
    with pytest.raises(Permanent, match=r"'evil\.example/' is no region of AWS: write one such as us-west-2"):
        await outside.alarms(["a"], "evil.example/")
    with pytest.raises(Transient, match="AWS could not be asked for DescribeAlarms: You must specify a region"):
        await outside.alarms(["a"], "")


# --- what the operator set up ---------------------------------------------------------------------------------------


async def test_nothing_is_open_unless_the_operator_says_so(scene: Scene) -> None:
    outside = scene.outside()
    assert (outside.networks, outside.jenkins, outside.http) == ((), None, scene.http)


async def test_webhooks_ask_private_networks_that_are_named(scene: Scene) -> None:
    kind = promotion(type="webhook", url=f"{scene.local.github.url}/acme", deadline="10m")
    closed = await kind.judge(scene.case(), scene.outside())
    opened = await kind.judge(scene.case(), scene.outside(webhook_networks="127.0.0.0/8, fd12::/16"))
    assert (closed.state, opened.state) == (State.FAILED, State.PASSED)
    assert "the operator lets webhooks ask" in closed.why


async def test_jenkins_is_the_operators(scene: Scene) -> None:
    outside = scene.outside(
        jenkins_url="https://jenkins.example.org/",
        jenkins_user="ci",
        jenkins_token="hush",
        webhook_networks="10.0.0.0/8",
    )
    assert outside.jenkins == Jenkins(url="https://jenkins.example.org", user="ci", token="hush")
    assert outside.networks == (ip_network("10.0.0.0/8"),)
    assert "hush" not in repr(outside.jenkins)


async def test_a_job_of_jenkins_is_begun_only_by_whom_the_operator_lets(scene: Scene) -> None:
    jobs = ["smoke-web", "deploy", "billing/deploy"]
    repository = scene.case().repository
    assert repository.full_name == "acme/web"
    outside = scene.outside(jenkins_jobs="smoke-*, deploy, acme/bank=deploy")
    own = scene.outside(jenkins_jobs="smoke-*, acme/web=deploy")

    assert [outside.job_refusal(repository, job) for job in jobs] == [
        "",
        "deploy may not be begun: JENKINS_JOBS keeps it for acme/bank; ask the operator",
        "billing/deploy may not be begun: JENKINS_JOBS lets acme/web begin smoke-* or deploy; ask the operator",
    ]
    assert [bool(own.job_refusal(repository, job)) for job in jobs] == [True, False, True]
    assert [bool(scene.outside().job_refusal(repository, job)) for job in jobs] == [True] * 3
