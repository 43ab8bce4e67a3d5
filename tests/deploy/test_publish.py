"""The story of CD: from what a build exports to what is available in every region, each event also told twice."""

import pytest
from msgspec.structs import replace

from checks.errors import Transient
from checks.events import BuildSucceeded
from deploy.artifact import Artifact, Export, Kind
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
from deploy.flow.publish import (
    PATIENCE,
    bring_artifact,
    hear_exports,
    publish_artifact,
    register_version,
    spread_artifact,
)
from deploy.version import version_of
from tests.deploy.world import HOME, NORTH, NOW, WEST, World

SHA = "4f2a91c0de" * 4
DIGEST, OTHER = "sha256:" + "ab" * 32, "sha256:" + "cd" * 32
NAME = f"github/prx/my-app:{SHA}"
EXPORT = Export(kind=Kind.IMAGE, label="WEB", value=NAME, place="github/prx/my-app", tag=SHA, digest=DIGEST)
ARTIFACT = Artifact(repository=42, sha=SHA, build="b1", export=EXPORT, digest=DIGEST)
SUCCEEDED = BuildSucceeded(
    build="b1", repository=42, sha=SHA, published=True, exported={"WEB": NAME, "WEB_DIGEST": DIGEST, "N": "1"}
)
EXPORTED = ArtifactExported(build="b1", repository=42, sha=SHA, export=EXPORT, at=NOW, together=(NAME,))
PUBLISHED = ArtifactPublished(artifact=ARTIFACT.id, published=ARTIFACT)
COMPLETE = VersionDue(build="b1", repository=42, sha=SHA, together=(NAME,))
DUE = ArtifactDue(artifact=ARTIFACT.id, region=WEST)
REFUSED = ArtifactRefused(build="b1", label="WEB", value=NAME, why="")


def published() -> World:
    """An artifact that was found at home."""
    return World({(HOME, NAME): DIGEST}, {ARTIFACT.id: ARTIFACT}, {(ARTIFACT.id, HOME)})


# --- what a build says -------------------------------------------------------------------------


async def test_a_publishing_build_names_its_artifacts_each_time_alike() -> None:
    world = World()

    assert [await world.tell(hear_exports, SUCCEEDED) for _ in range(2)] == [[EXPORTED], [EXPORTED]]


@pytest.mark.parametrize("event", [replace(SUCCEEDED, published=False), replace(SUCCEEDED, exported={})])
async def test_a_build_that_publishes_nothing_names_nothing(event: BuildSucceeded) -> None:
    assert await World().tell(hear_exports, event) == []


async def test_what_belongs_to_somebody_else_is_refused_and_the_rest_goes_on() -> None:
    stolen = f"github/prx/bank:{SHA}"
    event = replace(SUCCEEDED, exported={**SUCCEEDED.exported, "BANK": stolen})

    why = "it names prx/bank, and this is a build of prx/my-app"
    assert await World().tell(hear_exports, event) == [
        ArtifactRefused(build="b1", label="BANK", value=stolen, why=why),
        replace(EXPORTED, together=(stolen, NAME)),
    ]


async def test_where_the_values_go_is_what_the_variables_of_the_leading_build_say() -> None:
    mapping = {"PRX_SPIRE_ECR_PKG_PARAMETERS": "WEB=/prx/stag/Spire/Web/pkg/docker-image-tag"}
    event = replace(SUCCEEDED, exported={**SUCCEEDED.exported, **mapping})

    told = [await World().tell(hear_exports, each) for each in (event, replace(event, leads=False))]

    hand_off = {"WEB": ("/prx/stag/Spire/Web/pkg/docker-image-tag",)}
    assert told == [[replace(EXPORTED, hand_off=hand_off)], [EXPORTED]]


async def test_a_malformed_mapping_is_refused_and_the_artifacts_are_published_all_the_same() -> None:
    event = replace(SUCCEEDED, exported={**SUCCEEDED.exported, "PRX_SPIRE_S3_PKG_PARAMETERS": "WEB"})

    why = "PRX_SPIRE_S3_PKG_PARAMETERS, entry 1 (character 1), 'WEB': it needs exactly one =, as in LABEL=/name,/name"
    assert await World().tell(hear_exports, event) == [HandOffRefused(build="b1", why=why), EXPORTED]


async def test_what_a_pull_request_publishes_is_there_and_goes_nowhere() -> None:
    world = World({(HOME, NAME): DIGEST})
    proposed = replace(SUCCEEDED, on_branch=False)

    [exported] = await world.tell(hear_exports, proposed)
    *published, due = await world.tell(publish_artifact, exported)

    assert published == [PUBLISHED, ArtifactAvailable(artifact=ARTIFACT.id, region=HOME)]
    assert await world.tell(register_version, due) == []


# --- what is there -----------------------------------------------------------------------------


async def test_an_artifact_is_published_when_its_digest_was_found() -> None:
    world = World({(HOME, NAME): DIGEST})

    assert await world.tell(publish_artifact, EXPORTED) == [
        PUBLISHED,
        ArtifactAvailable(artifact=ARTIFACT.id, region=HOME),
        COMPLETE,
    ]
    assert (world.known, world.available) == ({ARTIFACT.id: ARTIFACT}, {(ARTIFACT.id, HOME)})


async def test_a_build_that_says_no_digest_is_believed_what_is_there() -> None:
    silent = replace(EXPORTED, export=replace(EXPORT, digest=""))
    world = World({(HOME, NAME): OTHER})

    await world.tell(publish_artifact, silent)

    assert [each.digest for each in world.known.values()] == [OTHER]


