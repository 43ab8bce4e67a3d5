"""How webhooks leave: signed, once, logged; what is lost stays lost until somebody asks again."""

import asyncio
import hashlib
import hmac
import json
import re
from datetime import datetime, timedelta

import aiohttp
import pytest

from tests.app.demo.github.world import World


async def test_a_webhook_is_signed_and_says_what_it_is(world: World) -> None:
    await world.github.archive_repository(world.web)
    [hook] = await world.webhooks()
    told = {name: value for name, value in hook.headers.items() if name.startswith("X-")}
    assert told == {
        "X-GitHub-Delivery": world.github.deliveries[-1].guid,
        "X-GitHub-Event": "repository",
        "X-GitHub-Hook-ID": str(world.app.hook_id),
        "X-GitHub-Hook-Installation-Target-ID": str(world.app.id),
        "X-GitHub-Hook-Installation-Target-Type": "integration",
        "X-Hub-Signature": "sha1=" + hmac.new(b"s3cret", hook.body, hashlib.sha1).hexdigest(),
        "X-Hub-Signature-256": "sha256=" + hmac.new(b"s3cret", hook.body, hashlib.sha256).hexdigest(),
    }
    assert re.fullmatch(r"GitHub-Hookshot/[0-9a-f]{7}", hook.headers["User-Agent"])


async def test_the_log_tells_what_was_sent_and_what_came_back(world: World) -> None:
    await world.github.archive_repository(world.web)
    [hook] = await world.webhooks()
    [newest, *_] = await world.ask("GET", "/app/hook/deliveries", world.jwt())
    assert (newest["event"], newest["action"], newest["status"], newest["status_code"], newest["redelivery"]) == (
        "repository",
        "archived",
        "OK",
        202,
        False,
    )
    whole = await world.ask("GET", f"/app/hook/deliveries/{newest['id']}", world.jwt())
    assert whole["request"]["payload"] == hook.payload
    assert whole["request"]["headers"]["X-GitHub-Event"] == "repository"
    assert whole["response"]["payload"] == "heard"


async def test_a_failed_delivery_is_never_sent_again_by_itself_but_on_request_with_its_guid(world: World) -> None:
    world.listener.status = 500
    await world.github.archive_repository(world.web)
    [first] = await world.webhooks()
    [failed] = await world.ask("GET", "/app/hook/deliveries?status=failure", world.jwt())
    assert (failed["status"], failed["status_code"]) == ("Invalid HTTP Response: 500", 500)
    world.listener.status = 202
    await world.ask("POST", f"/app/hook/deliveries/{failed['id']}/attempts", world.jwt(), None, 202)
    [again] = await world.webhooks()
    assert (again.body, again.headers["X-GitHub-Delivery"]) == (first.body, first.headers["X-GitHub-Delivery"])
    newest = (await world.ask("GET", "/app/hook/deliveries", world.jwt()))[0]
    assert (newest["guid"], newest["redelivery"], newest["status"]) == (failed["guid"], True, "OK")


async def test_an_app_that_is_down_or_slow_loses_the_webhook(world: World) -> None:
    world.github.timeout = 0.05
    world.app.webhook_url = "http://127.0.0.1:1/github"
    await world.github.archive_repository(world.web)
    await world.github.settled()
    world.app.webhook_url = world.github.api_url + "/slow"
    world.github.faults.hang(path="/slow")
    await world.github.unarchive_repository(world.web)
    await world.github.settled()
    assert [(each.status, each.status_code) for each in world.github.deliveries[-2:]] == [
        ("failed to connect to host", 502),
        ("timed out", 504),
    ]


async def test_lost_webhooks_are_in_the_log_or_not_even_there(world: World) -> None:
    known = len(world.github.deliveries)
    world.github.faults.drop_next_delivery()
    world.github.faults.drop_next_delivery(logged=False)
    await world.github.archive_repository(world.web)
    await world.github.unarchive_repository(world.web)
    assert await world.heard() == []
    assert [(each.action, each.succeeded) for each in world.github.deliveries[known:]] == [("archived", False)]
    await world.github.redeliver(world.github.deliveries[-1].guid)
    assert await world.heard() == [("repository", "archived")]


async def test_a_doubled_webhook_has_one_guid(world: World) -> None:
    world.github.faults.double_next_delivery()
    await world.github.archive_repository(world.web)
    one, other = await world.webhooks()
    assert one.headers["X-GitHub-Delivery"] == other.headers["X-GitHub-Delivery"]


