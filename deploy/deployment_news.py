"""What a deployment tells in a channel: how it stands, what would come with it, and what somebody may say of it."""

from collections.abc import Iterator, Sequence
from datetime import UTC

from checks.change import short
from checks.duration import human
from checks.markdown import cut
from checks.message import Ask, Button, Line, Link, Message, Piece, Strong, Style
from checks.news import News, Weight
from deploy.command import Verb
from deploy.deployment import Deployment, Kind, State
from deploy.headline import Facts, headline, why
from deploy.moment import said
from deploy.promotion import Result, When
from deploy.promotion import State as Judged
from deploy.revert import Commit, came_with
from deploy.spoken import Call, spoken
from deploy.version import Version
from deploy.vocabulary import Look

_SILENT = frozenset({State.REQUESTED, State.GATED, State.READY, State.DEPLOYING, State.VERIFYING, State.SUPERSEDED})
"""What the thread does not say."""

_ON_THE_WAY = frozenset({State.REQUESTED, State.READY, State.DEPLOYING})

MOST_NAMES = 5
MOST_ARTIFACTS = 3
MOST_COMMITS = 5
SEVERAL = 2
LONGEST_SUBJECT = 100


def deployment_news(facts: Facts) -> News:
    """An environment is broken by what failed in it or has to be taken back, and well once something is live there."""
    deployment = facts.deployment
    tone, head = headline(facts)
    return News(
        subject=f"deployment:{deployment.id}",
        repository=facts.repository.id,
        service=deployment.service,
        environment=facts.where,
        weight=_weight(facts),
        matter=f"place:{deployment.place}",
        order=_order(deployment),
        wrong=_wrong(facts),
        message=Message(tone=tone, head=head, lines=tuple(_lines(facts)), buttons=_buttons(facts)),
        mended=(Strong(deployment.service), f" {facts.where} is well again: {deployment.version.name} is live"),
        remark=_remark(facts),
        at=facts.now,
    )


def _weight(facts: Facts) -> Weight:
    if _wrong(facts):
        return Weight.TROUBLE
    production, state = facts.deployment.environment.production, facts.deployment.state
    asks = state is State.GATED and bool(facts.asks())
    told = state in (State.GATED, State.LIVE, State.REJECTED, State.CANCELLED, State.ROLLED_BACK)
    return Weight.NOTABLE if asks or (production and told) else Weight.ROUTINE


def _order(deployment: Deployment) -> str:
    """What was asked for first may go last, so that it counts when it began, or ended without that."""
    took = deployment.began_at or deployment.live_at or deployment.ended_at or deployment.asked_at
    return f"{took:%Y%m%d%H%M%S%f}-{deployment.id}"


def _wrong(facts: Facts) -> bool | None:
    match facts.deployment.state:
        case State.FAILED | State.ERROR:
            return True
        case State.DEPLOYING if facts.commanded_back:
            return True
        case State.LIVE:
            return False
        case _:
            return None


# --- what stands below -------------------------------------------------------------------------


def _lines(facts: Facts) -> Iterator[Line]:
    deployment = facts.deployment
    yield from _delta(facts)
    yield from _asked_for(facts)
    if deployment.state is State.GATED and facts.asks():
        yield from _commits(facts)
        yield from ((f"{each.name}: {why(each.why) or 'it is being asked'}",) for each in facts.asks())
    yield from _decided(facts)
    yield from ((f"{each.name}: {why(each.why)}",) for each in _telling(deployment))
    if deployment.state is State.ROLLED_BACK:
        name = deployment.version.name
        yield (f"Next: push a revert of {name}. Anything else with {name} in it waits for a person.",)
    yield _last(facts)


