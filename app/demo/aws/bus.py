"""The event bus: what happened leaves for queues and API destinations, some of it twice, late or never."""

import asyncio
import heapq
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from typing import Any

import aiohttp

from app.demo.aws.faults import Faults
from app.demo.aws.moto import Moto, MotoError

Json = dict[str, Any]

_log = logging.getLogger(__name__)

BATCH = 10
LARGEST_BATCH = 900_000
"""Messages of one SendMessageBatch, and their characters: SQS takes 1 MiB."""

PATIENCE = aiohttp.ClientTimeout(total=5)
AGAIN = frozenset({401, 407, 409, 429})
MOST_ATTEMPTS = 185
"""https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html#eb-api-destination-retry"""

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0


@dataclass(frozen=True, kw_only=True)
class Queue:
    """A queue of the moto server; `kinds` are the detail types that its rules let through, all if it is empty."""

    url: str
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Destination:
    """An address that is told each event by POST, with a header that holds a secret."""

    url: str
    header: str
    secret: str = field(repr=False)
    kinds: frozenset[str] = frozenset()


Target = Queue | Destination


class Bus:
    """`said` is every event, as it would have been told if nothing went wrong."""

    def __init__(self, moto: Moto, faults: Faults) -> None:
        self._moto = moto
        self._faults = faults
        self.targets: list[Target] = []
        self.said: list[Json] = []
        self._waiting: list[tuple[float, int, Target, str]] = []
        self._order = count()
        self._leaving: set[asyncio.Task[None]] = set()
        self._called = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._sender = asyncio.create_task(self._send_all(), name="EventBridge")

    def tell(self, event: Json) -> None:
        self.said.append(event)
        body = json.dumps(event, separators=(",", ":"))
        for target in self.targets:
            if target.kinds and event["detail-type"] not in target.kinds:
                continue
            for pause in self._faults.pauses():
                heapq.heappush(self._waiting, (time.monotonic() + pause, next(self._order), target, body))
        if self._waiting:
            self._idle.clear()
            self._called.set()

    async def settled(self) -> None:
        """Returns once no event waits or is under way."""
        await self._idle.wait()

    async def close(self) -> None:
        for task in (self._sender, *self._leaving):
            task.cancel()
        await asyncio.gather(self._sender, *self._leaving, return_exceptions=True)

    async def _send_all(self) -> None:
        while True:
            await self._called.wait()
            pause = self._waiting[0][0] - time.monotonic()
            if pause > 0:
                await asyncio.sleep(min(pause, FIRST_PAUSE))
                continue
            await self._send_due()
            if not self._waiting:
                self._called.clear()
                self._rest()

    def _rest(self) -> None:
        if not self._waiting and not self._leaving:
            self._idle.set()

    async def _send_due(self) -> None:
        now = time.monotonic()
        due: list[tuple[float, int, Target, str]] = []
        while self._waiting and self._waiting[0][0] <= now and len(due) < BATCH * BATCH:
            due.append(heapq.heappop(self._waiting))
        for target in {each[2] for each in due}:
            bodies = [each[3] for each in due if each[2] is target]
            if isinstance(target, Queue):
                await self._enqueue(target, bodies)
            else:
                for body in bodies:
                    self._post_by_itself(target, body)

    async def _enqueue(self, queue: Queue, bodies: Sequence[str]) -> None:
        for batch in _batches(bodies):
            entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(batch)]
            try:
                await self._moto.ask("sqs", "AmazonSQS.SendMessageBatch", {"QueueUrl": queue.url, "Entries": entries})
            except MotoError as error:
                _log.warning("events for %s are dropped: %s", queue.url, error)

    def _post_by_itself(self, target: Destination, body: str) -> None:
        task = asyncio.create_task(self._post(target, body))
        self._leaving.add(task)
        task.add_done_callback(self._left)

    def _left(self, task: asyncio.Task[None]) -> None:
        self._leaving.discard(task)
        if not self._called.is_set():
            self._rest()

    async def _post(self, target: Destination, body: str) -> None:
        """Other refusals than these are final: the event is dropped."""
        headers = {
            target.header: target.secret,
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Amazon/EventBridge/ApiDestinations",
        }
        pause = FIRST_PAUSE
        for _ in range(MOST_ATTEMPTS):
            try:
                async with self._moto.session.post(target.url, data=body, headers=headers, timeout=PATIENCE) as answer:
                    if answer.status not in AGAIN and answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass  # as good as an error of the server
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)


def _batches(bodies: Sequence[str]) -> list[list[str]]:
    batches: list[list[str]] = []
    room = 0
    for body in bodies:
        room -= len(body)
        if room < 0 or len(batches[-1]) == BATCH:
            batches.append([])
            room = LARGEST_BATCH - len(body)
        batches[-1].append(body)
    return batches