async def test_held_webhooks_leave_in_any_order_that_is_chosen(world: World) -> None:
    world.github.choose = lambda waiting: waiting[-1]
    world.github.hold_webhooks()
    for number in range(3):
        await world.github.create_repository(f"acme/r{number}")
    world.github.release_webhooks()
    told = [each.payload["repository"]["name"] for each in await world.webhooks()]
    assert told == ["r2", "r1", "r0"]


async def test_the_log_is_read_page_by_page(world: World) -> None:
    for number in range(3):
        await world.github.create_repository(f"acme/r{number}")
    await world.github.settled()
    seen: list[int] = []
    place = "/app/hook/deliveries?per_page=2"
    while place:
        async with await world.raw("GET", place, world.jwt()) as answer:
            seen += [each["id"] for each in await answer.json()]
            place = (
                str(answer.links["next"]["url"]).removeprefix(world.github.api_url) if "next" in answer.links else ""
            )
    assert seen == [each.id for each in reversed(world.github.deliveries)]


async def test_the_log_forgets_after_three_days(world: World) -> None:
    clock = world.github.clock
    [*_, first] = world.github.delivery_log(world.app)
    world.github.clock = lambda: clock() + timedelta(days=3, seconds=1)
    assert await world.ask("GET", "/app/hook/deliveries", world.jwt()) == []
    async with await world.raw("GET", f"/app/hook/deliveries/{first.id}", world.jwt()) as answer:
        assert answer.status == 404


async def test_the_time_of_a_suspension_is_silent(world: World) -> None:
    await world.github.suspend(world.installation)
    await world.github.archive_repository(world.web)
    await world.github.unsuspend(world.installation)
    assert await world.heard() == [("installation", "suspend"), ("installation", "unsuspend")]


async def test_an_event_that_nobody_subscribed_to_is_not_sent(world: World) -> None:
    world.app.events = ("push",)
    await world.github.archive_repository(world.web)
    assert await world.heard() == []


async def test_what_exceeds_25_megabytes_is_neither_sent_nor_logged(world: World) -> None:
    known = len(world.github.deliveries)
    await world.github.send("push", {"message": "x" * (25 << 20)}, world.app)
    assert (await world.heard(), len(world.github.deliveries)) == ([], known)


@pytest.mark.parametrize("status", [502, 500])
async def test_an_outage_answers_html_and_passes(world: World, status: int) -> None:
    token = await world.token()
    world.github.faults.fail(status, method="GET", path="^/repos/acme/web$", times=2)
    for _ in range(2):
        async with await world.raw("GET", "/repos/acme/web", token) as answer:
            assert (answer.status, answer.content_type) == (status, "text/html")
    await world.ask("GET", "/repos/acme/web", token)


async def test_the_secondary_limit_says_when_to_come_back(world: World) -> None:
    token = await world.token()
    world.github.faults.limit(403, retry_after=7)
    async with await world.raw("GET", "/repos/acme/web", token) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (403, "7")
        assert "secondary rate limit" in json.loads(await answer.read())["message"]


async def test_an_answer_may_be_lost_after_the_work_was_done(world: World) -> None:
    sha = await world.github.commit_files(world.web, "main", {"a": "1"}, "Begin", "ana")
    token = await world.token()
    world.github.faults.lose_answer(method="POST", path="/check-runs$")
    with pytest.raises(aiohttp.ClientConnectionError):
        await world.raw("POST", "/repos/acme/web/check-runs", token, {"name": "ci", "head_sha": sha})
    assert [each.name for each in world.github.runs.values()] == ["ci"]


async def test_who_hangs_up_after_asking_does_not_undo_it(world: World) -> None:
    sha = await world.github.commit_files(world.web, "main", {"a": "1"}, "Begin", "ana")
    token = await world.token()
    body = json.dumps({"name": "ci", "head_sha": sha, "conclusion": "success"}).encode()
    heard = world.listener.next("check_run")
    # What git has to be asked for again takes longer than to hang up.
    world.github._gits.clear()
    clock, begun = world.github.clock, asyncio.Event()

    def watched() -> datetime:
        begun.set()
        return clock()

    world.github.clock = watched
    _, writer = await asyncio.open_connection("127.0.0.1", world.github.port)
    head = (
        "POST /api/v3/repos/acme/web/check-runs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await begun.wait()
    writer.close()
    await writer.wait_closed()
    assert (await heard).payload["action"] == "created"
    assert (await world.heard())[-2:] == [("check_run", "completed"), ("check_suite", "completed")]
