"""What happens to an imaginary repository, told as the events of CI. Commits are named by one hexadecimal letter."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from checks.button import Button
from checks.change import Change, Purpose, Push
from checks.events import BuildReported, ButtonPressed, ChangeReceived, PullRequestClosed
from checks.junit import Case, Ending
from checks.pull_request import PullRequest
from checks.repository import Repository
from checks.result import Outcome, Result
from checks.test_report import FailedTest, TestReport, Verdict, add_up

START = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
WEB = Repository(
    id=42,
    full_name="acme/web",
    installation=7,
    clone_url="https://git.example.org/acme/web.git",
    html_url="https://git.example.org/acme/web",
)
BUILDSPEC = "version: 0.2\n# PRX_\nphases:\n  build:\n    commands:\n      - make\n"


def sha(letter: str) -> str:
    return letter * 40


def pushed(after: str, before: str = "0", **facts: object) -> ChangeReceived:
    """The default branch moved; commits are named by one hexadecimal letter."""
    push = Push(before=sha(before), after=sha(after), touched_buildspec=True, touched_delivery=False)
    change = Change(
        repository=WEB,
        purpose=Purpose.PUSH,
        sha=sha(after),
        branch="main",
        sender="ana",
        received_at=START,
        message="Round totals",
        push=push,
    )
    return ChangeReceived(change=replace(change, **facts), by="ana")


def pull_request(head: str, *, number: int = 12, at: int = 0, **facts: object) -> PullRequest:
    """`at` counts the seconds of GitHub's clock."""
    told = PullRequest(
        number=number,
        title="Round totals",
        author="ana",
        head_sha=sha(head),
        head_branch="totals",
        head_repository=WEB.id,
        base_branch="main",
        base_repository=WEB.id,
        updated_at=START + timedelta(seconds=at),
    )
    return replace(told, **facts)


def told(request: PullRequest, action: str = "opened", *, by: str = "ana") -> ChangeReceived:
    change = Change(
        repository=WEB,
        purpose=Purpose.PULL_REQUEST,
        sha=request.head_sha,
        branch=request.head_branch,
        sender=by,
        received_at=START,
        action=action,
        pull_request=request,
    )
    return ChangeReceived(change=change, by=by)


def closed(request: PullRequest) -> PullRequestClosed:
    return PullRequestClosed(repository=WEB.id, pull_request=replace(request, open=False), by="ana")


def ended(build: str, outcome: Outcome, **facts: object) -> BuildReported:
    return BuildReported(build=build, run=f"run-{build}-0", result=replace(Result(outcome=outcome), **facts))


def pressed(button: Button, build: str = "b1", by: str = "bo") -> ButtonPressed:
    return ButtonPressed(build=build, button=button, by=by)


def fork_request(head: str, *, author: str = "eve", number: int = 12, at: int = 0) -> ChangeReceived:
    return told(pull_request(head, number=number, at=at, author=author, head_repository=99), by=author)


def merge_group(head: str) -> ChangeReceived:
    change = Change(
        repository=WEB,
        purpose=Purpose.MERGE_GROUP,
        sha=sha(head),
        branch="gh-readonly-queue/main/pr-12",
        sender="ana",
        received_at=START,
        action="checks_requested",
        message="Merge #12",
    )
    return ChangeReceived(change=change, by="ana")


def failing(number: int) -> TestReport:
    failures = tuple(
        FailedTest(name=f"test_{line}", verdict=Verdict.FAILED, message="no", path="a.py", line=line)
        for line in range(1, number + 1)
    )
    return TestReport(failed=number, failures=failures)


def report_of(passed: str = "", failed: str = "", skipped: str = "") -> TestReport:
    """The report of tests that are named by one letter each."""
    endings = {Ending.PASSED: passed, Ending.FAILED: failed, Ending.SKIPPED: skipped}
    cases = [
        Case(name=name, group="tests", ending=ending, seconds=0) for ending, names in endings.items() for name in names
    ]
    return add_up([("junit.xml", cases)], root="/src")
