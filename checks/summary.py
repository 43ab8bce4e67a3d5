"""What a check says under its title: what happened, why, and what to do next."""

from collections.abc import Iterator

from checks.build import MOST_FAULTS, Build, State
from checks.change import Purpose, short
from checks.duration import human
from checks.failing_tests import counts, failing_tests, flaky_tests, more_failing_tests, not_compared, unread
from checks.log_excerpt import excerpt, line_count
from checks.markdown import code, details, document, link, plain, table
from checks.result import Result
from checks.secrets import mask
from checks.title import counted, distrust, failed_phase, how_it_ended, title

MOST_BYTES = 60_000
"""GitHub takes 65,535, and counts bytes; the gateway may add a line."""

MOST_LABELS = 30
MOST_PHASES = 30

Blocks = Iterator[str]


def summary(build: Build, *, log_url: str, ahead: int = 0) -> str:
    remark = f"**Note:** {plain(mask(build.remark))}" if build.remark else ""
    return document([remark, *_blocks(build, log_url, ahead)], MOST_BYTES)


def text(build: Build) -> str:
    """What only a few want to know: the other failing tests, and the phases of a build that did not pass."""
    phases = () if build.result is None or build.state is State.SUCCEEDED else _phases(build.result)
    return document([*more_failing_tests(build), *phases], MOST_BYTES)


def _blocks(build: Build, log_url: str, ahead: int) -> Blocks:
    match build.state:
        case State.WAITING_FOR_APPROVAL:
            return _waiting(build)
        case State.QUEUED:
            return _queued(build, ahead)
        case State.RUNNING:
            return _running(build, log_url)
        case State.SUCCEEDED:
            return _succeeded(build, log_url)
        case State.FAILED:
            return _failed(build, build.result, log_url) if build.result else _refused(build)
        case State.CANCELLED | State.SKIPPED:
            return _given_up(build, log_url)
        case State.TIMED_OUT | State.ERROR:
            return _broken_off(build, log_url)


def _waiting(build: Build) -> Blocks:
    change = build.change
    repository = link(code(change.repository.full_name), change.repository.html_url)
    yield f"**{plain(mask(distrust(build)))}** to {repository}, so nothing of {_commit(build)} has run."
    if change.pull_request:
        number, author = change.pull_request.number, plain(f"@{change.pull_request.author}")
        asks = link(f"Pull request {number}", f"{change.repository.html_url}/pull/{number}")
        yield f"{asks} by {author} asks for this build."
    yield (
        f"Approving runs exactly this commit, {_sha(build)}, apart from trusted builds: it sees no secret and "
        "publishes nothing. A newer commit asks again."
    )
    yield "**Next:** read the changes, then press *Approve and run*. It takes write access."


def _queued(build: Build, ahead: int) -> Blocks:
    if build.faults:
        yield (
            f"The runner lost the build of {_commit(build)} before it ended. It starts again by itself, "
            f"{build.faults} of at most {MOST_FAULTS} times."
        )
    elif ahead > 0:
        yield f"{counted(ahead, 'build')} {'waits' if ahead == 1 else 'wait'} ahead of {_commit(build)}."
    else:
        yield f"{_commit(build)} is next."
    yield from _approval(build)
    if build.delay:
        yield "**Next:** nothing; it is tried again until it starts. If that takes long, ask who runs Interlock."
    else:
        yield "**Next:** nothing; it starts by itself. To give it up, press *Cancel*."


def _running(build: Build, log_url: str) -> Blocks:
    phase = f"phase {code(build.phase.lower())}" if build.phase else ""
    yield _line(f"{_commit(build)} is being built", phase, link("log so far", log_url))
    yield from _approval(build)
    yield "**Next:** nothing; the result shows here. To stop it, press *Cancel*."


def _succeeded(build: Build, log_url: str) -> Blocks:
    yield _line(counts(build.tests) or "**Passed**", _took(build), link("full log", log_url))
    yield from _approval(build)
    yield from _tests(build)
    if build.result:
        yield from _phases(build.result)
    yield from _published(build)


def _refused(build: Build) -> Blocks:
    yield f"**{plain(title(build))}**"
    yield f"Nothing of {_commit(build)} has run. **Next:** mend that and push; `interlock check .` finds it before."


