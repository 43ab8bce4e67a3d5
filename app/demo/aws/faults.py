"""What may go wrong with AWS, on demand and the same way again for the same seed."""

from dataclasses import dataclass
from http import HTTPStatus
from random import Random

from app.demo.aws.refusal import Refusal


@dataclass(kw_only=True)
class _Planned:
    operation: str
    refusal: Refusal | None
    done: bool
    times: int


@dataclass
class Lost(Exception):
    """The connection breaks instead of an answer; `done` says whether the work is done before."""

    done: bool


class Faults:
    """Shares are from 0 to 1; what is planned for a number of times wears off.

    `lost`, `doubled`, `reordered` and `delayed` are shares of the events; a reordered event leaves up to half a second
    later, a delayed one up to `longest_delay` seconds. `throttled` is the share of StartBuild requests that are
    refused with "Rate exceeded". `most_builds` is how many builds the account may have under way. `broken` is how
    many of the next builds end as FAULT. `log_events` bounds a page of logs, and `empty_pages` of them are empty.
    """

    def __init__(self, seed: int = 0) -> None:
        self.random = Random(seed)  # noqa: S311  histories have to come again, not to be secret
        self.clear()

    def clear(self) -> None:
        """Everything works again."""
        self.lost = self.doubled = self.reordered = self.delayed = 0.0
        self.longest_delay = 5.0
        self.throttled = 0.0
        self.most_builds: int | None = None
        self.broken = 0
        self.log_events: int | None = None
        self.empty_pages = 0.0
        self._planned: list[_Planned] = []

    def fail(self, operation: str = "", *, status: int = 500, times: int = 1) -> None:
        """The next requests for the operation, or for any, are answered with an error of the service's own."""
        code = "ServiceUnavailableException" if status == HTTPStatus.SERVICE_UNAVAILABLE else "InternalFailure"
        self.refuse(operation, Refusal(code, "Internal service error", status), times=times)

    def deny(self, operation: str = "", *, times: int = 1) -> None:
        action = f"{'logs' if operation == 'GetLogEvents' else 'codebuild'}:{operation or '*'}"
        text = f"User: arn:aws:iam::123456789012:user/interlock is not authorized to perform: {action}"
        self.refuse(operation, Refusal("AccessDeniedException", text), times=times)

    def throttle(self, operation: str = "", *, times: int = 1) -> None:
        self.refuse(operation, throttling(), times=times)

    def refuse(self, operation: str, refusal: Refusal, *, times: int = 1) -> None:
        self._planned.append(_Planned(operation=operation, refusal=refusal, done=False, times=times))

    def lose_answer(self, operation: str = "StartBuild", *, times: int = 1, done: bool = True) -> None:
        """The next requests do their work, unless they are lost before, and then the connection breaks."""
        self._planned.append(_Planned(operation=operation, refusal=None, done=done, times=times))

    def strike(self, operation: str) -> Lost | None:
        """Raises the Refusal that is planned for this request, or returns how it is lost."""
        for each in self._planned:
            if each.operation in {"", operation}:
                each.times -= 1
                if not each.times:
                    self._planned.remove(each)
                if each.refusal:
                    raise each.refusal
                return Lost(each.done)
        if operation == "StartBuild" and self.random.random() < self.throttled:
            raise throttling()
        return None

    def breaks_build(self) -> bool:
        breaks = self.broken > 0
        self.broken -= breaks
        return breaks

    def log_page(self, limit: int) -> int:
        if self.random.random() < self.empty_pages:
            return 0
        return min(limit, self.log_events) if self.log_events else limit

    def pauses(self) -> list[float]:
        """For an event: the seconds after which it leaves, once for each time that it does."""
        draw = self.random.random
        if draw() < self.lost:
            return []
        copies = 2 if draw() < self.doubled else 1
        return [self._pause() for _ in range(copies)]

    def _pause(self) -> float:
        if self.random.random() < self.delayed:
            return self.random.uniform(0.5, self.longest_delay)
        return self.random.uniform(0.05, 0.5) if self.random.random() < self.reordered else 0.0


def throttling() -> Refusal:
    return Refusal("ThrottlingException", "Rate exceeded")
