"""What people write to deploy a function."""

from collections.abc import Collection
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from deploy.span import Span
from deploy.target import Kind, Surroundings, Target, unknown
from deploy.targets.function.cloud import Plan
from deploy.targets.function.rollout import Rollout

Percent = Annotated[int, Field(ge=1, le=99)]


class Function(Kind):
    """Updates the code, publishes a version, tries it, and moves an alias to it at once or in steps."""

    type: Literal["function"] = "function"
    function: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    """The function's name."""
    artifact: str
    """The label of its image or zip."""
    alias: str = Field(default="live", max_length=128, pattern=r"^[0-9]*[A-Za-z_-][A-Za-z0-9_-]*$")
    """What callers and triggers name; it has to be there."""
    region: str = ""
    """Where the function is; the App's region if it is not said."""
    check: dict[str, Any] | None = None
    """A test event: the new version has to take it without an error before it gets traffic. It may come twice."""
    steps: tuple[Percent, ...] = ()
    """Shares of the traffic, in percent, before it gets all: `[10, 50]`."""
    every: Span = timedelta(minutes=5)
    """How long a step lasts."""
    alarms: tuple[str, ...] = ()
    """CloudWatch alarms: one that rings during a step takes all traffic back."""

    @model_validator(mode="after")
    def _steps_rise(self) -> "Function":
        if list(self.steps) != sorted(set(self.steps)):
            raise ValueError("steps have to rise, as in [10, 50]")
        if self.alarms and not self.steps:
            raise ValueError("alarms are asked between steps: add steps, or wait for an alarm after the deployment")
        return self

    def open(self, service: str, environment: str, around: Surroundings) -> Target:
        plan = Plan(
            function=self.function,
            artifact=self.artifact,
            alias=self.alias,
            check=self.check,
            steps=self.steps,
            every=self.every,
            alarms=self.alarms,
        )
        return Rollout(plan, self.region, around)

    def problems(self, labels: Collection[str]) -> list[str]:
        return unknown(self.artifact, labels)

    def labels(self) -> Collection[str]:
        return (self.artifact,)

    def places(self) -> Collection[str]:
        return (f"the alias {self.alias} of the function {self.function}{f' in {self.region}' if self.region else ''}",)
