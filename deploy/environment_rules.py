"""What somebody demands on GitHub of whoever deploys to an environment there.

GitHub itself holds only its own workflows back; a deployment through the API passes, so we have to look.
https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from deploy.moment import said
from deploy.promotion import Decision, State, Verdict


class Branches(StrEnum):
    """Which branches may be deployed: all, those with a protection rule, or those that a pattern names."""

    ALL = "all"
    PROTECTED = "protected"
    NAMED = "named"


class Reviewer(Struct, frozen=True, kw_only=True):
    """A person by login, or a team by slug; the number stays when the name changes."""

    id: int
    name: str
    is_team: bool = False


class Pattern(Struct, frozen=True, kw_only=True):
    """A name, in which `*` stands for anything but a slash, of branches or of tags."""

    name: str
    is_tag: bool = False


class EnvironmentRules(Struct, frozen=True, kw_only=True):
    """As GitHub tells them. One of the `reviewers` has to approve; with none, nobody has to.

    `unknown` are kinds of rules that we cannot honour because we do not know them.
    """

    environment: str
    reviewers: tuple[Reviewer, ...] = ()
    prevent_self_review: bool = False
    wait: timedelta = timedelta()
    branches: Branches = Branches.ALL
    patterns: tuple[Pattern, ...] = ()
    admins_may_bypass: bool = False
    unknown: tuple[str, ...] = ()


class Reviewed(Struct, frozen=True, kw_only=True):
    """A decision and what is known now of who made it: `reviews`, as one of the reviewers or in a team of them, and
    with read access; `administers` the repository; `bypasses`, when they said that the rules shall not count."""

    decision: Decision
    reviews: bool = False
    administers: bool = False
    bypasses: bool = False


class Facts(Struct, frozen=True, kw_only=True):
    """`ref` is the branch or tag, without `refs/…/`, that the deployment comes from. `protected` says whether that
    branch is, `any_protected` whether any of the repository is. `initiator` asked for the deployment, "" if nobody:
    then its `authors` did, who pushed what deploys itself. `owner` is the repository's, whose teams are meant."""

    owner: str
    ref: str
    is_tag: bool = False
    protected: bool = False
    any_protected: bool = False
    initiator: str = ""
    initiator_id: int = 0
    authors: Sequence[str] = ()
    reviewed: Sequence[Reviewed] = ()
    asked_at: datetime
    now: datetime


def judge(rules: EnvironmentRules, facts: Facts) -> Mapping[str, Verdict]:
    """A verdict for each rule that there is: `branch`, `reviewers`, `wait` and `unknown`.

    An administrator's bypass stands for all but the branch. What may not be deployed, GitHub refuses at once, and
    nothing is left that could be bypassed.
    """
    verdicts = {}
    if rules.branches is not Branches.ALL:
        verdicts["branch"] = _branch(rules, facts)
    bypass = next((each for each in facts.reviewed if each.bypasses and each.administers), None)
    bypassed = _bypassed(bypass) if bypass and rules.admins_may_bypass else None
    if rules.reviewers:
        verdicts["reviewers"] = bypassed or _reviewers(rules, facts)
    if rules.wait:
        verdicts["wait"] = bypassed or _wait(rules, facts)
    if rules.unknown:
        why = f"GitHub has rules here that only it can ask: {', '.join(rules.unknown)}; a person has to decide"
        verdicts["unknown"] = bypassed or Verdict(state=State.INCONCLUSIVE, why=why)
    return verdicts


def _bypassed(bypass: Reviewed) -> Verdict:
    return Verdict(state=State.PASSED, why=f"bypassed by @{bypass.decision.by}{_because(bypass.decision)}")


