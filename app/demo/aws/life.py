"""The life of a build from the queue to its end: it waits for a place, gets a machine, runs, and is over."""

import asyncio
from dataclasses import dataclass

from app.demo.aws.build import Build
from app.demo.aws.faults import Faults
from app.demo.aws.fleets import Fleet
from app.demo.aws.logs import Logs, Stream
from app.demo.aws.waiting import Stopped, unless_stopped


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How many builds run at once, the seconds that a minute of a timeout takes, and those until a machine is there."""

    places: int
    minute: float
    provisioning: float


class Lives:
    """The builds that are under way."""

    def __init__(self, fleet: Fleet, logs: Logs, faults: Faults, pace: Pace) -> None:
        self._fleet = fleet
        self._logs = logs
        self._faults = faults
        self._pace = pace
        self._places = asyncio.Semaphore(pace.places)
        self._lives: dict[str, asyncio.Task[None]] = {}

    def begin(self, build: Build) -> None:
        """With the build in the queue."""
        self._lives[build.id] = life = asyncio.create_task(self._live(build), name=build.id)
        life.add_done_callback(lambda _: self._lives.pop(build.id))

    async def settled(self) -> None:
        """Returns once every build has ended."""
        while self._lives:
            await asyncio.wait(self._lives.values())

    async def _live(self, build: Build) -> None:
        minutes = build.settings["queuedTimeoutInMinutes"]
        try:
            async with asyncio.timeout(minutes * self._pace.minute):
                await unless_stopped(build, self._places.acquire())
        except TimeoutError:
            build.end("TIMED_OUT", "BUILD_TIMED_OUT", "Build has timed out in the queue.")
        except Stopped:
            build.end("STOPPED")
        else:
            try:
                await self._run(build)
            finally:
                self._places.release()

    async def _run(self, build: Build) -> None:
        build.leave()
        try:
            stream = await self._provision(build)
            if self._faults.breaks_build():
                build.end("FAULT", "INTERNAL_SERVICE_ERROR", "CodeBuild is experiencing an issue")
                return
            build.leave()
            status = await self._fleet.run(build, stream)
        except Stopped:
            status = "STOPPED"
        except Exception as error:
            build.end("FAULT", "INTERNAL_SERVICE_ERROR", f"{type(error).__name__}: {error}")
            raise
        build.leave(status)
        build.enter("FINALIZING")
        build.leave()
        build.end(status)

    async def _provision(self, build: Build) -> Stream:
        build.enter("PROVISIONING")
        await unless_stopped(build, asyncio.sleep(self._pace.provisioning))
        config = build.settings["logsConfig"]["cloudWatchLogs"]
        if config["status"] == "DISABLED":
            return Stream()
        build.group = config.get("groupName") or f"/aws/codebuild/{build.project}"
        build.stream = "/".join(filter(None, (config.get("streamName"), build.uuid)))
        return self._logs.create(build.group, build.stream)
