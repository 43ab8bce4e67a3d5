"""What may go wrong with a GitHub, on demand: lost webhooks, errors, pages of HTML, silence, lost answers."""

import re
from dataclasses import dataclass, field

from app.demo.github.delivery import Delivery

OUTAGE_PAGE = "<!DOCTYPE html><html><body><h1>Unicorn!</h1><p>No server is available.</p></body></html>"


@dataclass(kw_only=True)
class Answer:
    """What the next requests that match get instead of, or after, their work.

    `done` says that the work is done first. A `status` of 0 answers nothing: the connection is cut at once or,
    with `silent`, held open until the client gives up.
    """

    method: str
    path: re.Pattern[str]
    status: int
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    done: bool = False
    silent: bool = False
    times: int = 1


class Faults:
    """Each is planned before it happens and wears off after its number of times."""

    def __init__(self) -> None:
        self._answers: list[Answer] = []
        self._dropped: list[bool] = []
        self._doubled = 0

    def drop_next_delivery(self, times: int = 1, *, logged: bool = True) -> None:
        """The next webhooks never arrive. `logged`: the deliveries log knows them, as failed; else nobody does."""
        self._dropped += [logged] * times

    def double_next_delivery(self, times: int = 1) -> None:
        """The next webhooks arrive twice."""
        self._doubled += times

    def fail(self, status: int = 502, *, method: str = "", path: str = "", times: int = 1, done: bool = False) -> None:
        """The next matching REST requests get an error page of HTML; `path` is a regular expression."""
        headers = {"Content-Type": "text/html; charset=utf-8"}
        self._plan(
            Answer(
                method=method,
                path=re.compile(path),
                status=status,
                body=OUTAGE_PAGE,
                headers=headers,
                done=done,
                times=times,
            )
        )

    def limit(self, status: int = 429, *, retry_after: int = 60, path: str = "", times: int = 1) -> None:
        """The secondary rate limit strikes; `status` is 403 or 429."""
        body = (
            '{"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}'
        )
        headers = {"Content-Type": "application/json; charset=utf-8", "Retry-After": str(retry_after)}
        self._plan(Answer(method="", path=re.compile(path), status=status, body=body, headers=headers, times=times))

    def hang(self, *, method: str = "", path: str = "", times: int = 1) -> None:
        """The next matching requests are never answered."""
        self._plan(Answer(method=method, path=re.compile(path), status=0, silent=True, times=times))

    def lose_answer(self, *, method: str = "", path: str = "", times: int = 1) -> None:
        """The next matching requests do their work, and then the connection breaks."""
        self._plan(Answer(method=method, path=re.compile(path), status=0, done=True, times=times))

    def clear(self) -> None:
        """Everything works again."""
        self._answers.clear()
        self._dropped.clear()
        self._doubled = 0

    def _plan(self, answer: Answer) -> None:
        self._answers.append(answer)

    def take(self, method: str, path: str) -> Answer | None:
        """The fault for this request, if one is planned."""
        for each in self._answers:
            if each.method in {"", method} and each.path.search(path):
                each.times -= 1
                if not each.times:
                    self._answers.remove(each)
                return each
        return None

    def attempts(self, delivery: Delivery) -> int | None:
        """How often to send this delivery: once, twice, or never; None if it is lost before GitHub logs it."""
        if delivery.redelivery:
            return 1
        if self._dropped:
            return 0 if self._dropped.pop(0) else None
        if self._doubled:
            self._doubled -= 1
            return 2
        return 1
