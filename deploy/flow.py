"""The story of CD: one function per event, from what a build exports to what is available, and live."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from checks.change import short
from checks.errors import Permanent, Transient
from checks.events import BuildSucceeded, Event
from deploy.announcement import State as Shown
from deploy.artifact import Artifact, NotOurs, exports
from deploy.deployment import STAGING, Deployment, State
from deploy.events import (
    ArtifactAvailable,
    ArtifactDue,
    ArtifactExported,
    ArtifactPublished,
    ArtifactRefused,
    DeploymentRequested,
    DeploymentSettled,
    HandOffRefused,
    VersionDue,
    VersionRegistered,
)
from deploy.hand_off import Parameters, wanted
from deploy.order import Decision, Facts, Relation, Verdict, decide
from deploy.pointer import Pointer
from deploy.ports import CD, Depot
from deploy.target import Live, Progress, Target, Write, failed
from deploy.target import State as Ending
from deploy.version import Version, version_of

LEASE = timedelta(minutes=6)
"""Longer than the longest write, with all its repetitions; after a crash nobody writes there for so long."""

PATIENCE = timedelta(minutes=10)
"""What a build says it published and is not found after so long, was never published."""


async def hear_exports(event: BuildSucceeded, cd: CD) -> Sequence[Event]:
    """A publishing build names its artifacts; what is not its own is refused."""
    if not event.published or not event.exported:
        return ()
    repository = await cd.repositories.get(event.repository)
    found = exports(event.exported, repository.full_name, event.sha)
    together = tuple(each.value for each in found)
    try:
        hand_off, refused = wanted(event.exported) if event.leads else {}, []
    except ValueError as malformed:
        hand_off, refused = {}, [HandOffRefused(build=event.build, why=str(malformed))]
    return [
        *refused,
        *(
            ArtifactRefused(build=event.build, label=each.label, value=each.value, why=each.why)
            if isinstance(each, NotOurs)
            else ArtifactExported(
                build=event.build,
                repository=event.repository,
                sha=event.sha,
                export=each,
                at=cd.now,
                together=together,
                hand_off=hand_off,
            )
            for each in found
        ),
    ]


async def publish_artifact(event: ArtifactExported, cd: CD) -> Sequence[Event]:
    """An artifact is what lies there, not what the build says of it. What is known already is only completed."""
    if cd.depot is None:
        return ()
    try:
        digest = await cd.depot.digest(event.export, cd.depot.home)
        why = _why_not(event, digest, cd)
    except Permanent as refusal:
        digest, why = None, str(refusal)
    if digest is None or why:
        return [ArtifactRefused(build=event.build, label=event.export.label, value=event.export.value, why=why)]
    artifact = Artifact(
        repository=event.repository, sha=event.sha, build=event.build, export=event.export, digest=digest
    )
    version = VersionDue(
        build=event.build,
        repository=event.repository,
        sha=event.sha,
        together=event.together,
        hand_off=event.hand_off,
    )
    if not await cd.artifacts.add(artifact):
        return [*await _still_due(artifact.id, cd.depot, cd), version]
    cd.artifacts.make_available(artifact.id, cd.depot.home)
    return [
        ArtifactPublished(artifact=artifact.id, published=artifact),
        ArtifactAvailable(artifact=artifact.id, region=cd.depot.home),
        version,
    ]


async def spread_artifact(event: ArtifactPublished, cd: CD) -> Sequence[Event]:
    """What is built once is wanted in every region."""
    return await _still_due(event.artifact, cd.depot, cd) if cd.depot else ()


async def bring_artifact(event: ArtifactDue, cd: CD) -> Sequence[Event]:
    """An artifact gets to a region, unless replication was faster, and counts when it was found there."""
    if cd.depot is None or event.region in await cd.artifacts.regions_of(event.artifact):
        return ()
    artifact = await cd.artifacts.get(event.artifact)
    try:
        await _bring(artifact, event.region, cd.depot)
    except Permanent as refusal:
        export = artifact.export
        return [
            ArtifactRefused(
                build=artifact.build, label=export.label, value=export.value, region=event.region, why=str(refusal)
            )
        ]
    cd.artifacts.make_available(artifact.id, event.region)
    return [ArtifactAvailable(artifact=artifact.id, region=event.region)]


async def register_version(event: VersionDue, cd: CD) -> Sequence[Event]:
    """What a build named is a version once all of it is pinned, and the same contents are no second one."""
    pinned = {each.export.value: each for each in await cd.artifacts.of_commit(event.repository, event.sha)}
    if not event.together or not pinned.keys() >= set(event.together):
        return ()
    version = version_of(event.repository, event.sha, [pinned[value] for value in event.together])
    is_new = await cd.versions.add(version)
    registered = [VersionRegistered(version=version.id, registered=version)] if is_new else []
    return [*registered, *_requested(version, event.hand_off, cd)]


async def deploy(event: DeploymentRequested, cd: CD) -> Sequence[Event]:
    """The environment moves to the version if the order rule lets it, under a lease that is held through the write.

    While it is not known how a write ended the lease is kept: it ends by itself, after whatever may still arrive.
    """
    deployment = await cd.deployments.get(event.deployment)
    target = cd.targets.open(deployment)
    if deployment.state is not State.REQUESTED or target is None:
        return ()
    pointer = await cd.pointers.change(deployment.place, lambda now: now.leased(cd.now, cd.now + LEASE))
    if pointer is None:
        raise Transient(f"somebody else writes into {deployment.environment}")
    lease = pointer.fence
    try:
        decision = await _decided(deployment, pointer, cd)
    except (Transient, Permanent):  # nothing was written yet
        await cd.pointers.change(deployment.place, lambda now: now.released(lease))
        raise
    if decision.verdict is not Verdict.ADVANCE:
        await cd.pointers.change(deployment.place, lambda now: now.released(lease))
        return await _stayed(deployment, decision, cd)
    await _hold(cd, deployment, lambda now: now.aimed(lease, deployment.version.sha))
    progress = await _written(deployment, target, pointer, cd)
    if progress.state is not Ending.DONE:
        await cd.pointers.change(deployment.place, lambda now: now.released(lease))
        return _settled(deployment, State.FAILED, progress.why, cd)
    await _hold(cd, deployment, lambda now: now.arrived(lease))
    return await _arrived(deployment, progress.why, cd, progress.live)


async def announce(event: DeploymentSettled, cd: CD) -> Sequence[Event]:
    """GitHub shows what became of a deployment."""
    deployment = await cd.deployments.get(event.deployment)
    repository = await cd.repositories.get(deployment.version.repository)
    announcement, known = deployment.announcement(), await cd.announcements.known(deployment.id)
    if known is None and announcement.state is Shown.INACTIVE:
        return ()  # it was never live, and GitHub never heard of it
    repeated = cd.repeated
    while (told := await cd.announcements.show(repository, announcement, known, repeated=repeated)) != known:
        known, repeated = told, False
        cd.announcements.save(told)
    return ()


# --- steps of the story ------------------------------------------------------------------------


def _requested(version: Version, parameters: Parameters, cd: CD) -> Sequence[Event]:
    """The pipeline that every repository with PRX's parameters has: staging, at once."""
    if not parameters:
        return ()
    deployment = Deployment(id=cd.new_id(), version=version, environment=STAGING, parameters=parameters)
    if cd.targets.open(deployment) is None:
        return ()
    cd.deployments.save(deployment)
    return [DeploymentRequested(deployment=deployment.id, place=deployment.place)]


