"""The story from a version to staging: in order, once, and said; each event also told twice."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.errors import Transient
from checks.events import BuildSucceeded
from deploy.artifact import Artifact, Export, Kind
from deploy.deployment import MOVES, Deployment, State
from deploy.events import (
    ArtifactExported,
    DeploymentRequested,
    DeploymentSettled,
    HandOffRefused,
    VersionDue,
    VersionRegistered,
)
from deploy.flow import LEASE, announce, deploy, hear_exports, register_version
from deploy.hand_off import Parameters
from deploy.pointer import Pointer
from deploy.target import Progress, failed
from deploy.version import Version, version_of
from tests.deploy.world import NOW, Place, World

A, B, C = ("a" * 40, "b" * 40, "c" * 40)
PARAMETERS: Parameters = {"WEB": ("/prx/stag/Spire/Web/pkg/docker-image-tag",)}


def version(sha: str) -> Version:
    name = f"github/prx/my-app:{sha}"
    export = Export(kind=Kind.IMAGE, label="WEB", value=name, place="github/prx/my-app", tag=sha)
    return version_of(42, sha, [Artifact(repository=42, sha=sha, build="b", export=export, digest="sha256:1")])


def world(*requested: str, has: str = "", history: str = A + B + C) -> World:
    """A place with a deployment d1, d2 … for each of the commits; `has` is live there."""
    made = World(place=Place(has=has), history=[history[at : at + 40] for at in range(0, len(history), 40)])
    if has:
        made.pointer = Pointer(environment="42/staging", live=has, aim=has, fence=7)
        made.deployments["d0"] = _deployment("d0", has, State.LIVE)
    for number, sha in enumerate(requested, 1):
        made.deployments[f"d{number}"] = _deployment(f"d{number}", sha)
    return made


def _deployment(name: str, sha: str, state: State = State.REQUESTED) -> Deployment:
    return Deployment(id=name, version=version(sha), environment="staging", parameters=PARAMETERS, state=state)


def requested(name: str) -> DeploymentRequested:
    return DeploymentRequested(deployment=name, place="42/staging")


def states(made: World) -> dict[str, str]:
    return {name: f"{each.state}: {each.why}" for name, each in made.deployments.items()}


# --- a version asks for its place ---------------------------------------------------------------


async def test_what_a_build_names_is_handed_over_where_its_variables_say() -> None:
    exported = {
        "WEB": f"github/prx/my-app:{A}",
        "PRX_SPIRE_ECR_PKG_PARAMETERS": "WEB=/prx/stag/Spire/Web/pkg/docker-image-tag",
    }
    event = BuildSucceeded(build="b", repository=42, sha=A, published=True, exported=exported)

    [said] = await World().tell(hear_exports, event)
    [unled] = await World().tell(hear_exports, replace(event, leads=False))

    assert isinstance(said, ArtifactExported)
    assert isinstance(unled, ArtifactExported)
    assert (said.hand_off, unled.hand_off) == (PARAMETERS, {})


async def test_a_malformed_mapping_is_refused_and_the_artifacts_are_published_all_the_same() -> None:
    exported = {"WEB": f"github/prx/my-app:{A}", "PRX_SPIRE_S3_PKG_PARAMETERS": "WEB"}
    event = BuildSucceeded(build="b", repository=42, sha=A, published=True, exported=exported)

    refused, said = await World().tell(hear_exports, event)

    why = "PRX_SPIRE_S3_PKG_PARAMETERS, entry 1 (character 1), 'WEB': it needs exactly one =, as in LABEL=/name,/name"
    assert refused == HandOffRefused(build="b", why=why)
    assert isinstance(said, ArtifactExported)
    assert said.hand_off == {}


async def test_a_version_is_deployed_to_staging_at_once() -> None:
    made = world()
    [artifact] = version(A).artifacts
    made.known = {artifact.id: artifact}
    due = VersionDue(build="b", repository=42, sha=A, together=(artifact.export.value,), hand_off=PARAMETERS)

    said = await made.tell(register_version, due)

    registered = VersionRegistered(version=version(A).id, registered=version(A))
    assert said == [registered, requested("d1")]
    assert states(made) == {"d1": "requested: "}


async def test_where_the_operator_lets_nothing_be_written_nothing_is_asked_for() -> None:
    made = world()
    made.place = None
    [artifact] = version(A).artifacts
    made.known = {artifact.id: artifact}
    due = VersionDue(build="b", repository=42, sha=A, together=(artifact.export.value,), hand_off=PARAMETERS)

    assert len(await made.tell(register_version, due)) == 1
    assert made.deployments == {}


# --- in order -----------------------------------------------------------------------------------


async def test_the_first_version_becomes_live() -> None:
    made = world(A)

    said = await made.tell(deploy, requested("d1"))

    assert said == [DeploymentSettled(deployment="d1", state="live", why="wrote aaaaaaa")]
    assert (made.place and made.place.writes, made.pointer.live, made.pointer.until) == ([A], A, None)
    assert await made.tell(deploy, requested("d1")) == []


async def test_an_older_commit_that_finishes_last_replaces_nothing() -> None:
    made = world(B, A)

    for name in ("d1", "d2"):
        await made.tell(deploy, requested(name))

    assert made.place
    assert (made.place.has, made.place.writes) == (B, [B])
    assert states(made) == {
        "d1": "live: wrote bbbbbbb",
        "d2": "superseded: staging has bbbbbbb, which contains aaaaaaa",
    }


async def test_a_newer_commit_takes_over() -> None:
    made = world(B, has=A)

    said = await made.tell(deploy, requested("d1"))

    assert said == [
        DeploymentSettled(deployment="d0", state="superseded", why="bbbbbbb is newer"),
        DeploymentSettled(deployment="d1", state="live", why="wrote bbbbbbb"),
    ]


async def test_a_commit_that_is_live_is_not_written_again() -> None:
    made = world(A, has=A)

    await made.tell(deploy, requested("d1"))

    assert made.place
    assert made.place.writes == []
    assert states(made)["d1"] == "superseded: staging has aaaaaaa already"


async def test_what_lies_beside_the_branch_waits_for_a_person() -> None:
    made = world("d" * 40, has=A)

    await made.tell(deploy, requested("d1"))

    assert made.place
    assert made.place.writes == []
    assert made.deployments["d1"].state is State.GATED


# --- what goes wrong ----------------------------------------------------------------------------


async def test_a_refusal_ends_the_deployment_with_its_reason_and_frees_the_place() -> None:
    made = world(A, B)
    assert made.place
    made.place.ends = lambda: failed("AWS does not let the App do ssm:PutParameter: give its role this right")

    said = await made.tell(deploy, requested("d1"))
    made.place.ends = None
    await made.tell(deploy, requested("d2"))

    why = "AWS does not let the App do ssm:PutParameter: give its role this right"
    assert said == [DeploymentSettled(deployment="d1", state="failed", why=why)]
    assert made.deployments["d2"].state is State.LIVE


async def test_while_it_is_not_known_how_a_write_ended_nobody_else_writes() -> None:
    made = world(A, B)
    assert made.place

    def breaks() -> Progress:
        raise Transient("AWS did not answer")

    made.place.ends = breaks
    with pytest.raises(Transient, match="did not answer"):
        await made.tell(deploy, requested("d1"))
    with pytest.raises(Transient, match="somebody else writes into staging"):
        await made.tell(deploy, requested("d2"))

    made.now, made.place.ends = NOW + LEASE + timedelta(seconds=1), None
    await made.tell(deploy, requested("d1"))
    await made.tell(deploy, requested("d2"))
    assert (made.place.has, made.pointer.live) == (B, B)


async def test_while_github_is_away_nothing_is_held_up_by_a_lease() -> None:
    made = world(B, has=A)
    made.github_is_away = True

    with pytest.raises(Transient, match="GitHub"):
        await made.tell(deploy, requested("d1"))

    assert made.pointer.until is None


async def test_what_was_written_by_an_app_that_was_killed_then_is_found_to_be_live() -> None:
    made = world(A, has=B)
    made.deployments["d0"] = _deployment("d0", B)

    said = await made.tell(deploy, requested("d0"))

    assert said == [DeploymentSettled(deployment="d0", state="live", why="staging has bbbbbbb already")]


# --- what is shown ------------------------------------------------------------------------------


async def test_github_hears_what_became_of_it_once() -> None:
    made = world(A)
    [live] = await made.tell(deploy, requested("d1"))

    for _ in range(2):
        assert await made.tell(announce, live) == []

    assert made.shown == {"d1": ["success: wrote aaaaaaa"]}


async def test_what_was_never_live_is_not_shown_as_taken_away() -> None:
    made = world(A, has=B)
    [superseded] = await made.tell(deploy, requested("d1"))

    await made.tell(announce, superseded)

    assert made.shown == {}


async def test_what_was_live_is_shown_as_inactive() -> None:
    made = world(B, has=A)
    made.shown["d0"] = ["success: wrote"]
    for said in await made.tell(deploy, requested("d1")):
        await made.tell(announce, said)

    assert made.shown == {"d0": ["success: wrote", "inactive: bbbbbbb is newer"], "d1": ["success: wrote bbbbbbb"]}


@pytest.mark.parametrize("state", list(State))
def test_no_illegal_move_is_possible(state: State) -> None:
    start = _deployment("d1", A, state)

    moved = {wanted for wanted in State if start.moved(wanted, "") is not None}

    assert moved == MOVES[state]
