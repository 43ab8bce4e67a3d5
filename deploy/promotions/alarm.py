"""CloudWatch alarms have to stay quiet for a while."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from checks.duration import human
from deploy.moment import said
from deploy.promotion import Alarm as Told
from deploy.promotion import Case, Promotion, State, Surroundings, Verdict, When
from deploy.span import Span, parsed

TICK = parsed("30s")


class Alarm(Promotion):
    """None of these alarms may be in ALARM. One that is, fails a deployment, and holds up one that has not begun."""

    type: Literal["alarm"]
    names: tuple[Annotated[str, StringConstraints(min_length=1, max_length=255)], ...] = Field(
        min_length=1, max_length=100, description="Names of CloudWatch alarms."
    )
    region: str = Field(default="", description="Where the alarms are; the App's own region otherwise.")
    span: Span = Field(default=parsed("5m"), alias="for", description="How long they have to stay quiet.")
    insufficient_data: Literal["inconclusive", "quiet"] = Field(
        default="inconclusive", description="What an alarm without data counts as."
    )

    momentary = True

    async def look(self, case: Case, around: Surroundings) -> Verdict:
        return self.decide(case, await around.alarms(self.names, self.region))

    def decide(self, case: Case, told: Mapping[str, Told]) -> Verdict:
        missing = [name for name in self.names if name not in told]
        if missing:
            where = f" in {self.region}" if self.region else ""
            why = f"there is no alarm {' and no alarm '.join(missing)}{where}: correct the name or the region"
            return Verdict(state=State.FAILED, why=why)
        for name in self.names:
            if told[name].state == "ALARM":
                return self._loud(name, told[name], case)
        silent = [name for name in self.names if told[name].state == "INSUFFICIENT_DATA"]
        if silent and self.insufficient_data == "inconclusive":
            why = f"{' and '.join(silent)} {'has' if len(silent) == 1 else 'have'} no data"
            return Verdict(state=State.INCONCLUSIVE, why=f"{why}: look at it yourself, or wait for data", again=TICK)
        return self._quiet(case, max([each.since for each in told.values()]))

    def _loud(self, name: str, alarm: Told, case: Case) -> Verdict:
        why = f"{name} is in ALARM since {said(alarm.since, case.now, UTC)}"
        if case.when is When.AFTER:
            return Verdict(state=State.FAILED, why=why)
        return Verdict(state=State.PENDING, why=f"waits until {name} is quiet: {why}", again=TICK)

    def _quiet(self, case: Case, changed: datetime) -> Verdict:
        """An alarm that went off and calmed down between two looks has changed since: time counts from there."""
        began = max(changed, case.began_at) if case.when is When.AFTER else changed
        names, end = " and ".join(self.names), began + self.span
        if case.now >= end:
            return Verdict(state=State.PASSED, why=f"{names} stayed quiet for {human(self.span)}")
        verb = "is quiet and has" if len(self.names) == 1 else "are quiet and have"
        why = f"{names} {verb} to stay so until {said(end, case.now, UTC)}"
        return Verdict(state=State.RUNNING, why=why, again=min(TICK, end - case.now))