async def test_contents_that_come_again_are_one_artifact_that_is_completed() -> None:
    world = published()
    world.available.add((ARTIFACT.id, NORTH))

    assert await world.tell(publish_artifact, replace(EXPORTED, build="b2")) == [DUE, replace(COMPLETE, build="b2")]
    assert world.known == {ARTIFACT.id: ARTIFACT}


async def test_a_digest_that_is_not_the_one_that_was_told_is_refused() -> None:
    world = World({(HOME, NAME): OTHER})

    why = f"the build says that it published {DIGEST}, and {OTHER} is there"
    told = [await world.tell(publish_artifact, EXPORTED) for _ in range(2)]

    assert told == [[replace(REFUSED, why=why)]] * 2
    assert world.known == {}


async def test_what_is_not_there_yet_is_waited_for() -> None:
    with pytest.raises(Transient, match="is not there yet"):
        await World().tell(publish_artifact, EXPORTED)


async def test_what_never_comes_was_never_published() -> None:
    world = World(now=NOW + PATIENCE)

    why = f"{NAME} was not found within 10 min of its build"
    assert await world.tell(publish_artifact, EXPORTED) == [replace(REFUSED, why=why)]


async def test_a_missing_right_is_told() -> None:
    why = "AWS does not let the App do ecr:GetAuthorizationToken in us-east-1: give its role this right"
    world = World(closed={HOME: why})

    assert await world.tell(publish_artifact, EXPORTED) == [replace(REFUSED, why=why)]


async def test_without_a_depot_what_was_exported_is_only_on_record() -> None:
    world = World(has_depot=False)

    assert await world.tell(hear_exports, SUCCEEDED) == [EXPORTED]
    assert await world.tell(publish_artifact, EXPORTED) == []
    assert await world.tell(spread_artifact, PUBLISHED) == []
    assert await world.tell(bring_artifact, DUE) == []


# --- a version ---------------------------------------------------------------------------------


async def test_all_that_a_build_named_is_a_version_once_all_of_it_is_pinned() -> None:
    world = published()
    site = replace(ARTIFACT, export=replace(EXPORT, label="SITE", value="site"))
    due = replace(COMPLETE, together=(NAME, "site"))

    assert await world.tell(register_version, due) == []
    world.known[site.id] = site

    version = version_of(42, SHA, [ARTIFACT, site])
    assert await world.tell(register_version, due) == [VersionRegistered(version=version.id, registered=version)]
    assert world.registered == {version.id: version}
    again = VersionRegistered(version=version.id, registered=version, is_new=False)
    assert await world.tell(register_version, due) == [again]


async def test_what_was_refused_is_no_part_of_a_version_and_there_is_none_without_it() -> None:
    world = published()

    assert await world.tell(register_version, replace(COMPLETE, together=("somebody else's", NAME))) == []
    assert world.registered == {}


async def test_artifacts_of_other_builds_of_the_commit_are_no_part_of_it() -> None:
    world = published()
    other = replace(ARTIFACT, build="b2", export=replace(EXPORT, value=f"{NAME}-arm", tag="arm"))
    world.known[other.id] = other

    [registered] = await world.tell(register_version, COMPLETE)

    assert isinstance(registered, VersionRegistered)
    assert registered.registered.artifacts == (ARTIFACT,)


# --- every region ------------------------------------------------------------------------------


async def test_a_published_artifact_is_wanted_in_each_further_region() -> None:
    due = [DUE, ArtifactDue(artifact=ARTIFACT.id, region=NORTH)]

    world = published()
    assert [await world.tell(spread_artifact, PUBLISHED) for _ in range(2)] == [due, due]


async def test_an_artifact_is_copied_once_and_available_when_found() -> None:
    world = published()

    told = [await world.tell(bring_artifact, DUE) for _ in range(2)]

    assert told == [[ArtifactAvailable(artifact=ARTIFACT.id, region=WEST)], []]
    assert world.copies == [WEST]


async def test_what_replication_brought_is_not_copied() -> None:
    world = published()
    world.lying[WEST, NAME] = DIGEST

    assert await world.tell(bring_artifact, DUE) == [ArtifactAvailable(artifact=ARTIFACT.id, region=WEST)]
    assert world.copies == []


async def test_a_copy_that_cannot_be_found_does_not_count() -> None:
    world = published()
    world.slow = True

    with pytest.raises(Transient, match="is not there yet"):
        await world.tell(bring_artifact, DUE)
    assert world.available == {(ARTIFACT.id, HOME)}


async def test_other_contents_under_the_same_name_are_refused_and_left_alone() -> None:
    world = published()
    world.lying[WEST, NAME] = OTHER

    why = f"{WEST} has other contents as {NAME}: {OTHER} instead of {DIGEST}"
    assert await world.tell(bring_artifact, DUE) == [replace(REFUSED, region=WEST, why=why)]
    assert (world.copies, world.lying[WEST, NAME]) == ([], OTHER)


async def test_a_copy_of_something_that_changed_at_home_does_not_count() -> None:
    world = published()
    world.lying[HOME, NAME] = OTHER

    [refused] = await world.tell(bring_artifact, DUE)

    assert isinstance(refused, ArtifactRefused)
    assert world.available == {(ARTIFACT.id, HOME)}


async def test_a_right_that_is_missing_in_a_region_is_told_of_that_region() -> None:
    world = published()
    world.closed[WEST] = "AWS does not let the App do ecr:PutImage in us-west-2: give its role this right"

    assert await world.tell(bring_artifact, DUE) == [replace(REFUSED, region=WEST, why=world.closed[WEST])]