async def _decided(deployment: Deployment, pointer: Pointer, cd: CD) -> Decision:
    repository, sha = await cd.repositories.get(deployment.version.repository), deployment.version.sha
    relation = await cd.ancestry.relation(repository, pointer.aim, sha) if pointer.aim else Relation.UNKNOWN
    asks = bool(pointer.aim) and relation.needs_the_branch
    return decide(
        Facts(
            environment=deployment.environment,
            candidate=sha,
            live=pointer.aim,
            cut_off=pointer.is_cut_off,
            relation=relation,
            live_on_branch=asks and await cd.ancestry.is_on_default_branch(repository, pointer.aim),
            candidate_on_branch=asks and await cd.ancestry.is_on_default_branch(repository, sha),
            lease=pointer.fence,
            fence=pointer.fence,
        )
    )


async def _hold(cd: CD, deployment: Deployment, move: Callable[[Pointer], Pointer | None]) -> None:
    if await cd.pointers.change(deployment.place, move) is None:
        raise Transient(f"the lease on {deployment.environment} was taken over")


async def _written(deployment: Deployment, target: Target, pointer: Pointer, cd: CD) -> Progress:
    repository = await cd.repositories.get(deployment.version.repository)
    assert pointer.until  # it was leased
    try:
        before = await target.live()
    except Permanent as refusal:
        return failed(str(refusal))
    write = Write(
        token=deployment.id,
        service=repository.full_name,
        environment=deployment.environment,
        version=deployment.version,
        fence=pointer.fence,
        until=pointer.until,
        before=before,
    )
    return await target.deploy(write)


