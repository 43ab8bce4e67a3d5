"""People decide: whoever is allowed to, at the moment of judging and not only when they said so."""

from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import Literal

from msgspec import Struct
from pydantic import Field, field_validator

from deploy.moment import said
from deploy.promotion import Case, Decision, Promotion, State, Surroundings, Verdict

TEAM = "team:"
OTHERWISE = timedelta(minutes=15)
"""Until somebody who is in the way is asked for again: rights change without telling us."""


class Facts(Struct, frozen=True, kw_only=True):
    """Decisions by those who may decide now, by logins in lower case; what is said of others is in `ignored`."""

    counted: tuple[Decision, ...] = ()
    ignored: tuple[str, ...] = ()


class Manual(Promotion):
    """One or several people approve. A rejection by anybody who may decide ends it."""

    type: Literal["manual"]
    allowed: tuple[str, ...] = Field(
        default=(),
        max_length=50,
        description="Who may decide: logins, and team:<slug> for teams of the owner. Empty: see permission.",
    )
    permission: Literal["read", "triage", "write", "maintain", "admin"] = Field(
        default="write", description="What everybody who decides has to be allowed in the repository."
    )
    approvals: int = Field(default=1, ge=1, le=20, description="How many different people have to approve.")
    author_may: bool = Field(
        default=False,
        description="Whether those count who wrote or merged what would be new, or asked for the deployment.",
    )
    attempts: Literal[1] = Field(default=1, description="People are asked once.")

    @field_validator("allowed")
    @classmethod
    def _are_names(cls, allowed: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(each.removeprefix("@") for each in allowed)
        for name in names:
            if not name.removeprefix(TEAM) or "/" in name:
                raise ValueError(f"{name!r} names nobody: write a login, or team: and the slug of a team of the owner")
        return names

    async def look(self, case: Case, around: Surroundings) -> Verdict:
        counted, ignored = [], []
        for decision in case.decisions:
            why_not = await self._why_not(decision, case, around)
            if why_not:
                ignored.append(f"@{decision.by} {why_not}")
            else:
                counted.append(decision)
        return self.decide(case, Facts(counted=tuple(counted), ignored=tuple(dict.fromkeys(ignored))))

    async def _why_not(self, decision: Decision, case: Case, around: Surroundings) -> str:
        """Why a decision does not count, as what follows a name; nothing if it does."""
        if not await self._is_allowed(decision.by, case, around):
            return "is not one of them"
        if not await around.may(case.repository, decision.by, self.permission, decision.by_id):
            return f"has no {self.permission} access"
        if not decision.approved or self.author_may:
            return ""
        if decision.is_by(case.deployer, case.deployer_id):
            return "asked for this deployment"
        return "wrote or merged a part of it" if decision.by.lower() in _lower(case.authors) else ""

    async def _is_allowed(self, login: str, case: Case, around: Surroundings) -> bool:
        if not self.allowed or login.lower() in _lower(self.allowed):
            return True
        for team in self.allowed:
            if team.startswith(TEAM) and await around.is_member(_owner(case), team.removeprefix(TEAM), login):
                return True
        return False

    def decide(self, case: Case, facts: Facts) -> Verdict:
        for each in facts.counted:
            if not each.approved:
                return Verdict(state=State.FAILED, why=f"rejected by @{each.by}{_because(each)}")
        approved = {each.by.lower(): each for each in facts.counted}
        if len(approved) >= self.approvals:
            people = " and ".join(f"@{each.by}{_because(each)}" for each in approved.values())
            return Verdict(state=State.PASSED, why=f"approved by {people}")
        why = f"needs {self._missing(list(approved.values()), case)}; asked {said(case.began_at, case.now, UTC)}"
        why = "; ".join([why, *(f"{ignored}, which does not count" for ignored in facts.ignored)])
        return Verdict(state=State.PENDING, why=why, again=OTHERWISE if case.decisions else None)

    def _missing(self, approved: Sequence[Decision], case: Case) -> str:
        missing = self.approvals - len(approved)
        count = "one" if missing == 1 else str(missing)
        more = f"{count} more" if approved else count
        who = f"{more} of {', '.join(_shown(each, case) for each in self.allowed)}"
        if not self.allowed:
            who = f"{more} with {self.permission} access"
        return f"{who} (approved by {', '.join(f'@{each.by}' for each in approved)})" if approved else who


def _shown(allowed: str, case: Case) -> str:
    return f"@{_owner(case)}/{allowed.removeprefix(TEAM)}" if allowed.startswith(TEAM) else f"@{allowed}"


def _owner(case: Case) -> str:
    return case.repository.full_name.partition("/")[0]


def _because(decision: Decision) -> str:
    return f": {decision.reason}" if decision.reason else ""


def _lower(names: Sequence[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)
