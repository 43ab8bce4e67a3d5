"""Jobs of a Jenkins succeed for the version: against an HTTP server that answers in Jenkins's own shapes."""

import base64
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from msgspec.structs import replace
from pydantic import ValidationError

from deploy.promotion import Case, Jenkins, State, Verdict, When
from deploy.promotions.jenkins import JenkinsJobs
from tests.deploy.promotions.conftest import Serve
from tests.deploy.promotions.world import CASE, NOON, SHA, World

TICK = timedelta(seconds=15)
MILLISECONDS = int(NOON.timestamp() * 1000)
OTHER = "77aa0be" + "0" * 33


@dataclass
class Controller:
    """As much of a Jenkins as is asked here: jobs in folders, builds, the queue, and users with tokens."""

    builds: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    items: dict[int, dict[str, Any]] = field(default_factory=dict)
    begun: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    broken: int = 0
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        if self.broken:
            return web.Response(status=self.broken, text="<html>")
        us = "Basic " + base64.b64encode(b"interlock:token").decode()
        if request.headers.get("Authorization") != us:
            return web.Response(status=401, text="<html>Unauthorized</html>", content_type="text/html")
        self.asked.append(f"{request.method} {request.raw_path}")
        path = request.path.removeprefix("/ci")
        if item := re.fullmatch(r"/queue/item/(\d+)/api/json", path):
            return self._json(self.items.get(int(item[1])))
        found = re.fullmatch(r"((?:/job/[^/]+)+)(?:/(\d+))?/(api/json|buildWithParameters)", path)
        job = "/".join(found[1].split("/job/")[1:]) if found else ""
        if found is None or job not in self.builds:
            return web.Response(status=404, text="<html>", content_type="text/html")
        if found[3] == "buildWithParameters":
            return await self._begin(job, request)
        if found[2]:
            builds = [build for build in self.builds[job] if build["number"] == int(found[2])]
            return self._json(builds[0] if builds else None)
        return self._json({"_class": "org.jenkinsci.plugins.workflow.job.WorkflowJob", "builds": self.builds[job]})

    async def _begin(self, job: str, request: web.Request) -> web.Response:
        assert request.method == "POST"
        self.begun.append((job, dict(await request.post())))
        number = 38 + len(self.begun)
        self.items[number] = {
            "_class": "hudson.model.Queue$WaitingItem",
            "cancelled": False,
            "why": "In the quiet period. Expires in 4.9 sec",
        }
        return web.Response(status=201, headers={"Location": f"{self.url}/queue/item/{number}/"})

    def _json(self, document: dict[str, Any] | None) -> web.Response:
        if document is None:
            return web.Response(status=404, text="<html>", content_type="text/html")
        return web.json_response(document)

    def built(self, job: str, number: int, result: str | None, sha: str = SHA, age: int = 0) -> dict[str, Any]:
        """A build that has a parameter with the commit, `age` seconds before noon; its newest."""
        build = {
            "_class": "org.jenkinsci.plugins.workflow.job.WorkflowRun",
            "actions": [
                {},
                {"_class": "hudson.model.ParametersAction", "parameters": [{"name": "VERSION", "value": sha}]},
            ],
            "building": result is None,
            "number": number,
            "result": result,
            "timestamp": MILLISECONDS - 1000 * age,
            "url": self.page(job, number),
        }
        self.builds.setdefault(job, []).insert(0, build)
        return build

    def page(self, job: str, number: int) -> str:
        return f"{self.url}/job/{job.replace('/', '/job/')}/{number}/"


@pytest.fixture
async def jenkins(serve: Serve, world: World) -> Controller:
    controller = Controller()
    controller.url = await serve(controller.answer) + "/ci"
    world.jenkins = Jenkins(url=controller.url + "/", user="interlock", token="token")
    return controller


def kind(*jobs: str, **fields: object) -> JenkinsJobs:
    return JenkinsJobs.model_validate({"type": "jenkins", "jobs": jobs, **fields})