def _asked_for(facts: Facts) -> Iterator[Line]:
    """Who wanted it and why, unless the first line says so."""
    deployment, is_told = facts.deployment, facts.deployment.state in _ON_THE_WAY
    by = f"by @{deployment.by}{_because(deployment.reason)}"
    match deployment.kind:
        case _ if not deployment.by:
            return
        case Kind.ROLLBACK if not is_told:
            yield (f"rolled back {by}",)
        case Kind.EMERGENCY if not is_told:
            yield (f"an emergency, {by}",)
        case Kind.PROMOTE | Kind.REDEPLOY:
            yield (f"asked for {by}",)


def _decided(facts: Facts) -> Iterator[Line]:
    """Who let it in, and when; who did not is in the first line."""
    times = [each.at for each in facts.deployment.decisions]
    when = said(max(times), facts.now, UTC) if times else ""
    for each in _approvals(facts.deployment):
        yield (f"{each} · {when}" if when else each,)
    if facts.deployment.state is State.REJECTED and when:
        yield (f"decided {when}",)


def _approvals(deployment: Deployment) -> Sequence[str]:
    """Who let it in, of those whose word counted."""
    people = [each for each in deployment.results if each.asks_people and each.state is Judged.PASSED]
    return list(dict.fromkeys(why(each.why) for each in people if each.why.startswith("approved by")))


def _telling(deployment: Deployment) -> Iterator[Result]:
    """What was overridden; what found it well, or why it was taken back."""
    for each in deployment.results:
        lives = deployment.state is State.LIVE
        is_back = deployment.state is State.ROLLED_BACK and not each.state.lets_pass
        if each.by or (each.why and each.when is When.AFTER and (lives or is_back)):
            yield each


def _delta(facts: Facts) -> Iterator[Line]:
    """What comes with it: from which version, how many commits, by whom, and which artifacts change."""
    version, before = facts.deployment.version, facts.before
    if before is None:
        yield from _first(facts)
        return
    if before.sha == version.sha:
        return
    if facts.leaving and not facts.coming:
        yield (f"back from {before.name}, without ", *_changes(facts.leaving, facts))
    elif facts.coming:
        yield (f"from {before.name}: ", *_changes(facts.coming, facts))
    else:
        yield (f"from {before.name}",)
    changed = [each for each in version.artifacts if _digest(before, each.export.label) != each.digest]
    told = [f"{each.export.label} {each.export.kind} {_name(before, each.export.label)} → {short(each.sha)}"
            for each in changed[:MOST_ARTIFACTS]]  # fmt: skip
    more = len(changed) - MOST_ARTIFACTS
    if told and len(version.artifacts) > 1:
        yield (" · ".join(told) + (f" and {more} more" if more > 0 else ""),)


def _first(facts: Facts) -> Iterator[Line]:
    """Nothing is said of what never came."""
    if facts.deployment.arrived_at:
        yield (f"the first version in {facts.where}",)
    elif facts.deployment.state in (State.GATED, *_ON_THE_WAY):
        yield (f"{facts.where} has nothing yet",)


def _changes(commits: Sequence[Commit], facts: Facts) -> Iterator[Piece]:
    """How many they are, with which pull requests, by whom; of a single one also what it says."""
    yield _counted(len(commits), "commit")
    if numbers := list(dict.fromkeys(number for each in commits if (number := came_with(each)))):
        yield f", {_counted(len(numbers), 'pull request')} ("
        for at, number in enumerate(numbers[:MOST_NAMES]):
            yield from (" "[:at], Link(f"#{number}", f"{facts.repository.html_url}/pull/{number}"))
        yield " …)" if len(numbers) > MOST_NAMES else ")"
    if people := list(dict.fromkeys(f"@{each.author}" for each in commits if each.author)):
        yield f" by {_listed(people)}"
    if len(commits) == 1 and (subject := _subject(commits[0])):
        yield f": “{subject}”"


def _commits(facts: Facts) -> Iterator[Line]:
    """What somebody would let in, the newest first; a single one is told already."""
    if len(facts.coming) < SEVERAL:
        return
    for each in facts.coming[: -MOST_COMMITS - 1 : -1]:
        yield (Link(short(each.sha), f"{facts.repository.html_url}/commit/{each.sha}"), f" {_subject(each)}")
    if (more := len(facts.coming) - MOST_COMMITS) > 0:
        yield (f"and {more} more",)


