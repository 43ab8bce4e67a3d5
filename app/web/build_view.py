"""What the page of a build says, in the words of its check."""

from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup

from app.web.log import Log
from app.web.terminal import html, kind
from app.web.timeline import Bar, Tick, bars, ticks
from checks.build import Build, State
from checks.change import Purpose, short
from checks.check_run import check_run
from checks.failing_tests import flaky_words, mark_words, marked, not_compared
from checks.result import Result
from checks.test_report import FailedTest, Mark

LAMPS = {
    State.WAITING_FOR_APPROVAL: ("wait", "Waiting for approval"),
    State.QUEUED: ("queued", "Queued"),
    State.RUNNING: ("running", "Running"),
    State.SUCCEEDED: ("passed", "Passed"),
    State.FAILED: ("failed", "Failed"),
    State.ERROR: ("error", "Error"),
    State.TIMED_OUT: ("late", "Timed out"),
    State.CANCELLED: ("cancelled", "Cancelled"),
    State.SKIPPED: ("skipped", "Skipped"),
}
NO_LOG = {
    State.WAITING_FOR_APPROVAL: "Nothing has run yet. Somebody with write access approves the commit in its check.",
    State.QUEUED: "The log begins when a runner takes the build. This page follows it by itself.",
    State.RUNNING: "The runner has not written anything yet. This page follows it by itself.",
    State.CANCELLED: "The build was cancelled before it wrote anything.",
    State.SKIPPED: "Skipped builds have no log. Push a commit without the skip words to build.",
}


class Fact(NamedTuple):
    name: str
    text: str
    url: str = ""


class View:
    def __init__(self, build: Build, log: Log, url: str, now: datetime) -> None:
        self.build = build
        self.state = build.state
        self.change = build.change
        self.lamp, self.word = LAMPS[build.state]
        self.title = check_run(build, log_url=url).title
        self.sections = log.sections
        self.lines = log.lines + (log.has_partial_line and build.state.is_final)
        self.size = log.size
        self.seconds = ((build.finished_at or now) - build.started_at).total_seconds() if build.started_at else None

    @property
    def path(self) -> str:
        return f"/builds/{self.build.id}"

    @property
    def result(self) -> Result | None:
        return self.build.result

    @property
    def subject(self) -> str:
        pull = self.change.pull_request
        return self.change.message.partition("\n")[0] or (pull.title if pull else "")

    @property
    def repository_url(self) -> str:
        url = self.change.repository.html_url
        return url if url.startswith(("https://", "http://")) else ""

    @property
    def commit_url(self) -> str:
        return self.at(f"commit/{self.change.sha}")

    @property
    def cause(self) -> Fact:
        """The branch or pull request that asked for the build."""
        pull = self.change.pull_request
        if pull:
            return Fact("Pull request", f"#{pull.number} {pull.title}", self.at(f"pull/{pull.number}"))
        name = "Merge queue for" if self.change.purpose is Purpose.MERGE_GROUP else "Branch"
        return Fact(name, self.change.branch, self.at(f"commits/{self.change.branch}"))

    @property
    def bars(self) -> list[Bar]:
        return bars(self.result.phases, dict(self.sections)) if self.result else []

    @property
    def ticks(self) -> list[Tick]:
        return ticks(self.result.phases) if self.result else []

    @property
    def no_log(self) -> str:
        return NO_LOG.get(self.state, "The build ended before it wrote anything.")

    @property
    def version(self) -> str:
        """Changes whenever the page would say something else, the log apart."""
        return f"{self.state}-{self.build.phase}-{self.build.faults}-{len(self.sections)}"

    def at(self, path: str) -> str:
        return f"{self.repository_url}/{path}" if self.repository_url else ""

    def place(self, test: FailedTest) -> Fact:
        """Where a test failed, as a link to that line at the built commit."""
        if not test.path:
            return Fact("", "–")
        line = f":{test.line}" if test.line else ""
        url = self.at(f"blob/{self.change.sha}/{test.path}") + (f"#L{test.line}" if test.line else "")
        return Fact(test.path, f"{test.path}{line}", url if self.repository_url else "")

    @property
    def failed_tests(self) -> str:
        """`2 failed (1 new)`."""
        return f"{self.build.tests.failed} failed{marked(self.build.tests)}"

    @property
    def flaky_words(self) -> str:
        return flaky_words(self.build.tests)

    @property
    def not_compared(self) -> str:
        return not_compared(self.build.tests)

    def mark(self, test: FailedTest) -> Fact:
        """What other builds say of a test, as a link to the commit that shows it."""
        url = self.at(f"commit/{self.build.tests.base}") if test.mark is Mark.NEW else ""
        return Fact(test.mark or "", mark_words(self.build, test), url)

    @property
    def page_title(self) -> str:
        return f"{self.title} · {self.change.repository.full_name}@{short(self.change.sha)}"


def row(number: int, text: str, more: int = 0) -> Markup:
    """A line of the log. The number is drawn by the style sheet, so that copied text has no numbers in it."""
    what = kind(text)
    label = f"Line {number}, trouble" if what == "trouble" else f"Line {number}"
    link = Markup('<a href="#L{0}" data-n="{0}" tabindex="-1" aria-label="{1}"></a>').format(number, label)
    safe = Markup(html(text, more))  # noqa: S704 (terminal.html escapes)
    return Markup('<span class="row {}" id="L{}">{}<span class="t">{}\n</span></span>').format(what, number, link, safe)