async def test_the_newest_build_of_the_version_decides(jenkins: Controller, world: World) -> None:
    jenkins.built("shop/smoke", 7, "FAILURE")
    jenkins.built("shop/smoke", 8, "SUCCESS")
    jenkins.built("shop/smoke", 9, "FAILURE", OTHER)
    assert await kind("shop/smoke").judge(CASE, world) == Verdict(
        state=State.PASSED, why="shop/smoke succeeded in Jenkins", evidence=jenkins.page("shop/smoke", 8)
    )
    assert jenkins.asked == [
        (
            "GET /ci/job/shop/job/smoke/api/json?tree=builds"
            "%5Bnumber,url,building,result,timestamp,actions%5Bparameters%5Bname,value%5D,lastBuiltRevision%5BSHA1%5D%5D%5D"
            "%7B0,50%7D"
        )
    ]


async def test_a_build_of_the_commit_needs_no_parameter(jenkins: Controller, world: World) -> None:
    build = jenkins.built("smoke", 7, "SUCCESS")
    build["actions"] = [{"_class": "hudson.plugins.git.util.BuildData", "lastBuiltRevision": {"SHA1": SHA}}]
    assert (await kind("smoke").judge(CASE, world)).state == State.PASSED


@pytest.mark.parametrize("result", ["FAILURE", "UNSTABLE", "ABORTED", "NOT_BUILT"])
async def test_any_other_end_is_a_failure(jenkins: Controller, world: World, result: str) -> None:
    jenkins.built("smoke", 7, result)
    assert await kind("smoke").judge(CASE, world) == Verdict(
        state=State.FAILED, why=f"smoke #7 ended as {result}", evidence=jenkins.page("smoke", 7)
    )


async def test_all_jobs_have_to_succeed_and_the_first_that_did_not_is_named(jenkins: Controller, world: World) -> None:
    jobs = kind("a", "b", "c")
    jenkins.built("a", 1, "SUCCESS")
    jenkins.built("b", 2, None)
    jenkins.builds["c"] = []
    assert await jobs.judge(CASE, world) == Verdict(
        state=State.RUNNING, why="b #2 is building", evidence=jenkins.page("b", 2), again=TICK
    )
    jenkins.builds["b"][0] |= {"building": False, "result": "SUCCESS"}
    assert await jobs.judge(CASE, world) == Verdict(state=State.PENDING, why="c has not built 4f2a91c yet", again=TICK)
    jenkins.built("c", 3, "SUCCESS")
    assert (await jobs.judge(CASE, world)).why == "a and b and c succeeded in Jenkins"
    jenkins.built("b", 4, "FAILURE")
    assert (await jobs.judge(CASE, world)).why == "b #4 ended as FAILURE"


async def test_after_a_deployment_older_builds_say_nothing(jenkins: Controller, world: World) -> None:
    jenkins.built("smoke", 7, "SUCCESS", age=60)
    after = replace(CASE, when=When.AFTER)
    assert (await kind("smoke").judge(after, world)).why == "smoke has not built 4f2a91c yet"
    jenkins.built("smoke", 8, "SUCCESS", age=-60)
    assert (await kind("smoke").judge(after, world)).state == State.PASSED


async def test_a_job_is_begun_once_and_followed_from_the_queue_to_its_end(jenkins: Controller, world: World) -> None:
    jenkins.built("smoke", 6, "SUCCESS", age=60)
    smoke = kind("smoke", trigger=True, parameters={"COMMIT": "{sha}", "AT": "{environment} {url}"})
    case, said = replace(CASE, url="https://x"), []

    async def look(case: Case) -> Case:
        verdict = await smoke.judge(case, world)
        said.append((verdict.state, verdict.why))
        return replace(case, memory=verdict.memory)

    case = await look(await look(case))
    jenkins.items[39] = {"cancelled": False, "why": None, "executable": {"number": 7, "url": jenkins.page("smoke", 7)}}
    build = jenkins.built("smoke", 7, None, sha="")
    case = await look(case)
    jenkins.items.clear()
    case = await look(case)
    build |= {"building": False, "result": "SUCCESS"}
    await look(case)
    assert said == [
        (State.RUNNING, "smoke was begun"),
        (State.PENDING, "smoke waits in Jenkins: In the quiet period. Expires in 4.9 sec"),
        (State.RUNNING, "smoke #7 is building"),
        (State.RUNNING, "smoke #7 is building"),
        (State.PASSED, "smoke succeeded in Jenkins"),
    ]
    assert jenkins.begun == [("smoke", {"COMMIT": SHA, "AT": "production https://x"})]


