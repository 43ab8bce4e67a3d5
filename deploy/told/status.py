"""What is where, what waits and what is held."""

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct

from checks.message import Line, Message, Strong, Tone
from checks.repository import Repository
from deploy.deployment import State
from deploy.hold import Hold
from deploy.moment import said
from deploy.pipeline import Environment, Service
from deploy.place import Place
from deploy.told.line import TROUBLE, commit, cut_lines, ended, plainly, written
from deploy.why import in_question

_SEVERITY = (Tone.BAD, Tone.HELD, Tone.WAITS, Tone.MOVES, Tone.GOOD, Tone.TOLD)


class Standing(Struct, frozen=True, kw_only=True):
    """An environment with what happens in it."""

    repository: Repository
    service: Service
    environment: Environment
    here: Place
    holds: tuple[Hold, ...] = ()


def status(standings: Sequence[Standing], now: datetime) -> Message:
    """A line per environment; of several services those first where something is the matter, then a line each."""
    if not standings:
        return plainly("Nothing is delivered yet by the repositories that this workspace may see")
    services: dict[str, list[Standing]] = {}
    for each in standings:
        services.setdefault(f"{each.repository.full_name}/{each.service.name}", []).append(each)
    tones = {name: _worst([_tone(each, now) for each in own]) for name, own in services.items()}
    tone = _worst(list(tones.values()))
    if len(services) == 1:
        [(name, own)] = services.items()
        return Message(tone=tone, head=(Strong(name),), lines=cut_lines([_standing(each, now) for each in own]))
    lines: list[Line] = []
    for name in sorted(services, key=lambda name: (_SEVERITY.index(tones[name]), name)):
        own = services[name]
        well = tones[name] in (Tone.GOOD, Tone.TOLD)
        lines += [_well(name, own)] if well else [(Strong(name),), *(_standing(each, now) for each in own)]
    return Message(tone=tone, head=(f"{len(services)} services",), lines=cut_lines(lines))


def _well(name: str, own: Sequence[Standing]) -> Line:
    there = [f"{each.environment.name} {each.here.present.version.name}" for each in own if each.here.present]
    return (Strong(name), f": {' · '.join(there) or 'nothing yet'}")


def _standing(each: Standing, now: datetime) -> Line:
    here = each.here
    parts: list[Line] = [_present(each.repository, here, now)]
    if here.moving and here.moving is not here.present:
        parts.append((commit(each.repository, here.moving.version.sha), f" is {here.moving.state.value}"))
    parts += [
        (commit(each.repository, one.version.sha), f" waits: {written(one.why or one.state)}") for one in here.waiting
    ]
    newest = in_question(here)
    if newest and newest is not here.present and newest.state in TROUBLE:
        parts.append((commit(each.repository, newest.version.sha), f" {ended(newest)}: {written(newest.why)}"))
    parts += [(written(hold.sentence),) for hold in each.holds if hold.is_active(now)]
    pieces = [piece for part in parts for piece in (" · ", *part)]
    return (Strong(each.environment.name), ": ", *pieces[1:])


def _present(repository: Repository, here: Place, now: datetime) -> Line:
    present = here.present
    if present is None or present.arrived_at is None:
        return ("nothing yet",)
    since = said(present.live_at or present.arrived_at, now, UTC)
    match present.state:
        case State.LIVE:
            how = f" is live since {since}"
        case State.VERIFYING:
            how = f" is there since {since}, and not verified yet: {written(present.why)}"
        case _:
            how = f" is there since {since}, and {ended(present)}: {written(present.why)}"
    return (commit(repository, present.version.sha), how)


def _tone(each: Standing, now: datetime) -> Tone:
    newest = in_question(each.here)
    if newest and newest.state in TROUBLE:
        return Tone.BAD
    if any(hold.is_active(now) for hold in each.holds):
        return Tone.HELD
    if each.here.waiting:
        return Tone.WAITS
    if each.here.moving:
        return Tone.MOVES
    return Tone.GOOD if each.here.present else Tone.TOLD


def _worst(tones: Sequence[Tone]) -> Tone:
    return next(each for each in _SEVERITY if each in tones)
