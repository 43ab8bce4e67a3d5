"""Time passes while the version is live without a break: here after a deployment, or in the environment before."""

from datetime import UTC, timedelta
from typing import Literal

from pydantic import Field

from checks.change import short
from checks.duration import human
from deploy.moment import said
from deploy.promotion import Case, Promotion, State, Surroundings, Verdict, When
from deploy.span import Span


class Soak(Promotion):
    """After a deployment the version has to stay live here, before one in the environment before."""

    type: Literal["soak"]
    span: Span = Field(alias="for", description="How long, without a break.")

    async def look(self, case: Case, around: Surroundings) -> Verdict:
        return self.decide(case)

    def decide(self, case: Case) -> Verdict:
        where = case.environment if case.when is When.AFTER else case.earlier
        if not where:
            why = f"there is no environment before {case.environment} to soak in: remove this promotion or put it after"
            return Verdict(state=State.FAILED, why=why)
        lived = timedelta() if case.live_since is None else case.now - case.live_since
        if max(lived, case.lived) >= self.span:
            return Verdict(state=State.PASSED, why=f"was live in {where} for {human(max(lived, case.lived))}")
        if case.live_since is not None:
            end = said(case.live_since + self.span, case.now, UTC)
            why = f"soaks in {where} until {end}: {human(lived)} of {human(self.span)}"
            return Verdict(state=State.RUNNING, why=why, again=self.span - lived)
        missing = f"{short(case.version.sha)} is not live in {where}"
        if case.when is When.AFTER:
            return Verdict(state=State.FAILED, why=f"{missing} any more, and was for {human(case.lived)} only")
        return Verdict(state=State.PENDING, why=f"{missing}, and has to be for {human(self.span)}")
