"""What a build tells in a channel: that it began, how it ended, and what is broken since, or well again."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote

from msgspec.structs import replace

from checks.annotation import annotated_path
from checks.build import Architecture, Build, State
from checks.change import Purpose, short
from checks.duration import human
from checks.failing_tests import mark_words
from checks.markdown import one_line
from checks.message import Button, Code, Line, Link, Message, Strong, Tone
from checks.news import News, Weight
from checks.repository import Repository
from checks.secrets import mask
from checks.terminal import plain_text
from checks.test_report import FailedTest
from checks.title import title

MOST_TESTS = 3
LONGEST_SUBJECT = 100
LONGEST_WHY = 200
CODEBUILDS = "[Container]"
"""CodeBuild begins its own lines of a log so."""

_TONES = {
    State.RUNNING: Tone.MOVES,
    State.SUCCEEDED: Tone.GOOD,
    State.FAILED: Tone.BAD,
    State.TIMED_OUT: Tone.BAD,
    State.ERROR: Tone.BAD,
    State.CANCELLED: Tone.TOLD,
}
_WRONG = {State.SUCCEEDED: False, State.FAILED: True, State.TIMED_OUT: True, State.ERROR: True}
"""A build that somebody stopped says nothing of its branch."""
_NOT_BUILT = frozenset({State.CANCELLED, State.ERROR})


def build_news(build: Build, repository: Repository, log_url: str, now: datetime) -> News | None:
    """None if there is nothing to tell, as of a build that waits. A branch is broken by what was pushed to it."""
    if build.state not in _TONES:
        return None
    pushed = build.change.purpose is Purpose.PUSH
    wrong = _WRONG.get(build.state) if pushed else None
    return News(
        subject=f"build:{build.id}",
        repository=repository.id,
        weight=Weight.TROUBLE if wrong else Weight.ROUTINE,
        matter=f"branch:{repository.id}:{build.change.branch}" if pushed else "",
        part=build.architecture,
        order=f"{build.change.received_at:%Y%m%d%H%M%S%f}-{build.id}",
        wrong=wrong,
        message=Message(
            tone=_TONES[build.state],
            head=_head(build, repository),
            lines=tuple(_lines(build, repository, log_url)),
            buttons=_buttons(build, repository),
        ),
        mended=_mended(build, repository),
        at=now,
    )


def _head(build: Build, repository: Repository) -> Line:
    """The commit stands behind it, so that it need not be in it too; why it was not built stands below."""
    told = title(replace(build, why="") if build.state in _NOT_BUILT else build)
    said = told.replace(f"published {short(build.change.sha)}", "published")
    if build.state is State.RUNNING:
        said = "building"
    if not said.startswith("Interlock"):
        said = f"{said[0].lower()}{said[1:]}"
    return (Strong(_name(build, repository)), f": {said} ", *_where(build, repository))


def _mended(build: Build, repository: Repository) -> Line:
    return (Strong(_name(build, repository)), f" is fixed on {build.change.branch}", *_commit(build, repository))


def _name(build: Build, repository: Repository) -> str:
    more = "" if build.architecture is Architecture.X86_64 else f" ({build.architecture})"
    return f"{repository.name}{more}"


def _where(build: Build, repository: Repository) -> Line:
    change = build.change
    commit = _commit(build, repository)
    if change.purpose is Purpose.PUSH:
        return (f"on {change.branch}", *commit)
    if change.purpose is Purpose.MERGE_GROUP:
        return (f"in the merge queue of {change.branch}", *commit)
    number = change.pull_request.number if change.pull_request else 0
    return ("on ", Link(f"#{number}", f"{repository.html_url}/pull/{number}"), *commit)


def _commit(build: Build, repository: Repository) -> Line:
    sha, subject = build.change.sha, _subject(build)
    by = f" by @{build.change.sender}" if build.change.sender else ""
    return (" · ", Link(short(sha), f"{repository.html_url}/commit/{sha}"), f"{subject}{by}")


def _subject(build: Build) -> str:
    """What a pull request is called, or the commit."""
    asked = build.change.pull_request
    line = one_line(mask(asked.title if asked else build.change.message.partition("\n")[0]))
    return f" “{_cut(line, LONGEST_SUBJECT)}”" if line else ""


def _lines(build: Build, repository: Repository, log_url: str) -> Iterator[Line]:
    if build.state in _NOT_BUILT and build.why:
        yield (_cut(one_line(mask(build.why)), LONGEST_WHY),)
    yield from (_failing(build, test, repository) for test in build.tests.failures[:MOST_TESTS])
    if (more := build.tests.failed - len(build.tests.failures[:MOST_TESTS])) > 0:
        yield (f"and {more} more",)
    if build.state in (State.FAILED, State.TIMED_OUT) and not build.tests.failed and (last := _last_words(build)):
        yield ("the log ends: ", Code(last))
    log, said = Link("log", log_url), build.took is None or build.state is State.SUCCEEDED
    yield (log,) if said else (f"{human(build.took or 0)} · ", log)


def _failing(build: Build, test: FailedTest, repository: Repository) -> Line:
    """Which test, what it says, and where."""
    why, words = _cut(one_line(mask(test.message)), LONGEST_WHY), mark_words(build, test)
    said = f"{f': {why}' if why else ''}{f' · {words}' if words else ''}"
    name, path = Strong(_cut(one_line(mask(test.name)), LONGEST_WHY)), annotated_path(test)
    if path is None:
        return (name, said)
    anchor = f"#L{test.line}" if test.line else ""
    where = f"{path}:{test.line}" if test.line else path
    address = f"{repository.html_url}/blob/{build.change.sha}/{quote(path)}{anchor}"
    return (name, f"{said} · ", Link(_cut(where, LONGEST_WHY), address))


def _last_words(build: Build) -> str:
    """What the build itself said last."""
    log = plain_text(build.result.log_tail) if build.result else ""
    lines = [line.strip() for line in mask(log).splitlines() if line.strip() and not line.startswith(CODEBUILDS)]
    return _cut(one_line(lines[-1]), LONGEST_WHY) if lines else ""


def _buttons(build: Build, repository: Repository) -> tuple[Button, ...]:
    where = f"{repository.full_name} {build.change.sha}"
    match build.state:
        case State.RUNNING:
            return (Button(words=f"cancel {where}", label="Cancel"),)
        case State.FAILED | State.TIMED_OUT | State.ERROR | State.CANCELLED:
            return (Button(words=f"rerun {where}", label="Re-run"),)
        case _:
            return ()


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
