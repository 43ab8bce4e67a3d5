"""The same gateway against the local GitHub, which keeps state, checks what it is told and can fail on demand."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from time import time

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec.structs import replace

from app.demo.github.installation import Installation
from app.demo.github.installing import Registration
from app.demo.github.repository import Repository as Hosted
from app.demo.github.server import LocalGitHub
from app.github.auth import AppKey
from app.github.checks import GitHubChecks
from app.github.client import Client
from app.github.clock import Clock
from app.github.compare import GitHubAncestry
from app.github.errors import NotFound, NotInstalled
from app.github.lane import Limits
from app.github.people import GitHubPeople
from app.github.repository import RepositoryCalls
from app.github.source import GitHubSource
from app.github.transport import Transport
from checks.annotation import Annotation
from checks.button import Action, Button
from checks.check_run import CheckRun
from checks.errors import Permanent, Transient
from checks.ports import Shown
from checks.repository import Repository
from deploy.order import Relation

BUILDSPEC = "version: 0.2\nenv:\n  variables:\n    PRX_A: b\n"


@dataclass(frozen=True, kw_only=True)
class World:
    github: LocalGitHub
    installation: Installation
    hosted: Hosted
    repository: Repository
    sha: str
    client: Client
    calls: RepositoryCalls
    checks: GitHubChecks
    passed: list[float]

    def asked(self) -> list[str]:
        """Method and path of what was asked, apart from tokens."""
        return [f"{each.method} {each.path}" for each in self.github.asked if "access_tokens" not in each.path]


@pytest.fixture
async def world(tmp_path: Path, private_key: RSAPrivateKey, pem: str) -> AsyncIterator[World]:
    async with LocalGitHub(tmp_path / "github") as github:
        await github.create_user("ana")
        await github.create_user("eve")
        await github.create_organisation("acme", owners=["ana"])
        hosted = await github.create_repository("acme/web")
        public = private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        app = await github.register_app(
            Registration(
                name="Interlock",
                owner="acme",
                public_key=public,
                webhook_url="http://127.0.0.1:1/github",
                webhook_secret="s",
                permissions={"checks": "write", "contents": "read"},
                events=(),
            )
        )
        installation = await github.install_app(app, "acme", by="ana")
        sha = await github.commit_files(hosted, "main", {"buildspec.yml": BUILDSPEC}, "Begin", "ana")
        passed = [0.0]
        clock = Clock(now=lambda: time() + passed[0])
        key = AppKey(app.id, pem, clock)
        transport = Transport(github.api_url, lambda *_: None)
        async with Client(transport, key, limits=Limits(between_writes=0), clock=clock) as client:
            calls = RepositoryCalls(client)
            yield World(
                github=github,
                installation=installation,
                hosted=hosted,
                repository=Repository(id=hosted.id, full_name="acme/web", installation=installation.id),
                sha=sha,
                client=client,
                calls=calls,
                checks=GitHubChecks(calls, app.id),
                passed=passed,
            )


def check(world: World, **facts: object) -> CheckRun:
    queued = CheckRun(
        external_id="b1",
        name="Interlock",
        head_sha=world.sha,
        status="queued",
        title="Waiting for a runner",
        summary="",
        details_url="https://ci.example.org/b1",
        actions=(Action(button=Button.CANCEL, label="Cancel", description="Stop this build"),),
    )
    return replace(queued, **facts)


def failed(world: World, annotations: int) -> CheckRun:
    return check(
        world,
        status="completed",
        conclusion="failure",
        annotations=tuple(
            Annotation(path="a.py", start_line=line, end_line=line, title="failed", message=f"line {line}")
            for line in range(1, annotations + 1)
        ),
    )


async def test_what_ci_asks_of_a_commit_is_answered_with_one_request_each(world: World) -> None:
    source = GitHubSource(world.calls)
    before = len(world.asked())
    text, blob = await source.buildspec(world.repository, world.sha)
    assert (text, len(blob)) == (BUILDSPEC, 40)
    assert await source.message(world.repository, world.sha) == "Begin"
    assert len(world.asked()) - before == 2


async def test_a_commit_without_buildspec_and_an_unknown_commit_differ(world: World) -> None:
    source = GitHubSource(world.calls)
    bare = await world.github.create_repository("acme/bare")
    sha = await world.github.commit_files(bare, "main", {"a": "b"}, "Begin", "ana")
    repository = replace(world.repository, id=bare.id, full_name="acme/bare")
    assert await source.buildspec(repository, sha) == (None, "")
    with pytest.raises(Transient, match="does not know commit 1234567"):
        await source.buildspec(repository, "1234567" + "0" * 33)


async def test_a_check_lives_from_queued_to_failed_with_all_its_annotations(world: World) -> None:
    known = await world.checks.show(world.repository, check(world), None, repeated=False)
    known = await world.checks.show(world.repository, check(world, status="in_progress"), known, repeated=False)
    end = failed(world, 120)
    known = await world.checks.show(world.repository, end, known, repeated=False)
    assert known
    while known.annotations < 120:
        known = await world.checks.annotate(world.repository, end, known, repeated=False)
    (run,) = world.github.runs.values()
    assert (run.id, run.status, run.conclusion) == (known.check_run, "completed", "failure")
    assert [each.start_line for each in run.output.annotations] == list(range(1, 121))


@pytest.mark.parametrize("lost", ["POST", "PATCH"])
async def test_an_answer_that_is_lost_doubles_nothing(world: World, lost: str) -> None:
    known: Shown | None = None
    if lost == "PATCH":
        known = await world.checks.show(world.repository, check(world), None, repeated=False)
    world.github.faults.lose_answer(method=lost, path="check-runs")
    with pytest.raises(Transient):
        await world.checks.show(world.repository, failed(world, 7), known, repeated=False)
    known = await world.checks.show(world.repository, failed(world, 7), known, repeated=True)
    (run,) = world.github.runs.values()
    assert known
    assert (known.check_run, known.annotations, len(run.output.annotations)) == (run.id, 7, 7)


async def test_a_check_that_waited_for_approval_goes_on_as_the_same_check(world: World) -> None:
    held = check(world, status="completed", conclusion="action_required", title="Waiting for approval")
    known = await world.checks.show(world.repository, held, None, repeated=False)
    await world.checks.show(world.repository, check(world), known, repeated=False)
    (run,) = world.github.runs.values()
    assert (run.status, run.conclusion) == ("queued", None)


async def test_a_renamed_repository_is_found_by_reading_and_by_writing(world: World) -> None:
    await world.github.rename_repository(world.hosted, "site")
    await world.checks.show(world.repository, check(world), None, repeated=False)
    assert (await GitHubSource(world.calls).buildspec(world.repository, world.sha))[0] == BUILDSPEC
    assert world.asked()[-2:] == [
        f"GET /repositories/{world.hosted.id}",
        f"GET /repos/acme/site/contents/buildspec.yml?ref={world.sha}",
    ]


async def test_only_those_with_write_access_may_write(world: World) -> None:
    people = GitHubPeople(world.calls)
    assert [await people.may_write(world.repository, login) for login in ("ana", "eve", "nobody")] == [
        True,
        False,
        False,
    ]


async def test_a_token_of_which_github_knows_no_more_is_replaced(world: World) -> None:
    source = GitHubSource(world.calls)
    await source.message(world.repository, world.sha)
    token = await world.client.tokens.of(world.installation.id)
    world.github.expire_tokens()
    world.passed[0] += 30
    assert (await source.buildspec(world.repository, world.sha))[0] == BUILDSPEC
    assert (await world.client.tokens.of(world.installation.id)).secret != token.secret


async def test_a_token_to_hand_on_is_for_its_repository_and_no_other(world: World) -> None:
    await world.github.create_repository("acme/other", private=True)
    token = await world.client.tokens.scoped(world.repository)
    caller = world.github.doorkeeper.caller(f"Bearer {token.secret.reveal()}")
    assert caller.token
    assert caller.token.repositories == frozenset({world.hosted.id})
    assert caller.token.permissions.keys() - {"metadata"} == {"contents"}


async def test_the_end_of_an_installation_or_repository_is_permanent(world: World) -> None:
    await world.github.archive_repository(world.hosted)
    with pytest.raises(Permanent, match="unarchive it"):
        await world.checks.show(world.repository, check(world), None, repeated=False)
    await world.github.delete_repository(world.hosted)
    with pytest.raises(NotFound):
        await world.checks.show(world.repository, check(world), None, repeated=False)
    await world.github.suspend(world.installation)
    suspended = replace(world.repository, installation=world.installation.id)
    world.client.tokens.discard(await world.client.tokens.of(world.installation.id))
    with pytest.raises(NotInstalled, match="suspended"):
        await world.checks.show(suspended, check(world), None, repeated=False)


async def test_an_hour_that_is_used_up_says_when_it_ends(world: World) -> None:
    people = GitHubPeople(world.calls)
    await people.may_write(world.repository, "ana")
    world.github.limits.exhaust(1800)
    with pytest.raises(Transient) as limited:
        await people.may_write(world.repository, "ana")
    assert limited.value.not_before
    assert 1795 < (limited.value.not_before - world.github.clock()).total_seconds() < 1805


async def test_git_itself_orders_the_commits_of_two_branches(world: World) -> None:
    ancestry = GitHubAncestry(world.calls)
    second = await world.github.commit_files(world.hosted, "main", {"a": "1"}, "Go on", "ana")
    aside = await world.github.commit_files(world.hosted, "aside", {"a": "2"}, "Go aside", "ana")
    third = await world.github.commit_files(world.hosted, "main", {"a": "3"}, "Go on again", "ana")
    gone = "1234567" + "0" * 33

    pairs = [(world.sha, third), (third, second), (third, aside), (third, gone), (third, third)]
    found = [await ancestry.relation(world.repository, *pair) for pair in pairs]
    on_branch = [await ancestry.is_on_default_branch(world.repository, sha) for sha in (second, third, aside, gone)]

    assert found == [Relation.AHEAD, Relation.BEHIND, Relation.DIVERGED, Relation.UNKNOWN, Relation.IDENTICAL]
    assert on_branch == [True, True, False, False]