async def _stayed(deployment: Deployment, decision: Decision, cd: CD) -> Sequence[Event]:
    match decision.verdict:
        case Verdict.SAME if not await _is_live(deployment, cd):
            # It was written, and the App was killed before it could say so.
            return await _arrived(deployment, decision.why, cd)
        case Verdict.SAME | Verdict.SUPERSEDED:
            return _settled(deployment, State.SUPERSEDED, decision.why, cd)
        case Verdict.WAITS:
            return _settled(deployment, State.GATED, decision.why, cd)
        case _:
            raise Transient(decision.why)


async def _is_live(deployment: Deployment, cd: CD) -> bool:
    live = await cd.deployments.live_in(deployment.place)
    return any(each.version.sha == deployment.version.sha for each in live)


async def _arrived(deployment: Deployment, why: str, cd: CD, live: Live | None = None) -> Sequence[Event]:
    """It is live, and what was live before is not any more."""
    newer = f"{short(deployment.version.sha)} is newer"
    before = await cd.deployments.live_in(deployment.place)
    replaced = [said for old in before for said in _settled(old, State.SUPERSEDED, newer, cd)]
    return [*replaced, *_settled(deployment, State.LIVE, why, cd, live)]


def _settled(deployment: Deployment, state: State, why: str, cd: CD, live: Live | None = None) -> Sequence[Event]:
    moved = deployment.moved(state, why, live.values if live else None)
    if moved is None:
        return ()
    cd.deployments.save(moved)
    return [DeploymentSettled(deployment=deployment.id, state=state, why=why)]


def _why_not(event: ArtifactExported, digest: str | None, cd: CD) -> str:
    """Why it is refused, or nothing. What is not there yet may come."""
    export = event.export
    if digest is None and cd.now - event.at < PATIENCE:
        raise Transient(f"{export.name} is not there yet")
    if digest is None:
        return f"{export.name} was not found within {PATIENCE // timedelta(minutes=1)} min of its build"
    if export.digest and export.digest != digest:
        return f"the build says that it published {export.digest}, and {digest} is there"
    return ""


async def _still_due(artifact: str, depot: Depot, cd: CD) -> Sequence[Event]:
    there = await cd.artifacts.regions_of(artifact)
    return [ArtifactDue(artifact=artifact, region=region) for region in depot.further if region not in there]


async def _bring(artifact: Artifact, region: str, depot: Depot) -> None:
    if await _is_there(artifact, region, depot):
        return
    await depot.copy(artifact, region)
    if not await _is_there(artifact, region, depot):
        raise Transient(f"{artifact.export.name} was copied to {region} and is not there yet")


async def _is_there(artifact: Artifact, region: str, depot: Depot) -> bool:
    digest = await depot.digest(artifact.export, region)
    if digest not in (None, artifact.digest):
        raise Permanent(f"{region} has other contents as {artifact.export.name}: {digest} instead of {artifact.digest}")
    return digest is not None
