"""Notices come from a real queue, are kept before they are deleted there, and garbage ends with the dead letters."""

import asyncio
import secrets
from collections.abc import Callable

import pytest

from app.aws.queue import Queue
from app.aws.session import Session
from app.notices import NoticeKeeper, NoticeQueue
from app.store.database import Database
from app.store.events import EventLog
from checks.errors import Transient
from checks.events import RunNoticed
from tests.app.aws.test_notification import BUILD, RUN, event
from tests.app.kept import told

ENDED = event(**{"build-status": "FAILED", "current-phase": "COMPLETED"})
NOTICE = RunNoticed(build=BUILD, run=RUN, ended=True)


class Line:
    """A queue of SQS with its dead-letter queue, and how often AWS was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.session = Session(lambda _service, operation: self.asked.append(operation))
        name = secrets.token_hex(6)
        self.sqs = self.session.sqs
        self.dead = self.sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        policy = f'{{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:{name}-dead","maxReceiveCount":"1"}}'
        attributes = {"RedrivePolicy": policy, "VisibilityTimeout": "0"}
        self.url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def send(self, *bodies: bytes) -> None:
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body.decode())

    def left(self, url: str = "") -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.sqs.get_queue_attributes(QueueUrl=url or self.url, AttributeNames=names)["Attributes"]
        return sum(int(told[name]) for name in names)


@pytest.fixture
def line(aws: str) -> Line:
    return Line()


@pytest.fixture
def keeper(database: Database) -> NoticeKeeper:
    return NoticeKeeper(database, EventLog(lambda _event: ()))


async def test_notices_are_kept_and_the_queue_is_empty(database: Database, keeper: NoticeKeeper, line: Line) -> None:
    line.send(ENDED, event(token="x", **{"build-status": "FAILED"}))

    assert await NoticeQueue(Queue(line.session, line.url), keeper).hear() == 1

    assert await told(database) == [NOTICE]
    assert line.left() == 0


async def test_what_could_not_be_kept_comes_again(
    database: Database, keeper: NoticeKeeper, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    listening = NoticeQueue(Queue(line.session, line.url), keeper)
    line.sqs.set_queue_attributes(QueueUrl=line.url, Attributes={"RedrivePolicy": ""})
    line.send(ENDED)

    def away() -> None:
        raise Transient("the database did not answer")

    with monkeypatch.context() as patch:
        patch.setattr(database, "write", away)
        with pytest.raises(Transient):
            await listening.hear()
    assert await listening.hear() == 1

    assert await told(database) == [NOTICE]


async def test_garbage_is_left_to_the_dead_letters(database: Database, keeper: NoticeKeeper, line: Line) -> None:
    listening = NoticeQueue(Queue(line.session, line.url), keeper)
    line.send(b"{")
    await listening.hear()
    line.send(ENDED)

    assert await listening.hear() == 1

    assert await told(database) == [NOTICE]
    assert (line.left(), line.left(line.dead)) == (0, 1)


async def test_a_queue_that_is_not_there_is_named(keeper: NoticeKeeper, line: Line) -> None:
    with pytest.raises(Transient, match=r"AWS said .*NonExistentQueue on ReceiveMessage"):
        await NoticeQueue(Queue(line.session, f"{line.url}-gone"), keeper).hear()


async def test_listening_stops_at_once_though_a_poll_has_seconds_to_go(keeper: NoticeKeeper, line: Line) -> None:
    listening = asyncio.create_task(NoticeQueue(Queue(line.session, line.url), keeper).run(asyncio.Event()))
    await _until(lambda: "ReceiveMessage" in line.asked)

    listening.cancel()

    await asyncio.wait_for(asyncio.gather(listening, return_exceptions=True), 2)


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110  another thread makes it true
            await asyncio.sleep(0.01)
