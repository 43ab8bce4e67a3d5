"""What may go wrong with a Slack, on demand: it is away, slow, busy, or its answers are lost."""

from dataclasses import dataclass


@dataclass(kw_only=True)
class Fault:
    """What the next requests meet. An empty `method` is any; `response_url` is a request to one of those.

    `status` 0 cuts the connection; `done` says that the work is done before. `seconds` pass first.
    """

    method: str = ""
    status: int = 200
    error: str = ""
    retry_after: int = 0
    done: bool = False
    seconds: float = 0.0
    times: int = 1


class Faults:
    """Each is planned before it happens and wears off after its number of times."""

    def __init__(self) -> None:
        self._planned: list[Fault] = []
        self.is_away = False

    def away(self) -> None:
        """Every request gets 503 until `back`."""
        self.is_away = True

    def back(self) -> None:
        self.is_away = False

    def fail(self, status: int = 503, *, method: str = "", times: int = 1) -> None:
        """The next requests are refused with a page of HTML."""
        self._planned.append(Fault(method=method, status=status, times=times))

    def refuse(self, error: str, *, method: str = "", times: int = 1) -> None:
        """The next requests are answered with `ok: false` and this word."""
        self._planned.append(Fault(method=method, error=error, times=times))

    def limit(self, retry_after: int = 1, *, method: str = "", times: int = 1) -> None:
        """The next requests come too often."""
        self._planned.append(Fault(method=method, status=429, retry_after=retry_after, times=times))

    def slow(self, seconds: float, *, method: str = "", times: int = 1) -> None:
        """The next requests are done after so many seconds."""
        self._planned.append(Fault(method=method, seconds=seconds, done=True, times=times))

    def lose_answer(self, *, method: str = "", times: int = 1) -> None:
        """The next requests do their work, and then the connection breaks."""
        self._planned.append(Fault(method=method, status=0, done=True, times=times))

    def cut(self, *, method: str = "", times: int = 1) -> None:
        """The connection of the next requests breaks before anything is done."""
        self._planned.append(Fault(method=method, status=0, times=times))

    def clear(self) -> None:
        """Everything works again."""
        self._planned.clear()
        self.is_away = False

    def take(self, method: str) -> Fault | None:
        """The fault for this request, if one is planned."""
        if self.is_away:
            return Fault(status=503)
        for each in self._planned:
            if each.method in {"", method}:
                each.times -= 1
                if not each.times:
                    self._planned.remove(each)
                return each
        return None
