"""Checks and statuses on the commit have to have passed."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from checks.change import short
from deploy.promotion import Case, Promotion, State, Surroundings, Verdict
from deploy.span import parsed

PASSING = frozenset({"success", "neutral", "skipped"})
"""As GitHub counts required checks:
https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/collaborating-on-repositories-with-code-quality-features/troubleshooting-required-status-checks"""

GOING = frozenset({"queued", "in_progress", "waiting", "requested", "pending", "expected"})
OTHERWISE = parsed("2m")
"""Until they are asked for again, should the webhook that tells of them be lost."""


class StatusCheck(Promotion):
    """Named checks or statuses on the version's commit, whoever reports them."""

    type: Literal["status_check"]
    names: tuple[Annotated[str, StringConstraints(min_length=1)], ...] = Field(
        min_length=1, description="Names of check runs (as the Checks tab shows them) or contexts of statuses."
    )

    async def look(self, case: Case, around: Surroundings) -> Verdict:
        return self.decide(case, await around.checks(case.repository, case.version.sha))

    def decide(self, case: Case, told: Mapping[str, str]) -> Verdict:
        evidence = f"{case.repository.html_url}/commit/{case.version.sha}/checks" if case.repository.html_url else ""
        failed = [f"{name} ({told[name]})" for name in self.names if name in told and told[name] not in PASSING | GOING]
        if failed:
            why = f"{_listed(failed)} did not pass on {short(case.version.sha)}"
            return Verdict(state=State.FAILED, why=why, evidence=evidence)
        going = [
            f"{name} ({told.get(name, 'not reported yet')})" for name in self.names if told.get(name) not in PASSING
        ]
        if going:
            why = f"waits for {_listed(going)} on {short(case.version.sha)}"
            return Verdict(state=State.PENDING, why=why, evidence=evidence, again=OTHERWISE)
        why = f"{_listed(self.names)} passed on {short(case.version.sha)}"
        return Verdict(state=State.PASSED, why=why, evidence=evidence)


def _listed(names: tuple[str, ...] | list[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
