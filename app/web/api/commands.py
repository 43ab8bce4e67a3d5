"""What the operator commands through the API: planned first, then kept once, and obeyed by a worker."""

from collections.abc import Sequence
from datetime import UTC
from enum import StrEnum
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Protocol, Self

from aiohttp import web
from msgspec.structs import replace
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from app.store.ids import new_id
from app.web.api import asked, shapes
from app.web.api.answer import Refusal, answer, malformed, not_found
from app.web.api.deployments import ById
from app.web.api.reading import Desk, Reading
from checks.events import Event
from deploy.command import OPERATOR, Command, Verb, Via
from deploy.events import CommandGiven, CommandObeyed, CommandRefused
from deploy.facts import facts_of
from deploy.hold import Kind
from deploy.plan import Refused, Unknown, plan

KEY = "Idempotency-Key"
MOST_OF_KEY = 255


class Shelf(Protocol):
    async def give(self, command: Command) -> Command:
        """Keeps it; the one of this id that was given before, if there is one."""
        ...

    async def story(self, command: str) -> Sequence[Event]: ...


def _in_utc(moment: AwareDatetime) -> AwareDatetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be a time that there is in UTC too") from None


Words = Annotated[
    str, Field(max_length=500, pattern=r"^[^\x00]*$"), AfterValidator(lambda text: " ".join(text.split()))
]


class Given(BaseModel):
    """What to do. Names that may be left out mean the only one there is, or, for `hold` and `lift`, all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    verb: Annotated[Verb, shapes.words(Verb)]
    repository: asked.Repository = Field(description="owner/name")
    service: asked.Name | None = None
    environment: asked.Name | None = None
    version: asked.VersionName | None = Field(default=None, description="A commit's first digits, or a version's id.")
    reason: Words = Field(default="", description="Why; some verbs demand it.")
    promotion: asked.Name | None = Field(default=None, description="The one to override.")
    hold: shapes.KindOfHold = Field(default=Kind.FREEZE, description="What to hold with.")
    until: Annotated[AwareDatetime, AfterValidator(_in_utc)] | None = Field(
        default=None, description="When a hold ends, with its zone."
    )
    plan: bool = Field(default=False, description="Only tell what would be done.")
    id: asked.Identity | None = Field(default=None, description="The same id again is the same command.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for field, verb in {"promotion": Verb.OVERRIDE, "hold": Verb.HOLD, "until": Verb.HOLD}.items():
            if field in self.model_fields_set and getattr(self, field) is not None and self.verb is not verb:
                raise ValueError(f"{field}: is only for {verb}")
        return self


class Planned(BaseModel):
    """What would be done, in one sentence."""

    plan: str


class Kept(BaseModel):
    """A command that is kept and will be obeyed, and what it will do if nothing changes until then."""

    id: str
    plan: str


class Stand(StrEnum):
    PENDING = "pending"
    OBEYED = "obeyed"
    REFUSED = "refused"


class Outcome(BaseModel):
    """What became of a command: `did` is what was done, `why` says why nothing was."""

    id: str
    state: Annotated[Stand, shapes.words(Stand)]
    did: str = ""
    deployment: str = Field(default="", description="What came of it, if anything did.")
    why: str = ""


class Commands:
    def __init__(self, desk: Desk, shelf: Shelf) -> None:
        self._desk = desk
        self._shelf = shelf

    async def give(self, request: web.Request) -> web.Response:
        """Command something, or ask what it would do. It is kept before it is answered."""
        given, look = await asked.body(request, Given), self._desk.look()
        command = await _command(given, _identity(request, given), look)
        if given.plan:
            return answer(Planned(plan=await _planned(command, look)))
        known = _first(await self._shelf.story(command.id))
        sentence = "" if known else await _planned(command, look)
        kept = await self._shelf.give(command)
        if replace(kept, at=command.at) != command:
            raise Refusal(HTTPStatus.CONFLICT, f'the id "{command.id}" was used for another command: make a new one')
        return answer(Kept(id=command.id, plan=sentence), HTTPStatus.ACCEPTED)

    async def outcome(self, request: web.Request) -> web.Response:
        """What became of a command."""
        named = asked.path(request, ById)
        told = await self._shelf.story(named.id)
        if _first(told) is None:
            raise not_found(f'there is no command "{named.id}"')
        return answer(_outcome(named.id, told))


async def _planned(command: Command, look: Reading) -> str:
    try:
        return plan(await facts_of(command, look.cd)).sentence
    except Unknown as unknown:
        raise not_found(str(unknown)) from None
    except Refused as refusal:
        raise Refusal(HTTPStatus.CONFLICT, str(refusal)) from None


async def _command(given: Given, identity: str, look: Reading) -> Command:
    repository = await look.repository(given.repository)
    return Command(
        id=identity,
        verb=given.verb,
        repository=repository.id,
        service=given.service or "",
        environment=given.environment or "",
        version=given.version or "",
        reason=given.reason,
        promotion=given.promotion or "",
        hold=given.hold,
        until=given.until,
        by=OPERATOR,
        via=Via.API,
        at=look.cd.now,
    )


def _identity(request: web.Request, given: Given) -> str:
    key = request.headers.get(KEY, "")
    if not key:
        return given.id or new_id()
    if given.id:
        raise malformed(f"id: say it here or as {KEY}, not both")
    if len(key) > MOST_OF_KEY:
        raise malformed(f"{KEY}: must have at most {MOST_OF_KEY} characters")
    return sha256(key.encode(errors="surrogateescape")).hexdigest()[:26]


def _first(told: Sequence[Event]) -> Command | None:
    return next((each.given for each in told if isinstance(each, CommandGiven)), None)


def _outcome(command: str, told: Sequence[Event]) -> Outcome:
    for each in told:
        if isinstance(each, CommandObeyed):
            return Outcome(id=command, state=Stand.OBEYED, did=each.did, deployment=each.deployment)
        if isinstance(each, CommandRefused):
            return Outcome(id=command, state=Stand.REFUSED, why=each.why)
    return Outcome(id=command, state=Stand.PENDING)
