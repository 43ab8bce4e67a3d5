"""What is commanded through the API: planned, kept once, obeyed by a worker; whatever is wrong is named."""

import asyncio
from typing import Any

import pytest

from app.store.events import read_log
from deploy.command import OPERATOR, Command, Verb, Via
from deploy.events import CommandGiven
from tests.app.web.api.site import SERVICE, Site
from tests.deploy.stories import A, B, C

OVERRIDE = "release-team lets web aaaaaaa → production pass, because @operator says so"


async def test_a_plan_says_what_would_be_done_and_nothing_is_kept(site: Site) -> None:
    await site.publish(A, B)

    plan = await site.command("rollback", environment="staging", reason="totals", plan=True, status=200)

    assert plan == {
        "plan": "staging of web goes back from bbbbbbb to aaaaaaa; "
        "what contains bbbbbbb waits there for a revert or a person"
    }
    assert await _given(site) == []


async def test_a_command_is_kept_before_it_is_answered_and_then_obeyed(site: Site) -> None:
    await site.publish(A)

    kept = await site.command("override", environment="production", reason="it is late")
    pending = await site.get(f"/api/commands/{kept['id']}")
    [given] = await _given(site)
    await site.worker.drain()

    [deployed] = (await site.get(f"{SERVICE}/environments/production/deployments"))["deployments"]
    obeyed = {"id": kept["id"], "state": "obeyed", "did": OVERRIDE, "deployment": deployed["id"], "why": ""}
    assert kept == {"id": kept["id"], "plan": OVERRIDE}
    assert pending == {"id": kept["id"], "state": "pending", "did": "", "deployment": "", "why": ""}
    assert given == Command(
        id=kept["id"],
        verb=Verb.OVERRIDE,
        repository=42,
        environment="production",
        reason="it is late",
        by=OPERATOR,
        via=Via.API,
        at=given.at,
    )
    assert await site.get(f"/api/commands/{kept['id']}") == obeyed
    assert deployed["state"] == "live"


async def test_what_is_refused_at_the_moment_of_the_act_says_why(site: Site) -> None:
    """It could be done when it was planned, and somebody else was faster."""
    await site.publish(A)
    first = await site.command("cancel", environment="production", id="first")
    second = await site.command("cancel", environment="production", id="second")
    await site.worker.drain()
    assert (first["plan"], second["plan"]) == ("web aaaaaaa → production is given up",) * 2
    assert await site.get("/api/commands/second") == {
        "id": "second",
        "state": "refused",
        "did": "",
        "deployment": "",
        "why": "nothing waits for production",
    }


@pytest.mark.parametrize("how", ["header", "body"])
async def test_the_same_command_twice_is_one_command(site: Site, how: str) -> None:
    await site.publish(A)
    facts: dict[str, Any] = {"environment": "production", "reason": "late"}
    more = {"headers": {"Idempotency-Key": "7 o'clock"}} if how == "header" else {"id": "seven"}

    kept = [await site.command("override", **facts, **more) for _ in range(2)]
    await site.worker.drain()
    kept.append(await site.command("override", **facts, **more))

    assert [each["id"] for each in kept] == [kept[0]["id"]] * 3
    assert len(await _given(site)) == 1


async def test_many_at_once_with_one_id_are_one_command(anywhere: Site) -> None:
    await anywhere.publish(A)
    asked = [anywhere.command("cancel", environment="production", id="once") for _ in range(8)]
    assert {each["id"] for each in await asyncio.gather(*asked)} == {"once"}
    assert len(await _given(anywhere)) == 1


async def test_another_command_under_a_used_id_is_refused(site: Site) -> None:
    await site.publish(A)
    await site.command("cancel", environment="production", id="seven")
    told = await site.command("hold", reason="audit", id="seven", status=409)
    assert told == {"error": 'the id "seven" was used for another command: make a new one'}


async def test_an_id_is_said_once(site: Site) -> None:
    told = await site.command("lift", id="seven", headers={"Idempotency-Key": "eight"}, status=400)
    assert told == {"error": "id: say it here or as Idempotency-Key, not both"}


async def test_a_hold_keeps_its_end_in_utc_and_a_lift_ends_it(site: Site) -> None:
    placed = await site.obeyed(
        "hold", environment="staging", hold="lock", reason=" a  trial\n", until="2999-01-04T08:00:00+01:00"
    )
    [staging, _] = (await site.get(f"{SERVICE}/environments"))["environments"]
    lifted = await site.obeyed("lift", environment="staging")
    assert [placed["did"], lifted["did"]] == [
        "staging of acme/web is locked until 4 Jan 2999 07:00 UTC: a trial",
        "staging of acme/web moves again: no longer locked by @operator until 4 Jan 2999 07:00 UTC: a trial",
    ]
    assert [(each["kind"], each["until"], each["reason"]) for each in staging["holds"]] == [
        ("lock", "2999-01-04T07:00:00Z", "a trial")
    ]


