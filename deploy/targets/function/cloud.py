"""What Lambda and CloudWatch are asked about a function, and what they tell of it."""

import re
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from deploy.artifact import Artifact
from deploy.target import Refused
from deploy.targets.asking import ask
from deploy.targets.function.code import Code, code

_SINCE = re.compile(r"Interlock .*: \d+ % since (\S+)")


class Plan(Struct, frozen=True, kw_only=True):
    """What people wrote, see `kind.Function`."""

    function: str
    artifact: str
    alias: str
    check: dict[str, Any] | None = None
    steps: tuple[int, ...] = ()
    every: timedelta = timedelta()
    alarms: tuple[str, ...] = ()


class Alias(Struct, frozen=True, kw_only=True):
    """`version` gets the traffic, but for `percent` of it, which `other` gets."""

    version: str
    other: str
    percent: int
    revision: str
    told: str

    @property
    def since(self) -> datetime | None:
        """When we began the present step; None if it was not us."""
        found = _SINCE.fullmatch(self.told)
        return datetime.fromisoformat(found[1]) if found else None


class Seen(Struct, frozen=True, kw_only=True):
    latest: Code
    alias: Alias


class Cloud:
    def __init__(self, plan: Plan, aws: Any) -> None:
        self._plan = plan
        self.aws = aws

    async def see(self) -> Seen:
        """Raises `Refused` with what to do if the function or its alias is not there."""
        try:
            latest = code(await self.ask("GetFunction", "get_function"))
        except Refused as refusal:
            if refusal.code != "ResourceNotFoundException":
                raise
            raise Refused(f"there is no function {self._plan.function}: create it, then deploy again") from refusal
        try:
            answer = await self.ask("GetAlias", "get_alias", Name=self._plan.alias)
        except Refused as refusal:
            if refusal.code != "ResourceNotFoundException":
                raise
            why = f"{self._plan.function} has no alias {self._plan.alias}"
            raise Refused(f"{why}: publish a version and create the alias for it, then deploy again") from refusal
        weights = (answer.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        other, weight = next(iter(weights.items()), ("", 0.0))
        return Seen(
            latest=latest,
            alias=Alias(
                version=answer["FunctionVersion"],
                other=other,
                percent=round(weight * 100),
                revision=answer["RevisionId"],
                told=answer.get("Description", ""),
            ),
        )

    async def has(self, version: str, artifact: Artifact) -> bool:
        """Whether a version has this code."""
        return bool(version) and code(await self.ask("GetFunction", "get_function", Qualifier=version)).is_of(artifact)

    async def ask(self, action: str, method: str, **params: Any) -> Any:
        name = self._plan.function
        return await ask(f"lambda:{action} on {name}", getattr(self.aws.lambda_, method), FunctionName=name, **params)

    async def ringing(self) -> str:
        """The first alarm that rings, in words; "" if none does."""
        if not self._plan.alarms:
            return ""
        names = list(self._plan.alarms)
        answer = await ask(
            "cloudwatch:DescribeAlarms", self.aws.cloudwatch.describe_alarms,
            AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"],
        )  # fmt: skip
        states = {each["AlarmName"]: each["StateValue"] for each in answer["MetricAlarms"] + answer["CompositeAlarms"]}
        if missing := [name for name in names if name not in states]:
            raise Refused(f"there is no alarm {missing[0]}: correct its name, or create it, then deploy again")
        return next((f"the alarm {name}" for name in names if states[name] == "ALARM"), "")
