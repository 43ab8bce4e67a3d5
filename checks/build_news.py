"""What a build tells in a channel: that it began, how it ended, and what is broken since, or well again."""

from collections.abc import Iterator
from datetime import datetime

from checks.build import Architecture, Build, State
from checks.change import Purpose, short
from checks.duration import human
from checks.markdown import one_line
from checks.message import Button, Line, Link, Message, Strong, Tone
from checks.news import News, Weight
from checks.repository import Repository
from checks.secrets import mask
from checks.title import title

MOST_TESTS = 3
LONGEST_SUBJECT = 100
LONGEST_WHY = 200

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
    said = title(build)
    if build.state is State.RUNNING:
        said = "building"
    return (Strong(_name(build, repository)), f": {said[0].lower()}{said[1:]} ", *_where(build, repository))


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
    by = f" by {build.change.sender}" if build.change.sender else ""
    return (" · ", Link(short(sha), f"{repository.html_url}/commit/{sha}"), f"{subject}{by}")


def _subject(build: Build) -> str:
    line = one_line(mask(build.change.message.partition("\n")[0]))
    return f" “{_cut(line, LONGEST_SUBJECT)}”" if line else ""


def _lines(build: Build, repository: Repository, log_url: str) -> Iterator[Line]:
    for test in build.tests.failures[:MOST_TESTS]:
        why = _cut(one_line(mask(test.message)), LONGEST_WHY)
        yield (Strong(_cut(one_line(mask(test.name)), LONGEST_WHY)), f": {why}" if why else "")
    more = len(build.tests.failures) - MOST_TESTS
    if more > 0:
        yield (f"and {more} more",)
    took = f"{human(build.took)} · " if build.took is not None else ""
    yield (took, Link("log", log_url))


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