def _failed(build: Build, result: Result, log_url: str) -> Blocks:
    phase = failed_phase(result)
    what = f"**{plain(title(build))}**"
    tests = counts(build.tests)
    if build.tests.failed:
        what, tests = tests, ""
    elif result.failure:
        what = f"**{code(mask(result.failure.command)) or 'a command'} {how_it_ended(result.failure)}**"
    where = f"phase {code(phase)}" if phase else ""
    yield _line(what, tests.replace("**", ""), where, _took(build), link("full log", log_url))
    yield from _approval(build)
    yield from _evidence(build)
    yield f"**Reproduce:** `interlock build .` at {_sha(build)}. **Next:** push a fix, or press *Re-run*."


def _broken_off(build: Build, log_url: str) -> Blocks:
    """The build did not come to an end of its own: it lasted too long, or Interlock could not run it."""
    yield _line(f"**{plain(title(build))}**", _took(build), link("full log", log_url) if build.started_at else "")
    if build.state is State.ERROR:
        tries = f", and it was started {build.faults + 1} times" if build.faults else ""
        yield f"The fault is not in {_commit(build)}{tries}."
    yield from _approval(build)
    yield from _evidence(build)
    if build.state is State.ERROR:
        yield "**Next:** press *Re-run*. If it happens again, tell those who run Interlock."
    else:
        yield (
            f"**Reproduce:** `interlock build .` at {_sha(build)}. "
            "**Next:** see in the log what it waited for, then push a fix, or press *Re-run*."
        )


def _given_up(build: Build, log_url: str) -> Blocks:
    yield _line(f"**{plain(title(build))}**", _took(build), link("full log", log_url) if build.started_at else "")
    nothing = "" if build.started_at else f"Nothing of {_commit(build)} has run. "
    yield f"{nothing}**Next:** nothing. To build this commit all the same, press *Re-run*."


def _evidence(build: Build) -> Blocks:
    """What shows why: the failing tests and the end of the log."""
    result = build.result
    if result is None:
        return
    yield from _tests(build)
    log = excerpt(result.log_tail)
    if log:
        lines = line_count(log)
        yield details("Last line of the log" if lines == 1 else f"Last {lines} lines of the log", log)


def _tests(build: Build) -> Blocks:
    yield from failing_tests(build)
    yield from flaky_tests(build.tests)
    yield not_compared(build.tests)
    yield from unread(build.tests)


def _approval(build: Build) -> Blocks:
    if build.approved_by:
        yield f"Approved by {plain(f'@{build.approved_by}')}: untrusted code sees no secret and publishes nothing."


def _phases(result: Result) -> Blocks:
    rows = [
        (code(phase.name.lower(), 100), "" if phase.succeeded else "failed", human(phase.seconds))
        for phase in result.phases[:MOST_PHASES]
    ]
    if rows:
        yield table(("phase", "", "took"), rows)


def _published(build: Build) -> Blocks:
    if build.result and build.has_published:
        exported = sorted(build.result.exported.items())
        yield f"**Published** {_commit(build)}:"
        yield table(
            ("label", "value"), [(code(name, 200), code(mask(value))) for name, value in exported[:MOST_LABELS]]
        )
        if len(exported) > MOST_LABELS:
            yield f"{counted(len(exported) - MOST_LABELS, 'more label')} in the full log."
    else:
        yield f"**Published nothing:** {_why_not(build)}."


def _why_not(build: Build) -> str:
    if build.publishes:
        return "the buildspec exported no variables"
    if not build.trusted:
        return "nobody with write access vouches for this commit"
    if build.change.purpose is Purpose.MERGE_GROUP:
        return "a merge group publishes when it is merged"
    return "a pull request publishes when it is merged"


def _took(build: Build) -> str:
    return "" if build.took is None else human(build.took)


def _sha(build: Build) -> str:
    return code(short(build.change.sha))


def _commit(build: Build) -> str:
    return link(_sha(build), f"{build.change.repository.html_url}/commit/{build.change.sha}")


def _line(*facts: str) -> str:
    return " · ".join(fact for fact in facts if fact)
