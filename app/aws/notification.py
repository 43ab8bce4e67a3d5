"""What EventBridge says of a CodeBuild build, as an event of ours, or the reason why it is not for us.

It reads only what it uses and tolerates all else: times are American, ids are ARNs, contexts are empty in
three ways, and most fields are missing from some event or other.
https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications-ref.html
"""

import re
from dataclasses import dataclass

from msgspec import DecodeError, Struct, field
from msgspec.json import decode

from checks.errors import Permanent
from checks.events import RunNoticed
from checks.result import ORDER_OF_PHASES, WAITING
from checks.runners.post_build import RUN

SOURCE = "aws.codebuild"
STATE_CHANGE = "CodeBuild Build State Change"
PHASE_CHANGE = "CodeBuild Build Phase Change"
TOKEN = re.compile(r"(?P<build>[0-9a-z]{26})-[0-9]{1,9}")
"""Whoever may start builds in the account may write anything there, also what no database takes."""

ENDED = frozenset({"SUCCEEDED", "FAILED", "FAULT", "TIMED_OUT", "STOPPED"})


class _Variable(Struct):
    name: str = ""
    value: str | None = None


class _Environment(Struct):
    variables: list[_Variable] | None = field(name="environment-variables", default=None)


class _Information(Struct):
    environment: _Environment | None = None


class _Detail(Struct, rename="kebab"):
    build_id: str = ""
    build_status: str = ""
    current_phase: str = ""
    completed_phase: str = ""
    completed_phase_status: str = ""
    additional_information: _Information | None = None

    @property
    def run(self) -> str:
        """`arn:aws:codebuild:…:build/project:uuid` is `project:uuid` to the API."""
        return self.build_id.rpartition(":build/")[2]

    @property
    def token(self) -> str:
        environment = self.additional_information and self.additional_information.environment
        variables = (environment and environment.variables) or []
        return next((each.value or "" for each in variables if each.name == RUN), "")


class _Envelope(Struct):
    source: str
    kind: str = field(name="detail-type")
    detail: _Detail


@dataclass(frozen=True, slots=True)
class NotForUs:
    reason: str


def translate(body: bytes) -> RunNoticed | NotForUs:
    """`Permanent` if it is no event of EventBridge at all."""
    try:
        said = decode(body, type=_Envelope)
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Permanent(f"this is not an event of EventBridge: {error}") from None
    if said.source != SOURCE or said.kind not in (STATE_CHANGE, PHASE_CHANGE):
        return NotForUs(f"{said.source} {said.kind} is no build of CodeBuild")
    token = TOKEN.fullmatch(said.detail.token)
    if not token or not said.detail.run:
        return NotForUs("Interlock did not start this build")
    build = token["build"]
    if said.kind == STATE_CHANGE and said.detail.build_status in ENDED:
        return RunNoticed(build=build, run=said.detail.run, ended=True)
    phase = said.detail.current_phase if said.kind == STATE_CHANGE else _next_phase(said.detail)
    if phase in WAITING or phase not in ORDER_OF_PHASES:
        return NotForUs("it has not begun, or its end follows")
    return RunNoticed(build=build, run=said.detail.run, phase=phase)


def _next_phase(detail: _Detail) -> str:
    """A phase that failed is not followed by the next one, and the event of the end follows soon."""
    if detail.completed_phase_status != "SUCCEEDED" or detail.completed_phase not in ORDER_OF_PHASES[:-1]:
        return ""
    return ORDER_OF_PHASES[ORDER_OF_PHASES.index(detail.completed_phase) + 1]