async def test_a_job_that_runs_for_the_version_already_is_not_begun_again(jenkins: Controller, world: World) -> None:
    jenkins.built("smoke", 7, None, age=-1)
    assert (await kind("smoke", trigger=True).judge(CASE, world)).why == "smoke #7 is building"
    assert jenkins.begun == []


async def test_what_is_cancelled_in_the_queue_has_failed(jenkins: Controller, world: World) -> None:
    jenkins.builds["smoke"] = []
    case = replace(CASE, memory=(await kind("smoke", trigger=True).judge(CASE, world)).memory)
    jenkins.items[39]["cancelled"] = True
    verdict = await kind("smoke", trigger=True).judge(case, world)
    assert (verdict.state, verdict.why) == (State.FAILED, "smoke was cancelled in Jenkins before it began")


async def test_a_lost_item_is_found_among_the_builds_or_begun_again(jenkins: Controller, world: World) -> None:
    jenkins.builds["smoke"] = []
    smoke = kind("smoke", trigger=True)
    case = replace(CASE, memory=(await smoke.judge(CASE, world)).memory)
    jenkins.items.clear()
    lost = await smoke.judge(case, world)
    assert (lost.state, lost.why, lost.memory) == (State.PENDING, "smoke was lost by Jenkins", {})
    jenkins.built("smoke", 7, "SUCCESS", age=-1)
    assert (await smoke.judge(case, world)).state == State.PASSED


async def test_what_jenkins_does_not_have_is_told(jenkins: Controller, world: World) -> None:
    verdict = await kind("nobody").judge(CASE, world)
    assert verdict == Verdict(state=State.FAILED, why="Jenkins has no job nobody, or does not show it to our user")


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (500, "Jenkins answered 500"),
        (403, "Jenkins answered 403: the operator checks its user and token"),
        (200, "Jenkins answered 200 without JSON"),
    ],
)
async def test_a_jenkins_that_cannot_be_asked_is_an_error(
    jenkins: Controller, world: World, status: int, why: str
) -> None:
    jenkins.broken = status
    assert await kind("smoke").judge(CASE, world) == Verdict(state=State.ERROR, why=why, again=TICK)


async def test_a_wrong_token_is_the_operators_matter(jenkins: Controller, world: World) -> None:
    world.jenkins = Jenkins(url=jenkins.url, user="interlock", token="old")
    verdict = await kind("smoke").judge(CASE, world)
    assert (verdict.state, verdict.why) == (
        State.ERROR,
        "Jenkins answered 401: the operator checks its user and token",
    )


async def test_without_a_jenkins_it_is_told_what_to_set() -> None:
    verdict = await kind("smoke").judge(CASE, World())
    assert verdict == Verdict(
        state=State.FAILED,
        why="no Jenkins is set up here: the operator sets JENKINS_URL, JENKINS_USER and JENKINS_TOKEN",
    )


@pytest.mark.parametrize("job", ["", "/smoke", "a//b", "a/", "a?b", "a#b", ".", "a/../b"])
def test_names_that_leave_their_place_are_refused(job: str) -> None:
    with pytest.raises(ValidationError):
        kind(job)


async def test_a_job_that_the_operator_keeps_is_not_begun_and_its_builds_may_be_looked_at(
    jenkins: Controller, world: World
) -> None:
    world.kept_jobs = {"bank/deploy": "bank/deploy may not be begun: ask the operator"}
    jenkins.builds["bank/deploy"] = []

    begun = await kind("bank/deploy", trigger=True).judge(CASE, world)
    looked_at = await kind("bank/deploy").judge(CASE, world)

    assert begun == Verdict(state=State.FAILED, why="bank/deploy may not be begun: ask the operator")
    assert looked_at.why == "bank/deploy has not built 4f2a91c yet"
    assert jenkins.begun == []
