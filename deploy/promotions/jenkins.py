"""Jobs of the operator's Jenkins have to succeed for this version: found among their builds, or begun by us.

https://www.jenkins.io/doc/book/using/remote-access-api/
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import quote

import aiohttp
from msgspec import Struct
from pydantic import Field, StringConstraints

from checks.change import short
from checks.errors import Permanent, Transient
from deploy.answer import is_version
from deploy.promotion import Case, Jenkins, Promotion, State, Surroundings, Verdict, When
from deploy.span import parsed

TICK = parsed("15s")
PATIENCE = aiohttp.ClientTimeout(total=30)
BUILDS = "number,url,building,result,timestamp,actions[parameters[name,value],lastBuiltRevision[SHA1]]"
RECENT = 50
"""Builds of a job among which the version's is looked for."""

NAME = r"[^/?#]*[^/?#.][^/?#]*"
_ITEM = re.compile(r"/queue/item/(\d+)/?$", re.ASCII)


class Job(Struct, frozen=True, kw_only=True):
    """How a job stands for the version: PENDING, RUNNING, PASSED or FAILED, and what follows its name."""

    name: str
    state: State
    why: str
    url: str = ""


class JenkinsJobs(Promotion):
    """Each job has to succeed for the version: the newest build that has its commit, or a parameter that names it."""

    type: Literal["jenkins"]
    jobs: tuple[Annotated[str, StringConstraints(pattern=f"^{NAME}(/{NAME})*$")], ...] = Field(
        min_length=1, max_length=20, description="Names of jobs; those in folders as folder/job."
    )
    trigger: bool = Field(default=False, description="Whether a job is begun if it has no build of this deployment.")
    parameters: dict[str, str] = Field(
        default={"VERSION": "{sha}"},
        description="What a job is begun with; {environment}, {service}, {version}, {sha} and {url} are filled in.",
    )

    async def look(self, case: Case, around: Surroundings) -> Verdict:
        if around.jenkins is None:
            raise Permanent("no Jenkins is set up here: the operator sets JENKINS_URL, JENKINS_USER and JENKINS_TOKEN")
        for name in self.jobs if self.trigger else ():
            if why := around.job_refusal(case.repository, name):
                raise Permanent(why)
        client = _Client(around.http, around.jenkins)
        memory = dict(case.memory)
        return self.decide([await self._job(name, case, client, memory) for name in self.jobs], memory)

    def decide(self, jobs: Sequence[Job], memory: dict[str, str]) -> Verdict:
        """One that failed is the verdict; else the first that has not ended."""
        for state in (State.FAILED, State.RUNNING, State.PENDING):
            for job in jobs:
                if job.state is state:
                    why, again = f"{job.name} {job.why}", None if state is State.FAILED else TICK
                    return Verdict(state=state, why=why, evidence=job.url, again=again, memory=memory)
        names = " and ".join(job.name for job in jobs)
        return Verdict(state=State.PASSED, why=f"{names} succeeded in Jenkins", evidence=jobs[-1].url)

    async def _job(self, name: str, case: Case, client: "_Client", memory: dict[str, str]) -> Job:
        if memory.get(name, "").startswith("item "):
            return await self._queued(name, case, client, memory)
        if name in memory:
            return ended(name, await client.build(name, memory[name]))
        build = found(await client.builds(name), case, begun_for_it=self.trigger or case.when is When.AFTER)
        if build is not None:
            return ended(name, build)
        if not self.trigger:
            return Job(name=name, state=State.PENDING, why=f"has not built {short(case.version.sha)} yet")
        # Jenkins folds what waits with the same parameters into one: after a crash here, asking again is harmless.
        parameters = {parameter: case.filled(value) for parameter, value in self.parameters.items()}
        memory[name] = f"item {await client.begin(name, parameters)}"
        return Job(name=name, state=State.RUNNING, why="was begun")

    async def _queued(self, name: str, case: Case, client: "_Client", memory: dict[str, str]) -> Job:
        item = await client.item(memory[name].removeprefix("item "))
        if item is None:  # Jenkins forgets items some minutes after they have left the queue
            del memory[name]
            build = found(await client.builds(name), case, begun_for_it=True)
            return ended(name, build) if build else Job(name=name, state=State.PENDING, why="was lost by Jenkins")
        if item.get("cancelled"):
            return Job(name=name, state=State.FAILED, why="was cancelled in Jenkins before it began")
        executable = item.get("executable")
        if not executable:
            return Job(name=name, state=State.PENDING, why=f"waits in Jenkins: {item.get('why') or 'no reason given'}")
        memory[name] = str(executable["number"])
        return ended(name, await client.build(name, memory[name]))


