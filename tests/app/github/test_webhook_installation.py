"""What the webhooks about installations and repositories become."""

from pathlib import Path

import pytest
import yaml

from app.github.webhook import ROUTED, NotForUs
from checks.events import (
    InstallationGained,
    InstallationLost,
    RepositoryChanged,
    RepositoryLost,
)
from checks.repository import Repository
from tests.app.github.webhooks import AROUND, WEB, told
from tests.published.webhooks import Payload


@pytest.mark.parametrize("action", ["created", "unsuspend", "new_permissions_accepted"])
@pytest.mark.parametrize(
    ("account", "name"), [({"login": "acme"}, "acme"), ({"slug": "acme-inc"}, "acme-inc"), (None, "")]
)
def test_an_installation_is_gained(action: str, account: Payload | None, name: str) -> None:
    payload = {"action": action, "installation": {"id": 7, "account": account}, "sender": {"login": "ana"}}
    assert told("installation", payload) == (InstallationGained(installation=7, account=name, by="ana"),)


@pytest.mark.parametrize(("action", "reason"), [("deleted", "uninstalled"), ("suspend", "suspended")])
def test_an_installation_is_lost(action: str, reason: str) -> None:
    payload = {"action": action, "installation": {"id": 7}, "sender": {"login": "ana"}}
    assert told("installation", payload) == (InstallationLost(installation=7, reason=reason, by="ana"),)


def test_each_repository_of_a_selection_is_told_by_itself() -> None:
    listed = [{"id": 42, "full_name": "acme/web", "private": True}, {"id": 43, "full_name": "acme/api"}]
    added = {"action": "added", "installation": {"id": 7}, "repositories_added": listed, "repositories_removed": []}
    assert told("installation_repositories", added) == (
        RepositoryChanged(now=Repository(id=42, full_name="acme/web", installation=7, default_branch="", private=True)),
        # What does not say that it is public counts as private.
        RepositoryChanged(now=Repository(id=43, full_name="acme/api", installation=7, default_branch="", private=True)),
    )
    removed = {"action": "removed", "installation": {"id": 7}, "repositories_removed": listed}
    assert told("installation_repositories", removed) == (
        RepositoryLost(repository=42, reason="deselected"),
        RepositoryLost(repository=43, reason="deselected"),
    )


@pytest.mark.parametrize("action", ["renamed", "transferred", "unarchived", "publicized", "privatized"])
def test_a_repository_is_told_as_it_is_now(action: str) -> None:
    assert told("repository", AROUND | {"action": action}) == (RepositoryChanged(now=WEB, by="ana"),)


def test_a_new_default_branch_counts_and_a_new_description_does_not() -> None:
    edited = AROUND | {"action": "edited"}
    assert told("repository", edited | {"changes": {"default_branch": {"from": "main"}}}) == (
        RepositoryChanged(now=WEB, by="ana"),
    )
    assert told("repository", edited | {"changes": {"description": {"from": None}}}) == NotForUs(
        "the repository was edited, but not its default branch"
    )


@pytest.mark.parametrize("action", ["archived", "deleted"])
def test_a_repository_is_lost(action: str) -> None:
    assert told("repository", AROUND | {"action": action}) == (RepositoryLost(repository=42, reason=action, by="ana"),)


def test_the_manifest_asks_for_exactly_the_events_that_have_a_route() -> None:
    manifest = yaml.safe_load((Path(__file__).parents[3] / "app.yml").read_text())
    by_themselves = {"installation", "installation_repositories"}
    assert set(manifest["default_events"]) == set(ROUTED) - by_themselves
