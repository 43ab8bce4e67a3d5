"""What EventBridge tells of builds, to queues and to API destinations, and what becomes of it on the way."""

import re
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from app.demo.aws.bus import Destination, Queue
from app.demo.aws.events import PHASE_CHANGE, STATE_CHANGE
from app.demo.aws.fleets.scripted import Ending
from tests.app.demo.aws.world import GREEN, CheckedAWS

TIME = re.compile(r"[A-Z][a-z]{2} \d{1,2}, \d{4} \d{1,2}:\d\d:\d\d [AP]M")


class Listener:
    """Answers with the statuses it is told, then with 200."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.heard: list[tuple[str, Any]] = []

    async def take(self, request: web.Request) -> web.Response:
        if self.statuses:
            return web.Response(status=self.statuses.pop(0))
        self.heard.append((request.headers["X-Interlock-Secret"], await request.json()))
        return web.Response()


@pytest.fixture
async def listener() -> AsyncIterator[tuple[Listener, str]]:
    listener = Listener()
    site = web.Application()
    site.router.add_post("/aws", listener.take)
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield listener, f"http://127.0.0.1:{runner.addresses[0][1]}/aws"
    await runner.cleanup()


async def test_a_build_is_told_from_its_start_to_its_end(played: CheckedAWS, codebuild: Any) -> None:
    queue = await played.create_queue("notices")
    played.send_events_to(Queue(url=queue))
    build = await played.built(codebuild)
    heard = await played.received(played.client("sqs"), queue)

    assert heard == played.events
    states = [each["detail"] for each in heard if each["detail-type"] == STATE_CHANGE]
    assert [(each["build-status"], each["current-phase"]) for each in states] == [
        ("IN_PROGRESS", "SUBMITTED"),
        ("SUCCEEDED", "COMPLETED"),
    ]
    told = [each["detail"]["completed-phase"] for each in heard if each["detail-type"] == PHASE_CHANGE]
    assert told == [phase["phaseType"] for phase in build["phases"][:-1]]


async def test_events_have_the_habits_of_the_real_ones(played: CheckedAWS, codebuild: Any) -> None:
    build = await played.built(codebuild, environmentVariablesOverride=[{"name": "A", "value": "1"}])
    first, last = played.events[0]["detail"], played.events[-1]["detail"]
    about = last["additional-information"]

    assert (last["build-id"], played.events[-1]["resources"]) == (build["arn"], [build["arn"]])
    assert first["additional-information"]["logs"] == {
        "deep-link": "https://console.aws.amazon.com/cloudwatch/home?region=us-east-1#logEvent:group=null;stream=null"
    }
    assert about["logs"]["group-name"] == "/aws/codebuild/ci"
    assert repr(about["build-number"]) == "1.0"
    assert TIME.fullmatch(about["build-start-time"])
    assert about["phases"][-1].keys() == {"phase-type", "start-time"}
    assert [phase["phase-context"] for phase in about["phases"][:2]] == [[], [": "]]
    assert about["source"] == {"type": "NO_SOURCE", "buildspec": GREEN}
    assert about["environment"]["environment-variables"] == [{"name": "A", "value": "1", "type": "PLAINTEXT"}]
    assert "exported-environment-variables" not in about
    completed = next(each["detail"] for each in played.events if each["detail-type"] == PHASE_CHANGE)
    assert completed["completed-phase-context"] == "[: ]"
    assert TIME.fullmatch(completed["completed-phase-end"])


async def test_exported_variables_are_told_where_a_build_has_some(tmp_path: Path) -> None:
    async with CheckedAWS(tmp_path, script={"": Ending(exported={"APP": "1"})}) as aws:
        await aws.built(aws.client("codebuild"))
        about = aws.events[-1]["detail"]["additional-information"]
        assert about["exported-environment-variables"] == [{"name": "APP", "value": "1"}]


async def test_a_rule_lets_only_its_kind_through(played: CheckedAWS, codebuild: Any) -> None:
    queue = await played.create_queue("notices")
    played.send_events_to(Queue(url=queue, kinds=frozenset({STATE_CHANGE})))
    await played.built(codebuild)
    heard = await played.received(played.client("sqs"), queue)

    assert [each["detail"]["build-status"] for each in heard] == ["IN_PROGRESS", "SUCCEEDED"]


async def test_a_destination_is_told_with_its_secret(
    played: CheckedAWS, codebuild: Any, listener: tuple[Listener, str]
) -> None:
    ours, url = listener
    played.send_events_to(Destination(url=url, header="X-Interlock-Secret", secret="s3cret"))
    await played.built(codebuild)

    assert Counter(secret for secret, _ in ours.heard) == {"s3cret": len(played.events)}
    assert sorted(event["id"] for _, event in ours.heard) == sorted(each["id"] for each in played.events)


@pytest.mark.parametrize(("status", "told"), [(503, 1), (429, 1), (401, 1), (400, 0), (404, 0)])
async def test_a_destination_is_told_again_after_some_refusals_only(
    played: CheckedAWS, listener: tuple[Listener, str], status: int, told: int
) -> None:
    ours, url = listener
    ours.statuses = [status]
    played.send_events_to(Destination(url=url, header="X-Interlock-Secret", secret="s3cret"))
    played._bus.tell({"detail-type": STATE_CHANGE})
    await played.settled()

    assert len(ours.heard) == told


async def test_events_are_lost_doubled_and_reordered_on_demand(played: CheckedAWS, codebuild: Any) -> None:
    queue = await played.create_queue("notices")
    played.send_events_to(Queue(url=queue))
    played.faults.lost = played.faults.doubled = played.faults.reordered = 0.2
    for _ in range(10):
        await played.start(codebuild)
    await played.settled()
    heard = [each["id"] for each in await played.received(played.client("sqs"), queue)]
    said = [each["id"] for each in played.events]

    counts = Counter(heard)
    assert set(heard) < set(said)
    assert set(counts.values()) == {1, 2}
    once = list(dict.fromkeys(heard))
    assert once != [each for each in said if each in counts]


async def test_events_for_a_queue_that_is_gone_are_dropped(played: CheckedAWS, codebuild: Any) -> None:
    kept = await played.create_queue("notices")
    played.send_events_to(Queue(url=f"{played.url}/{played.account.number}/none"))
    played.send_events_to(Queue(url=kept))
    await played.built(codebuild)

    assert await played.received(played.client("sqs"), kept) == played.events
