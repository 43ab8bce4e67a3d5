"""GitHub as the App sees it: check runs, people and files behind its API, pull requests that tell of themselves.

It is all in memory, without git and HTTP: the local GitHub of the demo would be too slow for thousands of histories.
"""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from app.github.errors import Hitch, WouldWait, refusal
from app.github.exchange import Answer, Request
from app.github.repository import RepositoryCalls
from checks.errors import Transient
from checks.repository import Repository
from tests.simulation.mishaps import Process

APP = 99
INSTALLATION = 7
ZERO = "0" * 40
WRITERS = ("ana", "bo")
OPTED_IN = "version: 0.2\n# PRX_\nphases:\n  build:\n    commands:\n      - make\n"
BROKEN = "version: 0.2\n# PRX_\nphases:\n  biuld: {}\n"
REPOSITORY = {
    "id": 42,
    "full_name": "acme/web",
    "default_branch": "main",
    "private": False,
    "clone_url": "https://git.example.org/acme/web.git",
    "html_url": "https://git.example.org/acme/web",
}


@dataclass
class Delivery:
    guid: str
    event: str
    body: dict[str, Any]

    @property
    def raw(self) -> bytes:
        return json.dumps(self.body).encode()


@dataclass
class PullRequest:
    number: int
    author: str
    head: str
    branch: str
    base: str = "main"
    fork: bool = False
    open: bool = True
    draft: bool = False
    updated_at: datetime = datetime(2026, 11, 21, tzinfo=UTC)


@dataclass
class GitHub:
    """What is true, whatever the App knows of it. It survives every crash of the App."""

    random: Random
    clock: datetime = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
    files: dict[str, str] = field(default_factory=lambda: {ZERO: OPTED_IN})
    messages: dict[str, str] = field(default_factory=dict)
    main: str = ZERO
    pull_requests: list[PullRequest] = field(default_factory=list)
    groups: dict[str, str] = field(default_factory=dict)
    check_runs: dict[int, dict[str, Any]] = field(default_factory=dict)
    outbox: list[Delivery] = field(default_factory=list)
    wrongs: list[str] = field(default_factory=list)
    told: int = 0

    def commit(self, parent: str) -> str:
        """A new commit, whose buildspec is mostly that of its parent."""
        sha = f"{len(self.files):040x}"
        self.files[sha] = self.random.choice([self.files[parent]] * 5 + [OPTED_IN] * 4 + ["", BROKEN])
        self.messages[sha] = self.random.choice(["Round totals"] * 7 + ["Typo [skip ci]"])
        return sha

    def tell(self, event: str, by: str, **body: Any) -> None:
        self.told += 1
        document = {"repository": REPOSITORY, "installation": {"id": INSTALLATION}, "sender": {"login": by}, **body}
        self.outbox.append(Delivery(f"guid-{self.told}", event, document))

    def tell_pull_request(self, request: PullRequest, action: str, by: str, **more: Any) -> None:
        document = {
            "number": request.number,
            "state": "open" if request.open else "closed",
            "title": f"Request {request.number}",
            "user": {"login": request.author},
            "draft": request.draft,
            "updated_at": request.updated_at.isoformat(),
            "head": {"ref": request.branch, "sha": request.head, "repo": {"id": 43 if request.fork else 42}},
            "base": {"ref": request.base, "repo": {"id": 42}},
        }
        self.tell("pull_request", by, action=action, pull_request=document, **more)

    def pass_time(self, seconds: int = 1) -> None:
        self.clock += timedelta(seconds=seconds)

    def of_build(self, build: str) -> list[dict[str, Any]]:
        return [run for run in self.check_runs.values() if run["external_id"] == build]

    # --- the API ---

    def answer(self, request: Request) -> Any:
        match request.method, request.path.rsplit("/", 1)[-1]:
            case "POST", "check-runs":
                return self._change({"id": len(self.check_runs) + 1, "app": {"id": APP}, "remarks": []}, request.body)
            case "PATCH", _:
                return self._change(self.check_runs[int(request.variables["run"])], request.body)
            case "GET", "{run}":
                return self._document(self.check_runs[int(request.variables["run"])])
            case "GET", "permission":
                return {"permission": "write" if request.variables["login"] in WRITERS else "read"}
            case "GET", "{sha}":
                return {"message": self.messages[request.variables["sha"]]}
            case _:
                return self._file(request)

    def listed(self, request: Request) -> list[dict[str, Any]]:
        sha, name = request.variables["sha"], request.variables["check_name"]
        runs = self.check_runs.values()
        return [self._document(run) for run in runs if run["head_sha"] == sha and run["name"] == name]

    def _change(self, run: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
        """Annotations add up; everything else is replaced."""
        ended = run.get("conclusion") not in (None, "action_required")
        if ended and told.get("status", "completed") != "completed":
            self.wrongs.append(f"progress was shown over the conclusion of {run['external_id']}")
        if "status" in told:
            run["conclusion"] = told.get("conclusion")
        run["remarks"] += told["output"].get("annotations", [])
        run |= {name: value for name, value in told.items() if name != "output"}
        self.check_runs[run["id"]] = run
        return self._document(run)

    def _document(self, run: dict[str, Any]) -> dict[str, Any]:
        return {**run, "output": {"annotations_count": len(run["remarks"])}}

    def _file(self, request: Request) -> Any:
        text = self.files[request.variables["ref"]]
        if not text:
            raise refusal(request, Answer(status=404, headers={}, data={"message": "Not Found"}))
        blob = f"blob-{len(text)}"
        return {"type": "file", "encoding": "base64", "content": base64.b64encode(text.encode()).decode(), "sha": blob}


class Calls(RepositoryCalls):
    """The way to GitHub in one life of the App: requests fail before, answers are lost after, the process dies."""

    def __init__(self, github: GitHub, process: Process) -> None:  # the client is what is replaced
        self._github = github
        self._process = process

    async def send(self, repository: Repository, request: Request) -> Answer:
        self._process.stumble("GitHub")
        if not request.patient and self._process.random.random() < 0.2:
            raise WouldWait("there are others before it")
        data = self._github.answer(request)
        try:
            self._process.stumble("GitHub")
        except Transient as lost:
            raise Hitch(str(lost), harmless=False) from None
        return Answer(status=200, headers={}, data=data)

    async def send_once(self, repository: Repository, request: Request) -> Answer:
        return await self.send(repository, request)

    async def items(self, repository: Repository, request: Request, key: str) -> AsyncIterator[Any]:
        self._process.stumble("GitHub")
        for item in self._github.listed(request):
            yield item
