"""A GitHub endpoint that a test scripts: it answers what was laid down and remembers what it was asked."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from typing import Any

from aiohttp import web

TOKEN = "ghs_{:036d}"
STATELESS = "ghs_7_eyJhbGciOiJSUzI1NiJ9." + "a1-_" * 100 + "." + "b2-_" * 20 + "{:05d}"


class TestClock:
    """Time that passes only when somebody sleeps."""

    __test__ = False

    def __init__(self) -> None:
        self.time = 1_800_000_000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)
        self.time += max(seconds, 0.0)


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any

    @property
    def token(self) -> str:
        return self.headers["authorization"].removeprefix("bearer ")

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Reply:
    """`raw` instead of JSON; `drop` cuts the connection instead of answering; `hang` never answers."""

    status: int = 200
    data: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    drop: bool = False
    hang: bool = False


Answerer = Callable[[Asked], Reply]


class Endpoint:
    def __init__(self, clock: TestClock) -> None:
        self.clock = clock
        self.ahead = 0.0
        self.asked: list[Asked] = []
        self.url = ""
        self.token_format = TOKEN
        self.hanging = asyncio.Event()
        self.heard = asyncio.Event()
        self._scripts: dict[str, list[Reply | Answerer]] = defaultdict(list)
        self._tokens = count(1)
        self.on("POST /app/installations/7/access_tokens", self._mint)

    def on(self, line: str, *replies: Reply | Answerer) -> None:
        """Answer this request with each of the replies in turn; the last one stays."""
        self._scripts[line] = list(replies)

    @property
    def lines(self) -> list[str]:
        """What was asked, apart from tokens."""
        return [each.line for each in self.asked if not each.path.endswith("/access_tokens")]

    @property
    def minted(self) -> list[Asked]:
        return [each for each in self.asked if each.path.endswith("/access_tokens")]

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        raw = await request.read()
        asked = Asked(
            request.method,
            request.raw_path.partition("?")[0],
            dict(request.query),
            {name.lower(): value for name, value in request.headers.items()},
            json.loads(raw) if raw else None,
        )
        self.asked.append(asked)
        reply = self._reply(asked)
        if reply.hang:
            self.heard.set()
            await self.hanging.wait()
        if reply.drop:
            assert request.transport
            request.transport.abort()
        content = reply.raw if reply.raw is not None else b"" if reply.data is None else json.dumps(reply.data).encode()
        headers = {"Date": self.date(), "Content-Type": "application/json", **reply.headers}
        return web.Response(status=reply.status, body=content, headers=headers)

    def date(self) -> str:
        return format_datetime(datetime.fromtimestamp(self.clock.time + self.ahead, UTC), usegmt=True)

    def _reply(self, asked: Asked) -> Reply:
        script = self._scripts.get(asked.line)
        if not script:
            return Reply(404, {"message": "Not Found"})
        step = script.pop(0) if len(script) > 1 else script[0]
        return step if isinstance(step, Reply) else step(asked)

    def _mint(self, asked: Asked) -> Reply:
        end = datetime.fromtimestamp(self.clock.time + self.ahead, UTC) + timedelta(hours=1)
        token = self.token_format.format(next(self._tokens))
        return Reply(201, {"token": token, "expires_at": end.isoformat().replace("+00:00", "Z")})


class CheckRuns:
    """The check runs of acme/web as GitHub keeps them, with answers that can be lost on the way."""

    def __init__(self, endpoint: Endpoint, app_id: int) -> None:
        self.runs: dict[int, dict[str, Any]] = {}
        self.lose = 0
        self._app_id = app_id
        self._endpoint = endpoint
        endpoint.on("POST /repos/acme/web/check-runs", self._create)

    @property
    def only(self) -> dict[str, Any]:
        (run,) = self.runs.values()
        return run

    def lose_answers(self, number: int) -> None:
        """The next effects happen, and their answers never arrive."""
        self.lose = number

    def add(self, **told: Any) -> int:
        number = 100 + len(self.runs)
        self.runs[number] = {
            "id": number,
            "app": {"id": self._app_id},
            "output": {"annotations_count": 0},
            "annotations": [],
            **told,
        }
        self._endpoint.on(f"PATCH /repos/acme/web/check-runs/{number}", lambda asked: self._update(number, asked))
        self._endpoint.on(f"GET /repos/acme/web/check-runs/{number}", lambda _: Reply(200, self._document(number)))
        self._endpoint.on(f"GET /repos/acme/web/commits/{told['head_sha']}/check-runs", self._list)
        return number

    def _create(self, asked: Asked) -> Reply:
        if refused := self._refuse(asked):
            return refused
        number = self.add(head_sha=asked.body["head_sha"])
        self._tell(number, asked.body)
        return self._answer(201, number)

    def _update(self, number: int, asked: Asked) -> Reply:
        if refused := self._refuse(asked):
            return refused
        self._tell(number, asked.body)
        return self._answer(200, number)

    def _tell(self, number: int, told: dict[str, Any]) -> None:
        run = self.runs[number]
        run["annotations"].extend(told.get("output", {}).get("annotations", []))
        run.update({name: value for name, value in told.items() if name != "output"})
        shown = {name: value for name, value in told.get("output", {}).items() if name != "annotations"}
        run["output"] = {**run["output"], **shown, "annotations_count": len(run["annotations"])}

    def _refuse(self, asked: Asked) -> Reply | None:
        annotations = asked.body.get("output", {}).get("annotations", [])
        if len(annotations) > 50 or any(each["start_line"] < 1 for each in annotations):
            return Reply(422, {"message": "Invalid request.", "errors": ["annotations"]})
        return None

    def _answer(self, status: int, number: int) -> Reply:
        if self.lose:
            self.lose -= 1
            return Reply(drop=True)
        return Reply(status, self._document(number))

    def _document(self, number: int) -> dict[str, Any]:
        return {name: value for name, value in self.runs[number].items() if name != "annotations"}

    def _list(self, asked: Asked) -> Reply:
        listed = [
            self._document(number)
            for number, run in sorted(self.runs.items())
            if run.get("name") == asked.query["check_name"] and asked.query["filter"] == "all"
        ]
        page, size = int(asked.query.get("page", 1)), 2
        headers = {}
        if len(listed) > page * size:
            following = f"{self._endpoint.url}{asked.path}?check_name={asked.query['check_name']}&filter=all"
            headers["Link"] = f'<{following}&page={page + 1}>; rel="next", <{following}&page=9>; rel="last"'
        part = listed[(page - 1) * size : page * size]
        return Reply(200, {"total_count": len(listed), "check_runs": part}, headers)
