"""Repositories, installations and accounts change, and the App hears of what concerns it."""

import pytest

from app.demo.github.account import Permission
from app.demo.github.refusal import Refusal
from tests.app.demo.github.world import World


async def test_what_happens_to_a_repository_is_told(world: World) -> None:
    github = world.github
    await github.commit_files(world.web, "main", {"a": "1"}, "Begin", "ana")
    await github.commit_files(world.web, "trunk", {"a": "2"}, "Trunk", "ana")
    await world.heard()
    await github.archive_repository(world.web)
    await github.unarchive_repository(world.web)
    await github.rename_repository(world.web, "shop")
    await github.change_default_branch(world.web, "trunk")
    await github.delete_repository(world.web)
    hooks = await world.webhooks()
    assert [(each.event, each.payload["action"]) for each in hooks] == [
        ("repository", action) for action in ("archived", "unarchived", "renamed", "edited", "deleted")
    ]
    assert hooks[2].payload["changes"] == {"repository": {"name": {"from": "web"}}}
    assert hooks[3].payload["repository"]["default_branch"] == "trunk"
    assert not world.web.path.exists()


async def test_a_transfer_is_told_to_whoever_has_the_repository_then(world: World) -> None:
    github = world.github
    await github.create_organisation("other", owners=["ana"])
    mine = await github.install_app(world.app, "other", repositories=[])
    await world.heard()
    await github.transfer_repository(world.web, "other")
    assert await world.heard() == []
    await github.add_repository(mine, world.web)
    assert await world.heard() == [("installation_repositories", "added")]
    await github.transfer_repository(world.web, "acme")
    hooks = await world.webhooks()
    assert [(each.event, each.payload["action"], each.payload["installation"]["id"]) for each in hooks] == [
        ("repository", "transferred", world.installation.id),
        ("installation_repositories", "removed", mine.id),
    ]
    assert hooks[0].payload["changes"]["owner"]["from"]["organization"]["login"] == "other"
    assert github.renamed("other/web") is world.web


async def test_a_repository_outside_the_selection_is_silent(world: World) -> None:
    github = world.github
    other = await github.create_repository("acme/other")
    await world.heard()
    await github.remove_repository(world.installation, other)
    assert await world.heard() == [("installation_repositories", "removed")]
    await github.commit_files(other, "main", {"a": "1"}, "Begin", "ana")
    assert await world.heard() == []
    await github.add_repository(world.installation, other)
    await github.commit_files(other, "main", {"a": "2"}, "Go on", "ana")
    assert await world.heard() == [("installation_repositories", "added"), ("push", None), ("check_suite", "requested")]


async def test_an_uninstalled_app_hears_that_and_nothing_more(world: World) -> None:
    await world.github.uninstall(world.installation)
    [hook] = await world.webhooks()
    assert [each["full_name"] for each in hook.payload["repositories"]] == ["acme/web"]
    await world.github.archive_repository(world.web)
    assert await world.heard() == []


async def test_whoever_takes_an_old_name_ends_its_redirect(world: World) -> None:
    await world.github.rename_repository(world.web, "shop")
    assert world.github.renamed("ACME/Web") is world.web
    fresh = await world.github.create_repository("acme/web")
    assert (world.github.renamed("acme/web"), world.github.repository("acme/web")) == (None, fresh)


async def test_names_are_taken_once(world: World) -> None:
    with pytest.raises(Refusal, match="The repository acme/WEB exists already"):
        await world.github.create_repository("acme/WEB")
    with pytest.raises(Refusal, match="The name Ana is taken"):
        await world.github.create_user("Ana")


async def test_what_somebody_may_do_is_the_most_that_anything_gives_them(world: World) -> None:
    github = world.github
    secret = await github.create_repository("acme/secret", private=True)
    organisation = await github.create_organisation("club", owners=["ana"], members=["bo"])
    hall = await github.create_repository("club/hall", private=True)
    organisation.base_permission = Permission.TRIAGE
    await github.allow("eve", hall, Permission.MAINTAIN)
    held = [
        [str(github.permission(who, repo)) for repo in (world.web, secret, hall)]
        for who in (None, *(github.account(login) for login in ("ana", "bo", "eve")))
    ]
    assert held == [
        ["read", "none", "none"],
        ["admin", "admin", "admin"],
        ["write", "none", "triage"],
        ["read", "none", "maintain"],
    ]
