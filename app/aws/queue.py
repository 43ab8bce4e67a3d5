"""A queue of SQS: messages are received in long polls, and deleted when what they say is kept."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from app.aws.errors import explained, is_of_aws
from app.aws.session import Session

LONGEST_POLL = 20
MOST_MESSAGES = 10
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Message:
    body: str
    receipt: str


class Queue:
    """All calls raise `Transient` when AWS refuses or cannot be reached."""

    def __init__(self, session: Session, url: str) -> None:
        self._session = session
        self._url = url

    async def receive(self) -> Sequence[Message]:
        """What there is, or the first that comes within 20 s. What is not deleted comes again."""
        answer = await _apart(
            "ReceiveMessage",
            lambda: self._session.sqs.receive_message(
                QueueUrl=self._url, WaitTimeSeconds=LONGEST_POLL, MaxNumberOfMessages=MOST_MESSAGES
            ),
        )
        return [Message(each["Body"], each["ReceiptHandle"]) for each in answer.get("Messages", ())]

    async def delete(self, messages: Sequence[Message]) -> None:
        """What cannot be deleted comes again, which harms nobody."""
        if not messages:
            return
        entries = [{"Id": str(number), "ReceiptHandle": each.receipt} for number, each in enumerate(messages)]
        await _apart(
            "DeleteMessageBatch",
            lambda: self._session.sqs.delete_message_batch(QueueUrl=self._url, Entries=entries),
        )


async def _apart(asked: str, call: Callable[[], T]) -> T:
    """In a thread that nobody waits for at the end: a poll may have 20 s to go when the App is stopped."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def end(how: Callable[[], None]) -> None:
        if not future.cancelled():
            how()

    def tell(how: Callable[[], None]) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(end, how)

    def work() -> None:
        try:
            result = call()
        except Exception as error:  # noqa: BLE001  it is raised where the call was made
            trouble = explained(error, asked) if is_of_aws(error) else error
            tell(lambda: future.set_exception(trouble))
        else:
            tell(lambda: future.set_result(result))

    threading.Thread(target=work, name=asked, daemon=True).start()
    return await future
