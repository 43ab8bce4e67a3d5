"""Seconds from the end of a build at AWS to the conclusion of its check: told by events, and found by looking."""

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

from app.demo.aws import bus
from app.demo.aws.fleets.scripted import Ending
from app.demo.github.repository import Repository
from app.settings import Settings
from bench.cloud import Cloud, marked, push
from bench.figure import Figure, Spread, ratio
from bench.process import PATIENCE
from bench.town import eventually

ROUNDS = 8
POLL = 2.0
DEFAULT_POLL = Settings.model_fields["codebuild_poll_seconds"].default
PHASES = 6
"""Of a scripted build, each of which takes its `seconds`."""
MILLISECONDS = 1000

SCRIPT: Mapping[str, Ending] = {
    marked(f"end-{number}"): Ending(seconds=number * POLL / ROUNDS / PHASES) for number in range(ROUNDS + 1)
}
"""A round begins when a look has just found the end of the one before: the ends are spread over the time between."""


def new_figure() -> Figure:
    figure = Figure("From CodeBuild's end to the check's conclusion", ["", "ms", "ratio"])
    figure.notes.append(
        f"By default running builds are looked at every {DEFAULT_POLL:.0f} s, give or take a fifth, not every "
        f"{POLL:.0f} s."
    )
    return figure


async def heard(on: Cloud, figure: Figure) -> None:
    """Beside a client that only waits for the same event, in a queue of its own."""
    repository = await on.on.repository("heard")
    queue, client = await on.aws.create_queue("beside"), on.client("sqs")
    on.aws.send_events_to(bus.Queue(url=queue))
    ours, theirs = [], []
    for number in range(ROUNDS + 1):
        listening = asyncio.create_task(asyncio.to_thread(_listen, client, queue))
        ended, concluded = await _round(on, repository, number)
        arrived = await listening
        if number:  # the first has tokens and imports to fetch
            ours.append(concluded - ended)
            theirs.append(arrived - ended)
    figure.rows.append(["the event arrives in a queue", Spread(theirs).told(MILLISECONDS), "1"])
    figure.rows.append(
        ["the check is concluded", Spread(ours).told(MILLISECONDS), f"{ratio(ours, theirs).told()} × the event"]
    )


async def found(on: Cloud, figure: Figure) -> None:
    """Beside the seconds between two looks."""
    repository = await on.on.repository("found")
    on.aws.faults.lost = 1.0
    moments = [await _round(on, repository, number) for number in range(ROUNDS + 1)][1:]
    on.aws.faults.clear()
    ours = [concluded - ended for ended, concluded in moments]
    figure.rows.append(
        [
            f"and with all events lost, looked at every {POLL:.0f} s",
            Spread(ours).told(MILLISECONDS),
            f"{ratio(ours, [POLL] * ROUNDS).told()} × the time between two looks",
        ]
    )


async def _round(on: Cloud, repository: Repository, number: int) -> tuple[float, float]:
    """When a build ended there, and when its check was concluded."""
    sha = await push(on.on, repository, f"end-{number}", f"{number}")
    build = await on.build(sha)
    await on.on.check(repository, sha, "success")
    concluded = time.time()
    ended = await eventually(lambda: build.ended)
    await on.on.github.settled()
    return ended.timestamp(), concluded


def _listen(client: Any, queue: str) -> float:
    """When the event of an end came."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        told = client.receive_message(QueueUrl=queue, WaitTimeSeconds=1, MaxNumberOfMessages=10).get("Messages", ())
        arrived = time.time()
        for each in told:
            client.delete_message(QueueUrl=queue, ReceiptHandle=each["ReceiptHandle"])
        if any(json.loads(each["Body"])["detail"].get("build-status") == "SUCCEEDED" for each in told):
            return arrived
    raise SystemExit(f"no event of an end came within {PATIENCE:.0f} s")
