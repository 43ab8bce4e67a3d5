"""CodeBuild: its operations on builds and projects."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from app.demo.aws import events
from app.demo.aws.account import Account
from app.demo.aws.build import Build, Phase
from app.demo.aws.bus import Bus
from app.demo.aws.faults import Faults
from app.demo.aws.life import Lives
from app.demo.aws.pages import page
from app.demo.aws.project import Projects, settings
from app.demo.aws.refusal import Refusal, invalid, not_found

Json = dict[str, Any]

TOKEN_LASTS = timedelta(minutes=5)
"""https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html#CodeBuild-StartBuild-request-idempotencyToken"""


class CodeBuild:
    """`builds` holds every build by its id, in the order of their starts."""

    def __init__(self, account: Account, bus: Bus, lives: Lives, faults: Faults) -> None:
        self.account = account
        self.projects = Projects(account)
        self.builds: dict[str, Build] = {}
        self._bus = bus
        self._lives = lives
        self._faults = faults
        self._tokens: dict[str, tuple[datetime, Json, Build]] = {}
        self._asked: dict[str, Json] = {}
        self.operations: dict[str, Callable[[Json], Json]] = {
            "StartBuild": self._start_build,
            "RetryBuild": self._retry_build,
            "StopBuild": self._stop_build,
            "BatchGetBuilds": self._batch_get_builds,
            "ListBuilds": lambda asked: self._list(list(self.builds), asked),
            "ListBuildsForProject": self._list_builds_for_project,
            "CreateProject": lambda asked: {"project": self.projects.create(asked)},
            "BatchGetProjects": self.projects.batch_get,
            "ListProjects": lambda _: self.projects.names(),
        }

    def forget_tokens(self) -> None:
        self._tokens.clear()

    async def close(self) -> None:
        """Stop what runs."""
        for build in self.builds.values():
            build.stopping.set()
        await self._lives.settled()

    def _start_build(self, asked: Json) -> Json:
        wanted = {name: value for name, value in asked.items() if name != "idempotencyToken"}
        return self._once(asked.get("idempotencyToken"), wanted, lambda: self._start(wanted))

    def _retry_build(self, asked: Json) -> Json:
        before = self._known(asked.get("id", ""))
        return self._once(asked.get("idempotencyToken"), asked, lambda: self._start(self._asked[before.id]))

    def _once(self, token: str | None, wanted: Json, start: Callable[[], Build]) -> Json:
        now = datetime.now(UTC)
        if token and token in self._tokens:
            at, before, build = self._tokens[token]
            if now - at < TOKEN_LASTS:
                if before != wanted:
                    raise invalid("Invalid input: idempotency token parameter mismatch")
                return {"build": build.document()}
        build = start()
        if token:
            self._tokens[token] = now, wanted, build
        return {"build": build.document()}

    def _start(self, wanted: Json) -> Build:
        name = wanted["projectName"]
        project = self.projects.get(name)
        if project is None:
            raise not_found(f"Project cannot be found: {self.account.project_arn(name)}")
        decided = settings(project, wanted)
        self._require_room(project)
        number = sum(build.project == name for build in self.builds.values()) + 1
        build = Build(
            account=self.account,
            project=name,
            number=number,
            settings=decided,
            started=datetime.now(UTC),
            listener=self._tell,
            trusted=decided["serviceRole"] == project["serviceRole"] or decided["environment"]["privilegedMode"],
        )
        build.enter("SUBMITTED", build.started)
        self._tell(build, None)
        build.leave(at=build.started)
        build.enter("QUEUED", build.started)
        self.builds[build.id] = build
        self._asked[build.id] = wanted
        self._lives.begin(build)
        return build

    def _require_room(self, project: Json) -> None:
        under_way = [build for build in self.builds.values() if not build.is_complete]
        most = self._faults.most_builds
        if most is not None and len(under_way) >= most:
            text = f"Cannot have more than {most} builds in queue for the account"
            raise Refusal("AccountLimitExceededException", text)
        limit = project.get("concurrentBuildLimit")
        if limit and sum(build.project == project["name"] for build in under_way) >= limit:
            text = f"Cannot have more than {limit} active builds for the project"
            raise Refusal("AccountLimitExceededException", text)

    def _stop_build(self, asked: Json) -> Json:
        build = self._known(asked["id"])
        build.stopping.set()
        return {"build": build.document()}

    def _batch_get_builds(self, asked: Json) -> Json:
        found = [self.builds[each] for each in asked["ids"] if each in self.builds]
        missing = [each for each in asked["ids"] if each not in self.builds]
        return {"builds": [build.document() for build in found], "buildsNotFound": missing}

    def _list_builds_for_project(self, asked: Json) -> Json:
        name = asked["projectName"]
        if self.projects.get(name) is None:
            raise not_found(f"Project cannot be found: {self.account.project_arn(name)}")
        return self._list([build.id for build in self.builds.values() if build.project == name], asked)

    def _list(self, oldest_first: list[str], asked: Json) -> Json:
        ascending = asked.get("sortOrder") == "ASCENDING"
        return page(oldest_first if ascending else oldest_first[::-1], asked, "ids")

    def _known(self, identity: str) -> Build:
        if identity not in self.builds:
            raise not_found(f"Build cannot be found: {self.account.build_arn(identity)}")
        return self.builds[identity]

    def _tell(self, build: Build, phase: Phase | None) -> None:
        self._bus.tell(events.phase_change(build, phase) if phase else events.state_change(build))