def _subject(commit: Commit) -> str:
    return cut(why(commit.subject), LONGEST_SUBJECT)


def _digest(version: Version, label: str) -> str:
    found = version.artifact(label)
    return found.digest if found else ""


def _name(version: Version, label: str) -> str:
    found = version.artifact(label)
    return short(found.sha) if found else "nothing"


def _last(facts: Facts) -> Line:
    """How long it took, and where to look."""
    deployment = facts.deployment
    began, live = deployment.began_at, deployment.live_at
    took = [human(live - began)] if began and live and deployment.state is State.LIVE else []
    url = deployment.environment.url
    pieces: list[Piece] = [*took, _compare(facts), *([Link(facts.where, url)] if url else [])]
    return tuple(piece for each in pieces for piece in (" · ", each))[1:]


def _compare(facts: Facts) -> Link:
    """GitHub compares only forwards."""
    before, sha, page = facts.before, facts.deployment.version.sha, facts.repository.html_url
    if before is None or before.sha == sha:
        return Link("commit", f"{page}/commit/{sha}")
    is_back = facts.leaving and not facts.coming
    older, newer = (sha, before.sha) if is_back else (before.sha, sha)
    return Link("compare", f"{page}/compare/{older}...{newer}")


def _remark(facts: Facts) -> Line:
    """What is said in the thread: what was decided, and how it ended."""
    deployment = facts.deployment
    if deployment.state in (State.READY, State.DEPLOYING) and deployment.decisions:
        told = "; ".join(_approvals(deployment))
        return (told,) if told else ()
    if deployment.state in _SILENT:
        return ()
    tone, head = headline(facts)
    return (f"{tone} ", *head)


# --- the buttons -------------------------------------------------------------------------------


def _buttons(facts: Facts) -> tuple[Button, ...]:
    match facts.deployment.state:
        case State.GATED if facts.asks():
            return (*_decide(facts), _why_button(facts))
        case State.FAILED | State.ERROR if facts.good:
            return (_roll_back(facts, facts.good), _why_button(facts))
        case State.LIVE if facts.good:
            return (_roll_back(facts, facts.good),)
        case State.LIVE | State.SUPERSEDED | State.ROLLED_BACK | State.REJECTED | State.CANCELLED:
            return ()
        case _:
            return (_why_button(facts),)


def _decide(facts: Facts) -> tuple[Button, ...]:
    approve, reject = _say(facts, Verb.APPROVE), _say(facts, Verb.REJECT)
    what = f"Let {facts.deployment.service} {facts.deployment.version.name} into {facts.where}"
    return (
        Button(words=approve, label="Approve", style=Style.PRIMARY, confirm=what, sure=True),
        Button(words=approve, label="Approve with note", asks=Ask.NOTE, sure=True),
        Button(words=reject, label="Reject", style=Style.DANGER, asks=Ask.REASON, sure=True),
    )


def _roll_back(facts: Facts, good: Version) -> Button:
    words = _say(facts, Verb.ROLLBACK, version=good.id, seen=facts.deployment.version.id)
    label = f"Roll back to {good.name}"
    return Button(words=words, label=label, style=Style.DANGER, asks=Ask.REASON, sure=True)


def _why_button(facts: Facts) -> Button:
    why_here = Call(
        verb=Look.WHY,
        repository=facts.repository.full_name,
        service=facts.deployment.service,
        environment=facts.where,
    )
    return Button(words=spoken(why_here), label="Why")


def _say(facts: Facts, verb: Verb, version: str = "", seen: str = "") -> str:
    return spoken(
        Call(
            verb=verb,
            repository=facts.repository.full_name,
            service=facts.deployment.service,
            environment=facts.where,
            version=version or facts.deployment.version.id,
            seen=seen,
        )
    )


def _because(reason: str) -> str:
    return f": {why(reason)}" if reason else ""


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
