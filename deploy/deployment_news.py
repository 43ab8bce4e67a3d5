"""What a deployment tells in a channel: how it stands, what would come with it, and what somebody may say of it."""

from collections.abc import Iterator, Sequence

from checks.change import short
from checks.message import Ask, Button, Line, Link, Message, Piece, Strong, Style
from checks.news import News, Weight
from deploy.command import Verb
from deploy.deployment import Kind, State
from deploy.headline import Facts, headline, why
from deploy.promotion import When
from deploy.revert import came_with
from deploy.version import Version
from deploy.words import Call, Look, spoken

_SILENT = frozenset({State.REQUESTED, State.GATED, State.READY, State.DEPLOYING, State.VERIFYING, State.SUPERSEDED})
"""What the thread does not say."""

MOST_NAMES = 5
MOST_ARTIFACTS = 3


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
        order=deployment.id,
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
    if deployment.kind is Kind.EMERGENCY:
        yield (f"an emergency, by @{deployment.by}: {why(deployment.reason)}",)
    if deployment.state is State.GATED:
        for each in facts.asks():
            yield (f"{each.name}: {why(each.why) or 'it is being asked'}",)
    for decision in deployment.decisions:
        what = "approved" if decision.approved else "rejected"
        yield (f"{what} by @{decision.by}{_because(decision.reason)}",)
    for each in deployment.results:
        if each.by:
            yield (f"{each.name}: {why(each.why)}",)
    if deployment.state is State.LIVE:
        yield from ((f"{each.name}: {why(each.why)}",) for each in deployment.results_of(When.AFTER) if each.why)
    links = [each for each in (_compare(facts), _site(facts)) if each]
    if links:
        yield tuple(piece for each in links for piece in (each, " · "))[:-1]


def _delta(facts: Facts) -> Iterator[Line]:
    """What comes with it: from which version, how many commits, by whom, and which artifacts change."""
    version, before = facts.deployment.version, facts.before
    if before is None or before.sha == version.sha:
        return
    line: list[Piece] = [f"from {before.name}: {_counted(len(facts.coming), 'commit')}"]
    if numbers := list(dict.fromkeys(number for each in facts.coming if (number := came_with(each)))):
        line.append(f", {_counted(len(numbers), 'pull request')} (")
        for number in numbers[:MOST_NAMES]:
            line += [Link(f"#{number}", f"{facts.repository.html_url}/pull/{number}"), " "]
        line[-1] = " …)" if len(numbers) > MOST_NAMES else ")"
    if people := list(dict.fromkeys(each.author for each in facts.coming if each.author)):
        line.append(f" by {_listed(people)}")
    yield tuple(line)
    changed = [each for each in version.artifacts if _digest(before, each.export.label) != each.digest]
    told = [f"{each.export.label} {each.export.kind} {_name(before, each.export.label)} → {short(each.sha)}"
            for each in changed[:MOST_ARTIFACTS]]  # fmt: skip
    more = len(changed) - MOST_ARTIFACTS
    if told and len(version.artifacts) > 1:
        yield (" · ".join(told) + (f" and {more} more" if more > 0 else ""),)


def _digest(version: Version, label: str) -> str:
    found = version.artifact(label)
    return found.digest if found else ""


def _name(version: Version, label: str) -> str:
    found = version.artifact(label)
    return short(found.sha) if found else "nothing"


def _compare(facts: Facts) -> Link | None:
    before, sha = facts.before, facts.deployment.version.sha
    if before is None or before.sha == sha:
        return Link("commit", f"{facts.repository.html_url}/commit/{sha}")
    return Link("compare", f"{facts.repository.html_url}/compare/{before.sha}...{sha}")


def _site(facts: Facts) -> Link | None:
    url = facts.deployment.environment.url
    return Link(facts.where, url) if url else None


def _remark(facts: Facts) -> Line:
    """What is said in the thread: what was decided, and how it ended."""
    deployment = facts.deployment
    if deployment.state in (State.READY, State.DEPLOYING) and deployment.decisions:
        decisions = [each for each in deployment.decisions if each.approved]
        told = ", ".join(f"@{each.by}{_because(each.reason)}" for each in decisions)
        return (f"approved by {told}",) if told else ()
    if deployment.state in _SILENT:
        return ()
    tone, head = headline(facts)
    return (f"{tone} ", *head)


# --- the buttons -------------------------------------------------------------------------------


def _buttons(facts: Facts) -> tuple[Button, ...]:
    match facts.deployment.state:
        case State.GATED if facts.hold is None and facts.asks():
            return (*_decide(facts), _why_button(facts))
        case State.FAILED | State.ERROR | State.LIVE if facts.good:
            return (_roll_back(facts, facts.good), _why_button(facts))
        case State.LIVE | State.SUPERSEDED | State.ROLLED_BACK | State.CANCELLED:
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
