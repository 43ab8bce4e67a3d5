"""Where versions go is what the newest good word says: the repository's, its organisation's, or its build's."""

from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from checks.change import Change, Purpose, Push
from checks.events import ChangeReceived
from checks.repository import Repository
from deploy.events import ConfigurationRead, ConfigurationRefused
from deploy.pipeline import Configuration, Notify, Problem
from tests.deploy.stories import A, B, C, registered, world
from tests.deploy.world import World

HAND_OFF = {"WEB": ("/prx/stag/Spire/Web/pkg/docker-image-tag",)}
GOOD = """\
services:
  web:
    environments:
      staging: {target: {type: parameter_store, parameters: {WEB: /prx/stag/Spire/Web/tag}}}
"""
BROKEN = GOOD.replace("parameters", "paramters")


def empty(**facts: Any) -> World:
    made = world(**facts)
    made.configuration = None
    return made


def pushed(sha: str, touched: bool | None = True, name: str = "My-App") -> ChangeReceived:
    repository = Repository(id=42, full_name=f"PRX/{name}", installation=7)
    change = Change(
        repository=repository,
        purpose=Purpose.PUSH,
        sha=sha,
        branch="main",
        sender="ana",
        received_at=datetime(2026, 11, 21, tzinfo=UTC),
        push=Push(before=A, after=sha, touched_delivery=touched),
    )
    return ChangeReceived(change=change)


def names(configuration: Configuration | None) -> list[list[str]]:
    services = configuration.services if configuration else ()
    return [[each.name for each in service.environments] for service in services]


async def test_what_is_pushed_holds_from_then_on() -> None:
    made = empty(files={B: GOOD})

    assert await made.play(pushed(B)) == [ConfigurationRead(repository=42, sha=B)]

    assert (names(made.configuration), made.configuration and made.configuration.sha) == ([["staging"]], B)


async def test_what_cannot_be_followed_is_refused_with_its_line_and_what_was_said_before_goes_on() -> None:
    made = empty(files={B: GOOD, C: BROKEN})
    await made.play(pushed(B))

    [refused] = [each for each in await made.play(pushed(C)) if isinstance(each, ConfigurationRefused)]

    assert [(each.file, each.line) for each in refused.problems][:1] == [(".github/interlock.yml", 4)]
    assert made.configuration
    assert made.configuration.sha == B


async def test_a_push_that_left_it_alone_asks_nothing() -> None:
    made = empty(files={B: GOOD})

    assert await made.play(pushed(B, touched=False)) == []
    assert await made.play(pushed(B, touched=None)) == []

    assert made.configuration is None


async def test_a_file_that_goes_away_leaves_what_the_build_says() -> None:
    made = empty(files={B: GOOD})
    await made.play(pushed(B))

    await made.play(pushed(C))
    await made.play(replace(registered(C), hand_off=HAND_OFF))

    assert names(made.configuration) == [["staging", "production"]]


async def test_a_file_that_was_there_before_the_app_is_read_with_the_first_version() -> None:
    made = empty(files={A: GOOD})

    await made.play(replace(registered(A), hand_off=HAND_OFF))

    assert names(made.configuration) == [["staging"]]


async def test_a_broken_file_that_was_there_before_the_app_lets_nothing_go_by_itself() -> None:
    made = empty(files={A: BROKEN})

    await made.play(replace(registered(A), hand_off=HAND_OFF))

    assert made.deployments == {}


async def test_what_the_organisation_demands_of_production_nobody_escapes_by_writing_nothing() -> None:
    made = empty(
        organisation={
            "interlock/promotions/release.yml": "type: manual\n",
            "interlock/environments/production.yml": "before: [release]\n",
        }
    )

    await made.play(replace(registered(A), hand_off=HAND_OFF))

    assert made.configuration
    production = made.configuration.services[0].environments[1]
    assert [each.name for each in production.before] == ["release"]


async def test_an_organisation_that_cannot_be_followed_is_told_and_its_last_word_goes_on() -> None:
    made = empty(organisation={"interlock/environments/production.yml": "befor: [release]\n"})
    made.read_of_organisation = {"prx": {}}

    [refused] = [each for each in await made.play(pushed(B, name=".github")) if isinstance(each, ConfigurationRefused)]

    assert isinstance(refused.problems[0], Problem)
    assert made.read_of_organisation == {"prx": {}}


async def test_what_cannot_be_seen_of_an_organisation_now_is_looked_for_again_later() -> None:
    made = empty(organisation=None)
    await made.play(pushed(A))
    assert made.read_of_organisation == {}
    made.organisation = {}
    await made.play(pushed(B))
    assert made.read_of_organisation == {"prx": {}}


async def test_who_only_says_who_hears_leaves_where_versions_go_to_their_builds() -> None:
    made = empty(files={B: 'notify: {channel: "#web"}\n'})
    await made.play(pushed(B))
    await made.play(replace(registered(B), hand_off=HAND_OFF))
    await made.play(replace(registered(C), hand_off=HAND_OFF))

    assert made.configuration
    assert (names(made.configuration), made.configuration.notify) == (
        [["staging", "production"]],
        Notify(channel="#web"),
    )

    await made.play(pushed(C))
    assert (names(made.configuration), made.configuration.notify) == ([["staging", "production"]], Notify())
