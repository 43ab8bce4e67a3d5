"""What a build exports becomes artifacts, available in every region, and a version."""

from collections.abc import Sequence
from datetime import timedelta

from checks.errors import Permanent, Transient
from checks.events import BuildSucceeded, Event
from deploy.artifact import Artifact, NotOurs, exports
from deploy.events import (
    ArtifactAvailable,
    ArtifactDue,
    ArtifactExported,
    ArtifactPublished,
    ArtifactRefused,
    HandOffRefused,
    VersionDue,
    VersionRegistered,
)
from deploy.hand_off import wanted
from deploy.ports import CD, Depot
from deploy.version import version_of

PATIENCE = timedelta(minutes=10)
"""What a build says it published and is not found after so long, was never published."""


async def hear_exports(event: BuildSucceeded, cd: CD) -> Sequence[Event]:
    """A publishing build names its artifacts; what is not its own is refused. Of a pull request they are no version:
    nothing goes anywhere before it is merged."""
    if not event.published or not event.exported:
        return ()
    repository = await cd.repositories.get(event.repository)
    found = exports(event.exported, repository.full_name, event.sha)
    together = tuple(each.value for each in found) if event.on_branch else ()
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
    return [VersionRegistered(version=version.id, registered=version, is_new=is_new, hand_off=event.hand_off)]


# --- steps of the story ------------------------------------------------------------------------


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
