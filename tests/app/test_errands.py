"""An errand is one run on CodeBuild, whoever asks for it, and what became of it is told as promotions need it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from app.demo.aws.fleets.scripted import Ending
from app.errands import MOST_LOST, Errands, console, run_name, told
from checks.errors import Permanent, Transient
from checks.ports import Report
from checks.repository import Repository
from checks.result import Failure, Outcome, Phase, Result
from checks.test_report import TestReport
from deploy.promotion import Errand, Run, State
from tests.checks.runners.aws_town import SHA, Town, local_aws, town  # noqa: F401  fixtures
from tests.checks.runners.workshop import until

WEB = Repository(id=42, full_name="acme/web", installation=7, clone_url="https://github.com/acme/web.git")
BUILDSPEC = "version: 0.2\nphases:\n  build:\n    commands:\n      - make accept\n"
JUNIT = b'<testsuite><testcase name="a"/><testcase name="b"><failure message="no"/></testcase></testsuite>'

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Files:
    """A repository with these files, whatever the commit."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = dict(files)
        self.read: list[tuple[str, str]] = []

    async def file(self, repository: Repository, sha: str, path: str) -> str | None:
        assert repository == WEB
        self.read.append((sha, path))
        return self.files.get(path)


@pytest.fixture
def files() -> Files:
    return Files({"acceptance.yml": BUILDSPEC})


def errand(of: Town, **facts: Any) -> Errand:
    """One that no other test of this account has."""
    known = Errand(
        token=f"{of.project}-smoke test: ü/1",
        since=datetime.now(UTC) - timedelta(minutes=1),
        repository=WEB,
        sha=SHA,
        buildspec="acceptance.yml",
        variables={"INTERLOCK_URL": "https://staging.example.org", "BASE": "x"},
        timeout=timedelta(minutes=10),
    )
    return replace(known, **facts)


def ends(of: Town, wanted: Errand, *endings: Ending) -> None:
    """What becomes of its runs, one after the other."""
    of.endings.update({run_name(wanted.token, lost): each for lost, each in enumerate(endings)})


async def ended(errands: Errands, wanted: Errand) -> Run:
    found: list[Run] = []

    async def has_ended() -> bool:
        found[:] = [await errands.stand(wanted)]
        return found[0].state not in (State.PENDING, State.RUNNING)

    await until(has_ended)
    return found[0]


def runs(of: Town) -> list[dict[str, str]]:
    """The variables of each run that was started."""
    started = [each for each in of.aws.builds.values() if each.project == of.project]
    return [{one["name"]: one["value"] for one in each.variables} for each in started]


async def test_a_run_is_told_what_it_is_for_and_never_publishes(town: Town, files: Files) -> None:  # noqa: F811  a fixture
    wanted = errand(town)
    assert await ended(Errands(files, town.runner()), wanted) == Run(state=State.PASSED)
    [variables] = runs(town)
    assert variables == {
        "INTERLOCK_URL": "https://staging.example.org",
        "BASE": "x",
        "PRX_REPO": "acme/web",
        "PRX_COMMIT": SHA,
        "PRX_BRANCH": "main",
        "PRX_CI_PUBLISH": "false",
        "PRX_TARGET_ARCHITECTURE": "x86_64",
        "INTERLOCK_RUN": run_name(wanted.token, 0),
        "INTERLOCK_POST_BUILD_URL": "https://ci.example.org/post_build.sh",
    }
    [build] = [each for each in town.aws.builds.values() if each.project == town.project]
    assert (build.settings["sourceVersion"], files.read) == (
        f"refs/heads/main^{{{SHA}}}",
        [(SHA, "acceptance.yml")],
    )


async def test_its_log_is_a_page_from_the_beginning_to_the_end(town: Town, files: Files) -> None:  # noqa: F811  a fixture
    town.gate.clear()
    wanted, errands = errand(town), Errands(files, town.runner(), console("us-east-1"))
    first = await errands.stand(wanted)
    town.gate.set()
    last = await ended(errands, wanted)
    assert (first.state.is_open, last.state, first.log == last.log) == (True, State.PASSED, True)
    place = "https://us-east-1.console.aws.amazon.com/codebuild/home?region=us-east-1#/builds/"
    assert first.log.startswith(f"{place}{town.project}:")


async def test_whoever_asks_again_after_a_crash_finds_the_same_run(town: Town, files: Files) -> None:  # noqa: F811  a fixture
    wanted = errand(town)
    for _ in range(3):
        await Errands(files, town.runner()).stand(wanted)
    assert len(runs(town)) == 1
    await Errands(files, town.runner()).stand(replace(wanted, token=f"{wanted.token}2"))
    assert len(runs(town)) == 2


async def test_a_run_that_is_known_is_not_started_nor_read_again(town: Town, files: Files) -> None:  # noqa: F811  a fixture
    town.gate.clear()
    errands, wanted = Errands(files, town.runner()), errand(town)
    for _ in range(3):
        await errands.stand(wanted)
    assert (len(town.asked("StartBuild")), len(files.read)) == (1, 1)


async def test_without_room_it_waits_and_says_so(town: Town, files: Files) -> None:  # noqa: F811  a fixture
    town.aws.faults.most_builds = 0
    errands, wanted = Errands(files, town.runner()), errand(town)
    full = await errands.stand(wanted)
    town.aws.faults.clear()
    assert full == Run(state=State.PENDING, why="CodeBuild allows 0 builds at a time in this account")
    assert (await ended(errands, wanted)).state is State.PASSED


async def test_what_the_platform_loses_begins_again(town: Town, files: Files) -> None:  # noqa: F811  a fixture
    wanted = errand(town)
    ends(town, wanted, Ending(failing="PROVISIONING", status="FAULT"), Ending())
    assert await ended(Errands(files, town.runner()), wanted) == Run(state=State.PASSED)
    assert [each["INTERLOCK_RUN"] for each in runs(town)] == [run_name(wanted.token, lost) for lost in range(2)]


