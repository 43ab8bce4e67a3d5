"""Where a change is by now."""

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct

from checks.message import Line, Message, Strong, Tone
from checks.repository import Repository
from deploy.deployment import Deployment
from deploy.moment import said
from deploy.told.line import commit, cut_lines, listed, written


class Spot(Struct, frozen=True, kw_only=True):
    """Whether an environment has a commit: `has` is the deployment that holds it, `comes` one that waits or moves,
    and `present` what is there instead."""

    service: str
    environment: str
    has: Deployment | None = None
    comes: Deployment | None = None
    present: Deployment | None = None


def where(name: str, repository: Repository, spots: Sequence[Spot], now: datetime) -> Message:
    several = len({each.service for each in spots}) > 1
    lines = [_spot(each, repository, several, now) for each in spots]
    there = [_spot_name(each, several) for each in spots if each.has]
    missing = [_spot_name(each, several) for each in spots if not each.has]
    is_in = f"is in {listed(there)}" if there else "is in no environment"
    head = f"{name} {is_in}" + (f", not in {listed(missing)}" if there and missing else "")
    tone = Tone.GOOD if not missing else Tone.WAITS if any(each.comes for each in spots) else Tone.TOLD
    return Message(tone=tone, head=(written(head),), lines=cut_lines(lines))


def _spot(each: Spot, repository: Repository, several: bool, now: datetime) -> Line:
    name = (Strong(_spot_name(each, several)), ": ")
    if each.has:
        live = each.has.live_at
        how = f", live since {said(live, now, UTC)}" if live else f", {each.has.state.value}"
        return (*name, "yes, with ", commit(repository, each.has.version.sha), how)
    if each.comes:
        how = f" waits: {written(each.comes.why)}" if each.comes.state.is_waiting else " is on its way"
        return (*name, "not yet, ", commit(repository, each.comes.version.sha), how)
    if each.present:
        return (*name, "no, it has ", commit(repository, each.present.version.sha))
    return (*name, "no, it has nothing yet")


def _spot_name(each: Spot, several: bool) -> str:
    return f"{each.service} {each.environment}" if several else each.environment
