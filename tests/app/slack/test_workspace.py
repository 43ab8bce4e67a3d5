"""Whose each token is, what each workspace may see, and what happens to a token that Slack takes no more."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from app.slack.client import Refused
from checks.errors import Permanent, Transient
from tests.app.slack.endpoint import BETA, ME, TOKEN, Endpoint, Reply, refused, repository, workspaces

NAMES = ("acme/web", "beta/shop", "Acme/api")


async def seen(endpoint: Endpoint, team: str, **given: Any) -> list[str]:
    async with workspaces(endpoint, names=NAMES, **given) as known:
        return [each.full_name for each in await known.repositories(team)]


async def test_the_only_workspace_sees_everything(endpoint: Endpoint) -> None:
    assert await seen(endpoint, "T1") == ["Acme/api", "acme/web", "beta/shop"]


async def test_a_workspace_without_a_token_sees_nothing(endpoint: Endpoint) -> None:
    assert await seen(endpoint, "T3") == []


async def test_a_workspace_sees_what_its_owners_have(endpoint: Endpoint) -> None:
    owners = {"T1": frozenset({"acme"}), "T2": frozenset({"beta"})}
    both = (TOKEN, BETA)
    assert await seen(endpoint, "T1", tokens=both, owners=owners) == ["Acme/api", "acme/web"]
    assert await seen(endpoint, "T2", tokens=both, owners=owners) == ["beta/shop"]


async def test_of_several_workspaces_none_sees_anything_unless_the_operator_says(endpoint: Endpoint) -> None:
    assert await seen(endpoint, "T1", tokens=(TOKEN, BETA)) == []
    assert await seen(endpoint, "T2", tokens=(TOKEN, BETA), owners={"T1": frozenset({"acme"})}) == []


async def test_a_repository_is_told_where_it_may_be_seen(endpoint: Endpoint) -> None:
    owners = {"T1": frozenset({"acme"}), "T2": frozenset({"beta", "acme"})}
    async with workspaces(endpoint, (TOKEN, BETA), owners) as known:
        found = [await known.that_sees(repository(name)) for name in ("acme/web", "beta/shop", "other/x")]
    assert [each and each.name for each in found] == ["Acme", "Beta", None]


async def test_an_installation_for_an_organisation_is_each_of_its_workspaces(endpoint: Endpoint) -> None:
    endpoint.on("auth.test", Reply(ME | {"team_id": "E1", "enterprise_id": "E1", "is_enterprise_install": True}))
    endpoint.on("auth.teams.list", Reply({"ok": True, "teams": [{"id": "T7"}, {"id": "T8"}]}))
    async with workspaces(endpoint, owners={"E1": frozenset({"acme"})}, names=NAMES) as known:
        assert await known.find("T3") is None
        assert await known.find("T9", "E1") is not None
        assert [each.full_name for each in await known.repositories("T8")] == ["Acme/api", "acme/web"]


async def test_workspaces_of_one_organisation_do_not_see_what_is_for_the_other(endpoint: Endpoint) -> None:
    endpoint.on("auth.test", Reply(ME | {"team_id": "T7", "enterprise_id": "E1", "is_enterprise_install": True}))
    endpoint.on("auth.teams.list", Reply({"ok": True, "teams": [{"id": "T7"}, {"id": "T8"}]}))
    owners = {"T7": frozenset({"acme"}), "T8": frozenset({"beta"})}
    async with workspaces(endpoint, owners=owners, names=NAMES) as known:
        seen = [[each.full_name for each in await known.repositories(team)] for team in ("T7", "T8", "E1")]
    assert seen == [["Acme/api", "acme/web"], ["beta/shop"], []]


async def test_slack_is_asked_once_who_we_are(endpoint: Endpoint) -> None:
    async with workspaces(endpoint) as known:
        assert not endpoint.asked
        for _ in range(3):
            await known.find("T1")
            await known.find("T5")
    assert [each.method for each in endpoint.asked] == ["auth.test"]


@pytest.mark.parametrize("trouble", [Reply(status=503, raw="away"), Reply(drop=True), refused("fatal_error")])
async def test_slack_is_asked_again_after_trouble(endpoint: Endpoint, trouble: Reply) -> None:
    endpoint.on("auth.test", trouble, Reply(ME))
    async with workspaces(endpoint) as known:
        with pytest.raises(Transient):
            await known.find("T1")
        found = await known.find("T1")
    assert found is not None
    assert found.name == "Acme"


async def test_a_wrong_token_is_said_once_and_others_go_on(endpoint: Endpoint) -> None:
    endpoint.on("auth.test", lambda asked: refused("invalid_auth") if asked.token == BETA else Reply(ME))
    async with workspaces(endpoint, (BETA, TOKEN), {"T1": frozenset({"acme"})}, NAMES) as known:
        with capture_logs() as lines:
            seen = [[each.full_name for each in await known.repositories(team)] for team in ("T1", "T2", "T1")]
    assert seen == [["Acme/api", "acme/web"], [], ["Acme/api", "acme/web"]]
    assert lines == [
        {
            "event": "slack_token_refused",
            "log_level": "warning",
            "setting": "SLACK_BOT_TOKEN, number 1 of 2",
            "workspace": "",
            "reason": "invalid_auth",
            "next": "install the App in the workspace again, renew SLACK_BOT_TOKEN and start again",
        }
    ]


async def test_a_revoked_token_is_used_no_more(endpoint: Endpoint) -> None:
    endpoint.on("chat.postMessage", refused("token_revoked"))
    async with workspaces(endpoint) as known:
        for sentence in (
            "Slack no longer takes the token of Acme: install the App there again and renew SLACK_BOT_TOKEN",
            "Interlock has no valid token for the Slack workspace T1: add one to SLACK_BOT_TOKEN",
        ):
            with pytest.raises(Permanent) as told:
                await known.call("T1", "chat.postMessage", {})
            assert str(told.value) == sentence
    assert endpoint.methods == ["chat.postMessage"]


async def test_a_token_that_may_not_do_one_thing_is_still_good_for_others(endpoint: Endpoint) -> None:
    endpoint.on("chat.postMessage", refused("no_permission"))
    async with workspaces(endpoint) as known:
        with pytest.raises(Refused):
            await known.call("T1", "chat.postMessage", {})
        assert await known.find("T1") is not None


async def test_a_workspace_that_removed_the_app_is_forgotten(endpoint: Endpoint) -> None:
    async with workspaces(endpoint, names=NAMES) as known:
        await known.find("T1")
        known.forget("T2", "", "app_uninstalled")
        assert await known.find("T1") is not None
        known.forget("T1", "", "app_uninstalled")
        assert (await known.find("T1"), await known.repositories("T1")) == (None, ())


async def test_no_token_is_shown(endpoint: Endpoint) -> None:
    endpoint.on("auth.test", refused("invalid_auth"), Reply(drop=True))
    async with workspaces(endpoint, (TOKEN, BETA)) as known:
        with capture_logs() as lines, pytest.raises(Transient) as told:
            await known.find("T1")
        shown = f"{lines} {told.value!r} {told.value.__cause__} {told.value.__context__} {vars(known)} {known._entries}"
    assert [token for token in (TOKEN, BETA) if token in shown] == []
