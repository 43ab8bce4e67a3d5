"""A fleet without processes: a build ends as a script says, and two hundred of them take seconds."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.demo.aws.build import Build
from app.demo.aws.logs import Stream
from app.demo.aws.reports import Group, Reports
from app.demo.aws.source import pinned_commit
from app.demo.aws.waiting import unless_stopped

PHASES = ("INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS")
FOLLOWED = {"DOWNLOAD_SOURCE": (), "INSTALL": (), "PRE_BUILD": (), "BUILD": ("POST_BUILD", "UPLOAD_ARTIFACTS")}
FOLLOWED |= {"POST_BUILD": ("UPLOAD_ARTIFACTS",), "UPLOAD_ARTIFACTS": ()}
"""What still runs after a phase failed."""


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What becomes of a build. `failing` is the phase that fails, with this message; `seconds` is how long each phase
    takes; `status` overrules FAILED or SUCCEEDED; `reports` are report files by group and name; `resolved` is the
    commit, the one that the source version pins by default."""

    failing: str = ""
    message: str = "Error while executing command: false. Reason: exit status 1"
    code: str = "COMMAND_EXECUTION_ERROR"
    status: str = ""
    seconds: float = 0.0
    log: str = ""
    exported: Mapping[str, str] = field(default_factory=dict)
    reports: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    resolved: str = ""


Script = Mapping[str, Ending] | Callable[[Build], Ending | Awaitable[Ending]]
"""An ending by a piece of the buildspec, the first that is found in it, or a function of the build."""


class ScriptedFleet:
    def __init__(self, script: Script, reports: Reports) -> None:
        self._script = script
        self._reports = reports

    async def run(self, build: Build, stream: Stream) -> str:
        ending = await unless_stopped(build, self._ending(build))
        await self._phase(build, stream, "DOWNLOAD_SOURCE", ending)
        if ending.failing == "DOWNLOAD_SOURCE":
            return ending.status or "FAILED"
        build.resolved = ending.resolved or pinned_commit(build.settings.get("sourceVersion", ""))
        for name in _phases(ending.failing):
            await self._phase(build, stream, name, ending)
        build.exported = dict(ending.exported)
        await self._reports.add(build, [Group(name, files) for name, files in ending.reports.items()])
        return ending.status or ("FAILED" if ending.failing else "SUCCEEDED")

    async def _phase(self, build: Build, stream: Stream, name: str, ending: Ending) -> None:
        failed = name == ending.failing
        build.enter(name)
        if name != "DOWNLOAD_SOURCE":
            _say(stream, f"Entering phase {name}")
        if name == "BUILD":
            stream.append(ending.log.encode())
        await unless_stopped(build, asyncio.sleep(ending.seconds))
        code, message = (ending.code, ending.message) if failed else ("", "")
        _say(stream, f"Phase complete: {name} State: {'FAILED' if failed else 'SUCCEEDED'}")
        _say(stream, f"Phase context status code: {code} Message: {message}")
        build.leave("FAILED" if failed else "SUCCEEDED", code, message)

    async def _ending(self, build: Build) -> Ending:
        if isinstance(self._script, Mapping):
            buildspec = build.settings["source"].get("buildspec", "")
            return next((ending for words, ending in self._script.items() if words in buildspec), Ending())
        ending = self._script(build)
        return await ending if inspect.isawaitable(ending) else ending


def _phases(failing: str) -> tuple[str, ...]:
    if not failing:
        return PHASES
    return PHASES[: PHASES.index(failing) + 1] + FOLLOWED[failing]


def _say(stream: Stream, text: str) -> None:
    stream.append(f"[Container] {datetime.now(UTC):%Y/%m/%d %H:%M:%S.%f} {text}\n".encode())