async def test_what_is_always_lost_is_an_error_and_begins_no_more(town: Town, files: Files) -> None:  # noqa: F811  a fixture
    wanted, errands = errand(town), Errands(files, town.runner())
    ends(town, wanted, *[Ending(status="FAULT")] * (MOST_LOST + 1))
    assert (await ended(errands, wanted)).state is State.ERROR
    for again in (errands, Errands(files, town.runner())):
        assert (await again.stand(wanted)).state is State.ERROR
    assert len(runs(town)) == MOST_LOST + 1


async def test_a_failure_says_what_failed(town: Town, files: Files) -> None:  # noqa: F811  a fixture
    wanted = errand(town)
    ends(
        town,
        wanted,
        Ending(failing="BUILD", message="Error while executing command: make accept. Reason: exit status 2"),
    )
    assert await ended(Errands(files, town.runner()), wanted) == Run(
        state=State.FAILED, why="make accept exited with 2 in build"
    )


async def test_an_architecture_that_the_buildspec_names_is_used(town: Town, files: Files) -> None:  # noqa: F811  a fixture
    files.files["acceptance.yml"] = BUILDSPEC + "# PRX_BUILD_AARCH64\n"
    await Errands(files, town.runner()).stand(errand(town))
    assert [each["PRX_TARGET_ARCHITECTURE"] for each in runs(town)] == ["aarch64"]


@pytest.mark.parametrize(
    ("path", "text", "why"),
    [
        ("none.yml", None, "there is no none.yml at 4f2a91c: add it, or name another file"),
        ("a/b.yml", "version: 9\n", "a/b.yml line 1: "),
        ("a/b.yml", "", "a/b.yml line 1: the file is empty"),
    ],
)
async def test_what_cannot_be_run_is_told_at_once(
    town: Town,  # noqa: F811  a fixture
    files: Files,
    path: str,
    text: str | None,
    why: str,
) -> None:
    if text is not None:
        files.files[path] = text
    with pytest.raises(Permanent) as refused:
        await Errands(files, town.runner()).stand(errand(town, buildspec=path))
    assert str(refused.value).startswith(why)
    assert runs(town) == []


async def test_an_aws_that_cannot_be_asked_is_no_verdict(town: Town, files: Files) -> None:  # noqa: F811  a fixture
    errands, wanted = Errands(files, town.runner()), errand(town)
    await errands.stand(wanted)
    town.aws.faults.throttle("BatchGetBuilds")
    with pytest.raises(Transient):
        await errands.stand(wanted)


# --- what is made of a report ---------------------------------------------------------------------------------------

PHASES = (Phase(name="INSTALL", succeeded=True, seconds=1), Phase(name="BUILD", succeeded=False, seconds=1))
OF = Errand(
    token="t",
    since=datetime.now(UTC),
    repository=WEB,
    sha=SHA,
    buildspec="a.yml",
    variables={},
    timeout=timedelta(minutes=10),
)
KEY = "AKIA" + "IOSFODNN7EXAMPLE"


@pytest.mark.parametrize(
    ("result", "run"),
    [
        (Result(outcome=Outcome.SUCCEEDED, exported={"WEB": "x"}), Run(state=State.PASSED, log="there")),
        (
            Result(outcome=Outcome.FAILED, phases=PHASES, tests=TestReport(passed=7, failed=2)),
            Run(state=State.FAILED, why="2 of 9 tests failed in build", log="there"),
        ),
        (
            Result(outcome=Outcome.FAILED, failure=Failure(phase="BUILD", command=f"curl {KEY}\nrm", exit_code=None)),
            Run(state=State.FAILED, why="curl *** rm did not end by itself in build", log="there"),
        ),
        (Result(outcome=Outcome.FAILED, message="no\nsource"), Run(state=State.FAILED, why="no source", log="there")),
        (Result(outcome=Outcome.FAILED, phases=PHASES), Run(state=State.FAILED, why="build", log="there")),
        (
            Result(outcome=Outcome.TIMED_OUT),
            Run(state=State.FAILED, why="it did not end within 10 min", log="there"),
        ),
        (Result(outcome=Outcome.STOPPED), Run(state=State.FAILED, why="somebody stopped it", log="there")),
        (
            Result(outcome=Outcome.FAULT, message="the host died"),
            Run(state=State.ERROR, why="the host died", log="there"),
        ),
    ],
)
async def test_each_outcome_is_a_state_with_its_reason(result: Result, run: Run) -> None:
    assert told(Report(run="r", result=result), OF, "there") == run


@pytest.mark.parametrize(
    ("phase", "state"),
    [("", State.PENDING), ("QUEUED", State.PENDING), ("DOWNLOAD_SOURCE", State.RUNNING), ("BUILD", State.RUNNING)],
)
async def test_what_has_not_begun_waits(phase: str, state: State) -> None:
    assert told(Report(run="r", phase=phase), OF, "there") == Run(state=state, log="there")


async def test_only_where_aws_has_one_console_is_a_page_named() -> None:
    assert [console(each)("web:1") for each in ("cn-north-1", "us-gov-west-1")] == ["", ""]
    assert console("eu-west-1")("web:1").endswith("/codebuild/home?region=eu-west-1#/builds/web:1/view/new")


async def test_no_run_is_taken_for_that_of_a_build() -> None:
    from app.aws.notification import TOKEN  # noqa: PLC0415  what a notice takes for a build

    assert TOKEN.fullmatch(run_name("01hzzzzzzzzzzzzzzzzzzzzzzz-gate-1", 0)) is None
