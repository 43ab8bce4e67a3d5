"""The order rule: an environment moves by itself only to a version that contains what it has."""

from enum import StrEnum

from msgspec import Struct

from checks.change import short


class Relation(StrEnum):
    """A commit as seen from another one, in the words of GitHub's comparison of the two.

    UNKNOWN: GitHub cannot compare them, because one is gone or because they share no history.
    https://docs.github.com/en/rest/commits/commits#compare-two-commits
    """

    IDENTICAL = "identical"
    AHEAD = "ahead"
    BEHIND = "behind"
    DIVERGED = "diverged"
    UNKNOWN = "unknown"

    @property
    def needs_the_branch(self) -> bool:
        """Ancestry alone does not order the two: what the default branch holds now has to be asked as well."""
        return self in (Relation.DIVERGED, Relation.UNKNOWN)


class Facts(Struct, frozen=True, kw_only=True):
    """What is known when a version wants to move.

    `live` is the commit that the environment has, or was about to get when its write was `cut_off`; "" if none.
    `relation` is the candidate as seen from it. The two `…_on_branch` say what is on the default branch's
    history at this moment, and are only asked where the relation `needs_the_branch`. `by` is the person who
    commanded the move; nobody commands an automatic one. `lease` is the number under which the mover may
    write, `fence` that of the newest lease there is.
    """

    environment: str
    candidate: str
    live: str = ""
    cut_off: bool = False
    relation: Relation = Relation.UNKNOWN
    live_on_branch: bool = False
    candidate_on_branch: bool = False
    by: str = ""
    lease: int
    fence: int


class Verdict(StrEnum):
    ADVANCE = "advance"
    SAME = "same"
    SUPERSEDED = "superseded"
    WAITS = "waits for a person"
    TOO_LATE = "too late"
    """The mover's lease was taken over: it has to begin again, and may not write before."""


class Decision(Struct, frozen=True, kw_only=True):
    verdict: Verdict
    why: str


def decide(facts: Facts) -> Decision:
    """Whether this version may move into the environment, and the sentence that says why."""
    if facts.lease != facts.fence:
        return _say(Verdict.TOO_LATE, f"somebody else moves {facts.environment} since")
    if facts.by:
        return _say(Verdict.ADVANCE, f"@{facts.by} asked for it")
    if not facts.live:
        return _say(Verdict.ADVANCE, f"{facts.environment} has nothing yet")
    return _by_ancestry(facts)


def _by_ancestry(facts: Facts) -> Decision:
    live, candidate, environment = short(facts.live), short(facts.candidate), facts.environment
    match facts.relation:
        case Relation.IDENTICAL if facts.cut_off:
            return _say(Verdict.ADVANCE, f"the write of {live} into {environment} was cut off")
        case Relation.IDENTICAL:
            return _say(Verdict.SAME, f"{environment} has {live} already")
        case Relation.AHEAD:
            return _say(Verdict.ADVANCE, f"{candidate} contains {live}, which {environment} has")
        case Relation.BEHIND:
            return _say(Verdict.SUPERSEDED, f"{environment} has {live}, which contains {candidate}")
        case Relation.DIVERGED | Relation.UNKNOWN:
            return _by_branch(facts)


def _by_branch(facts: Facts) -> Decision:
    """Neither contains the other: only a branch that was moved by force explains that without a person."""
    live, candidate, environment = short(facts.live), short(facts.candidate), facts.environment
    if not facts.candidate_on_branch and facts.relation is Relation.UNKNOWN:
        why = f"GitHub cannot compare {candidate} with {live}, which {environment} has"
        return _say(Verdict.WAITS, f"{why}: a person has to decide")
    if not facts.candidate_on_branch:
        why = f"{candidate} is not on the default branch any more, and {environment} has {live}"
        return _say(Verdict.WAITS, f"{why}: a person has to decide")
    if facts.live_on_branch:
        why = f"{candidate} and {live}, which {environment} has, do not contain each other"
        return _say(Verdict.WAITS, f"{why}: a person has to decide")
    return _say(
        Verdict.ADVANCE, f"the default branch was moved by force: it has {candidate}, and {live} is not on it any more"
    )


def _say(verdict: Verdict, why: str) -> Decision:
    return Decision(verdict=verdict, why=why)