@pytest.mark.parametrize(
    ("verb", "facts", "status", "error"),
    [
        ("promote", {"environment": "staging"}, 409, "staging is the first environment of web: deploy a version there"),
        (
            "approve",
            {"environment": "production"},
            409,
            "the operator's token is nobody who could approve: override a promotion, with a reason",
        ),
        ("rollback", {"environment": "staging"}, 409, "rollback needs a reason: say why"),
        ("promote", {}, 409, "say which environment of web: staging, production"),
        (
            "promote",
            {"environment": "prodution"},
            404,
            'there is no environment "prodution" for web; did you mean "production"?',
        ),
        (
            "redeploy",
            {"service": "wbe", "environment": "staging"},
            404,
            'there is no service "wbe" in acme/web; did you mean "web"?',
        ),
        (
            "redeploy",
            {"repository": "acme/wbe"},
            404,
            'there is no repository "acme/wbe"; did you mean "acme/web"?',
        ),
        ("deplay", {}, 400, 'verb: there is no verb "deplay"; did you mean "deploy" or "redeploy"?'),
        ("hold", {"hold": "frozen"}, 400, 'hold: there is no hold "frozen"; did you mean "freeze"?'),
        (
            "promote",
            {"enviroment": "x"},
            400,
            'enviroment: there is no field "enviroment"; did you mean "environment"?',
        ),
        ("promote", {"environment": 7}, 400, "environment: must be a valid string"),
        ("promote", {"environment": ""}, 400, "environment: must be a name of 1 to 100 characters"),
        ("promote", {"repository": "web"}, 400, "repository: must be owner/name"),
        ("promote", {"plan": "yes"}, 400, "plan: must be a valid boolean"),
        ("promote", {"promotion": "smoke"}, 400, "promotion: is only for override"),
        ("promote", {"until": "2999-01-01T00:00:00Z"}, 400, "until: is only for hold"),
        ("hold", {"until": "2999-01-01T00:00:00"}, 400, "until: must have timezone info"),
        ("hold", {"until": "9999-12-31T23:59:59-12:00"}, 400, "until: must be a time that there is in UTC too"),
        (
            "hold",
            {"reason": "x", "until": "2020-01-01T00:00:00Z"},
            409,
            "a hold ends in the future: say a later time, or none",
        ),
        ("promote", {"reason": "x" * 501}, 400, "reason: must be text of at most 500 characters"),
        ("promote", {"reason": "a\0b"}, 400, "reason: must be text of at most 500 characters"),
        (
            "deploy",
            {"version": "abc"},
            400,
            "version: must be the first digits of a commit, at least 4, or a version's id",
        ),
        ("promote", {"id": "a b"}, 400, "id: must be 1 to 64 letters, digits, dashes and underscores"),
    ],
)
async def test_what_cannot_be_done_is_told_with_its_reason(
    site: Site, verb: str, facts: dict[str, Any], status: int, error: str
) -> None:
    told = await site.command(verb, status=status, **facts)
    assert told == {"error": error}
    assert await _given(site) == []


@pytest.mark.parametrize(
    ("body", "kind", "status", "error"),
    [
        (b"", "application/json", 400, "the body is not JSON: EOF while parsing a value"),
        (b"[]", "application/json", 400, "the body is not a JSON object"),
        (b"null", "application/json", 400, "the body is not a JSON object"),
        (b"{}", "application/json", 400, "verb: is missing"),
        (b"\xff", "application/json", 400, "the body is not JSON: expected value"),
        (b"{}", "text/plain", 415, "send JSON, with the content type application/json"),
        (b" " * 65_537, "application/json", 413, "the body is larger than 65536 bytes"),
    ],
)
async def test_a_body_that_is_none_is_refused(site: Site, body: bytes, kind: str, status: int, error: str) -> None:
    found, told = await site.ask("POST", "/api/commands", data=body, headers={"Content-Type": kind})
    assert (found, told["error"].partition(" at line")[0]) == (status, error)


async def test_a_person_decides_on_what_diverged_by_a_command(site: Site) -> None:
    await site.publish(B)
    site.world.history = (B, C)
    await site.publish(A)
    obeyed = await site.obeyed("deploy", environment="staging", version=A[:7])
    [newest, *_] = (await site.get(f"{SERVICE}/environments/staging/deployments"))["deployments"]
    assert (obeyed["state"], newest["state"], newest["version"]["sha"], newest["by"]) == (
        "obeyed",
        "live",
        A,
        "operator",
    )


async def _given(site: Site) -> list[Command]:
    async with site.database.read() as connection:
        log = await read_log(connection, limit=1000)
    return [each.event.given for each in log if isinstance(each.event, CommandGiven)]
