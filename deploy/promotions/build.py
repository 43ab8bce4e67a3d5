"""Acceptance tests: a buildspec of the repository runs on the runner, and is told the environment's address."""

import re
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Literal

from pydantic import Field, field_validator

from deploy.promotion import PLACES, Case, Errand, Promotion, Run, State, Surroundings, Verdict
from deploy.span import Span, parsed

TICK = parsed("15s")
OURS = ("INTERLOCK_", "PRX_", "CODEBUILD_", "AWS_")


class Build(Promotion):
    """A buildspec at the version's commit has to succeed. It is told what was deployed, and where."""

    type: Literal["build"]
    buildspec: str = Field(default="acceptance.yml", max_length=200, description="The file, from the root.")
    variables: dict[str, str] = Field(
        default={},
        max_length=50,
        description="Further variables; {environment}, {service}, {version}, {sha} and {url} are filled in.",
    )
    timeout: Span = Field(default=parsed("30m"), le=timedelta(hours=8), description="How long the run may take.")

    @field_validator("buildspec")
    @classmethod
    def _is_inside(cls, path: str) -> str:
        if not path or PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise ValueError(f"{path!r} is no file of the repository: write its path from the root")
        return path

    @field_validator("variables")
    @classmethod
    def _are_variables(cls, variables: dict[str, str]) -> dict[str, str]:
        for name in variables:
            if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) or name.startswith(OURS):
                raise ValueError(f"{name!r} cannot be set: write letters, digits and _, and none of {', '.join(OURS)}")
        return variables

    async def look(self, case: Case, around: Surroundings) -> Verdict:
        return self.decide(await around.build(self.errand(case)))

    def errand(self, case: Case) -> Errand:
        """The same for every look of an attempt."""
        variables = {f"INTERLOCK_{place.upper()}": case.filled(f"{{{place}}}") for place in PLACES}
        variables |= {name: case.filled(value) for name, value in self.variables.items()}
        return Errand(
            token=f"{case.deployment}-{case.when}-{case.name}-{case.attempts}",
            since=case.began_at,
            repository=case.repository,
            sha=case.version.sha,
            buildspec=self.buildspec,
            variables=variables,
            timeout=self.timeout,
        )

    def decide(self, run: Run) -> Verdict:
        told = f": {run.why}" if run.why else ""
        match run.state:
            case State.PASSED:
                return Verdict(state=State.PASSED, why=f"{self.buildspec} succeeded", evidence=run.log)
            case State.FAILED:
                return Verdict(state=State.FAILED, why=f"{self.buildspec} failed{told}", evidence=run.log)
            case State.ERROR:
                why = f"{self.buildspec} could not be run{told}"
                return Verdict(state=State.ERROR, why=why, evidence=run.log, again=TICK)
            case _:
                why = f"{self.buildspec} {'is running' if run.state is State.RUNNING else 'waits for a runner'}{told}"
                return Verdict(state=run.state, why=why, evidence=run.log, again=TICK)