def _branch(rules: EnvironmentRules, facts: Facts) -> Verdict:
    what = f"{'tag' if facts.is_tag else 'branch'} {facts.ref}"
    may = Verdict(state=State.PASSED, why=f"{what} may be deployed")
    if rules.branches is Branches.PROTECTED:
        # Where no branch is protected, every one may: as GitHub documents it.
        if not facts.is_tag and (facts.protected or not facts.any_protected):
            return may
        return Verdict(state=State.FAILED, why=f"only protected branches may be deployed here, and {what} is none")
    if any(each.is_tag is facts.is_tag and matches(each, facts.ref) for each in rules.patterns):
        return may
    allowed = ", ".join(f"{'tag' if each.is_tag else 'branch'} {each.name}" for each in rules.patterns) or "nothing"
    return Verdict(state=State.FAILED, why=f"only {allowed} may be deployed here, and not {what}")


def _reviewers(rules: EnvironmentRules, facts: Facts) -> Verdict:
    counted = [each.decision for each in facts.reviewed if each.reviews and not each.bypasses]
    for decision in counted:
        if not decision.approved:
            return Verdict(state=State.FAILED, why=f"rejected by @{decision.by}{_because(decision)}")
    own = [each for each in counted if _is_own(each, facts)] if rules.prevent_self_review else []
    approved = next((each for each in counted if each not in own), None)
    if approved:
        return Verdict(state=State.PASSED, why=f"approved by @{approved.by}{_because(approved)}")
    names = ", ".join(f"@{facts.owner}/{each.name}" if each.is_team else f"@{each.name}" for each in rules.reviewers)
    why = f"needs one of {names}; asked {said(facts.asked_at, facts.now, UTC)}"
    if own:
        asked = own[0].is_by(facts.initiator, facts.initiator_id)
        why += f"; @{own[0].by} {'asked for this deployment' if asked else 'has a part in it'}, which does not count"
    return Verdict(state=State.PENDING, why=why)


def _is_own(decision: Decision, facts: Facts) -> bool:
    authors = [each.lower() for each in facts.authors]
    return decision.is_by(facts.initiator, facts.initiator_id) or decision.by.lower() in authors


def _wait(rules: EnvironmentRules, facts: Facts) -> Verdict:
    end = facts.asked_at + rules.wait
    minutes = rules.wait // timedelta(minutes=1)
    if facts.now >= end:
        return Verdict(state=State.PASSED, why=f"waited {minutes} min")
    why = f"waits until {said(end, facts.now, UTC)}, {minutes} min after it was asked for"
    return Verdict(state=State.PENDING, why=why, again=end - facts.now)


def _because(decision: Decision) -> str:
    return f": {decision.reason}" if decision.reason else ""


def matches(pattern: Pattern, ref: str) -> bool:
    """As Ruby's File.fnmatch with FNM_PATHNAME, which GitHub uses: a wildcard never matches a slash.

    https://docs.ruby-lang.org/en/master/File.html#method-c-fnmatch
    """
    written = pattern.name
    if written.startswith("refs/") and not ref.startswith("refs/"):
        ref = f"refs/{'tags' if pattern.is_tag else 'heads'}/{ref}"
    expression = _expression(written)
    try:
        return expression is not None and re.fullmatch(expression, ref, re.DOTALL) is not None
    except re.error:  # a range that ends before it begins
        return False


_TOKENS = re.compile(
    r"(?:(?<=/)|^)(?P<folders>(?:\*\*/)+)|(?P<star>\*+)|(?P<one>\?)|(?P<set>\[)|\\?(?P<plain>.)", re.DOTALL
)


def _expression(pattern: str) -> str | None:
    """The pattern as a regular expression; None if it matches nothing, because a set is never closed."""
    at, found = 0, ""
    while at < len(pattern):
        token = _TOKENS.match(pattern, at)
        assert token
        at = token.end()
        if token["set"]:
            end = pattern.find("]", at + 1 + (pattern[at : at + 1] in ("!", "^")))
            if end < 0:
                return None
            found, at = found + _set(pattern[at:end]), end + 1
        elif token["plain"]:
            found += re.escape(token["plain"])
        else:
            found += "(?:[^/]+/)*" if token["folders"] else "[^/]*" if token["star"] else "[^/]"
    return found


def _set(inside: str) -> str:
    negated = inside[:1] in ("!", "^")
    members = re.sub(r"([\\\[\]^&~|])", r"\\\1", inside[1:] if negated else inside)
    return f"(?!/)[{'^' if negated else ''}{members}]"