def found(builds: Sequence[Mapping[str, Any]], case: Case, *, begun_for_it: bool) -> Mapping[str, Any] | None:
    """The newest build of the version, as Jenkins lists them so; no older than the attempt if `begun_for_it`."""
    began = case.began_at.timestamp() * 1000 if begun_for_it else 0
    return next((each for each in builds if each.get("timestamp", 0) >= began and _is_of(each, case)), None)


def _is_of(build: Mapping[str, Any], case: Case) -> bool:
    actions = [action for action in build.get("actions", []) if action]
    told = [parameter.get("value") for action in actions for parameter in action.get("parameters", [])]
    told += [action["lastBuiltRevision"].get("SHA1") for action in actions if action.get("lastBuiltRevision")]
    return any(is_version(value, case.version) for value in told)


def ended(name: str, build: Mapping[str, Any]) -> Job:
    number, url = build["number"], str(build.get("url", ""))
    if build.get("building") or build.get("result") is None:
        return Job(name=name, state=State.RUNNING, why=f"#{number} is building", url=url)
    if build["result"] == "SUCCESS":
        return Job(name=name, state=State.PASSED, why=f"#{number} succeeded", url=url)
    return Job(name=name, state=State.FAILED, why=f"#{number} ended as {build['result']}", url=url)


class _Client:
    """Jenkins as its JSON API has it. Requests with an API token need no crumb.

    https://www.jenkins.io/doc/book/security/csrf-protection/
    """

    def __init__(self, http: Any, jenkins: Jenkins) -> None:
        self._http = http
        self._url = jenkins.url.rstrip("/")
        self._headers = {"Authorization": aiohttp.encode_basic_auth(jenkins.user, jenkins.token)}

    async def builds(self, job: str) -> Sequence[Mapping[str, Any]]:
        told = await self._json(_path(job), tree=f"builds[{BUILDS}]{{0,{RECENT}}}")
        if told is None:
            raise Permanent(f"Jenkins has no job {job}, or does not show it to our user")
        return list(told.get("builds", []))

    async def build(self, job: str, number: str) -> Mapping[str, Any]:
        told = await self._json(f"{_path(job)}/{number}", tree="number,url,building,result")
        if told is None:
            raise Permanent(f"Jenkins has no build #{number} of {job} any more")
        return told

    async def item(self, number: str) -> Mapping[str, Any] | None:
        return await self._json(f"/queue/item/{number}", tree="cancelled,why,executable[number,url]")

    async def begin(self, job: str, parameters: Mapping[str, str]) -> str:
        """The number of the item in its queue."""
        status, headers, _ = await self._ask("POST", f"{_path(job)}/buildWithParameters", data=dict(parameters))
        item = _ITEM.search(headers.get("Location", ""))
        if status == 404:  # noqa: PLR2004  HTTP's
            raise Permanent(f"Jenkins has no job {job}, or does not let our user begin it")
        if status != 201 or item is None:  # noqa: PLR2004  HTTP's
            raise Permanent(f"Jenkins answered {status} when it was asked to begin {job}: does it take parameters?")
        return item[1]

    async def _json(self, path: str, tree: str) -> Mapping[str, Any] | None:
        status, _, body = await self._ask("GET", f"{path}/api/json", params={"tree": tree})
        if status == 404:  # noqa: PLR2004  HTTP's
            return None
        if not isinstance(body, dict):
            raise Transient(f"Jenkins answered {status} without JSON")
        return body

    async def _ask(self, method: str, path: str, **more: Any) -> tuple[int, Mapping[str, str], Any]:
        try:
            async with self._http.request(
                method, self._url + path, headers=self._headers, allow_redirects=False, timeout=PATIENCE, **more
            ) as response:
                if response.status in (401, 403):
                    raise Transient(f"Jenkins answered {response.status}: the operator checks its user and token")
                if response.status >= 500:  # noqa: PLR2004  HTTP's
                    raise Transient(f"Jenkins answered {response.status}")
                is_json = response.content_type == "application/json"
                return response.status, response.headers, await response.json() if is_json else None
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise Transient(f"Jenkins could not be asked: {type(error).__name__}") from None


def _path(job: str) -> str:
    return "".join(f"/job/{quote(part, safe='')}" for part in job.split("/"))
