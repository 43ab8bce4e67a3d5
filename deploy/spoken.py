"""What a button says: a command in words that mean it and nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime

from msgspec import Struct

from deploy.command import Command, Verb
from deploy.hold import Kind
from deploy.vocabulary import (
    ESCAPE,
    FILLERS,
    GOES_SOMEWHERE,
    KEYWORDS,
    LONGEST_REASON,
    QUOTES,
    SAFE,
    TAKES_FROM,
    VERSION,
    one_line,
)


class Call(Struct, frozen=True, kw_only=True):
    """What a button says, in exact names: `repository` is the full name, and `version` and `seen` are ids, so that who
    presses late means what they saw."""

    verb: str
    repository: str
    service: str = ""
    environment: str = ""
    version: str = ""
    seen: str = ""
    promotion: str = ""
    reason: str = ""
    hold: Kind = Kind.FREEZE
    until: datetime | None = None
    number: int = 0


def call(command: Command, full_name: str) -> Call:
    """The command as a button says it in the repository of this name."""
    return Call(
        verb=command.verb,
        repository=full_name,
        service=command.service,
        environment=command.environment,
        version=command.version,
        seen=command.seen,
        promotion=command.promotion,
        reason=command.reason,
        hold=command.hold,
        until=command.until,
    )


def spoken(said: Call) -> str:
    """The words that mean this and nothing else."""
    return " ".join(_spoken(said))


def _spoken(said: Call) -> Iterator[str]:
    held = said.verb == Verb.HOLD and said.hold is not Kind.FREEZE
    yield said.hold if held else str(said.verb)
    if said.promotion:
        yield _written(said.promotion)
    yield f"{said.repository}/{said.service}" if said.service else said.repository
    if said.environment and said.verb not in GOES_SOMEWHERE:
        yield f"{'in ' if VERSION.fullmatch(said.environment) else ''}{_written(said.environment)}"
    if said.version:
        yield f"to {said.version}" if said.verb == Verb.ROLLBACK else said.version
    if said.number:
        yield f"#{said.number}"
    if said.environment and said.verb in GOES_SOMEWHERE:
        yield f"to {_written(said.environment)}"
    if said.seen:
        yield f"{'from' if said.verb in TAKES_FROM else 'seen'} {said.seen}"
    if said.until:
        yield f"until {said.until.astimezone(UTC).isoformat()}"
    if reason := one_line(said.reason)[:LONGEST_REASON].strip():
        yield f"because {reason}"


def _written(name: str) -> str:
    if SAFE.fullmatch(name) and name.casefold() not in KEYWORDS | FILLERS:
        return name
    return f'"{QUOTES.sub(ESCAPE, name)}"'
