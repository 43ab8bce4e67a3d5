"""What a hold tells in a channel: that something is kept from moving, by whom and why, and that it moves again."""

from datetime import datetime

from checks.message import Button, Message, Strong, Tone
from checks.news import News, Weight
from checks.repository import Repository
from deploy.command import Verb
from deploy.headline import why
from deploy.hold import Hold, Kind, State
from deploy.spoken import Call, spoken

_LIFTS = {Kind.LOCK: "Unlock", Kind.FREEZE: "Unfreeze", Kind.PIN: "Unpin"}
_LIFTED = {Kind.LOCK: "unlocked", Kind.FREEZE: "unfrozen", Kind.PIN: "unpinned"}


def hold_news(
    hold: Hold, repository: Repository, *, production: bool, now: datetime, still: Hold | None = None
) -> News:
    """`production` says that what it covers has some, and `still` is another hold on it."""
    _, service, environment = [*hold.scope.split("/"), "", ""][:3]
    what = f"{service} {environment}".strip() or repository.full_name
    placed = hold.state is State.ACTIVE
    if placed:
        tone, head = Tone.HELD, f" is {why(hold.sentence)}"
    elif still:
        tone, head = Tone.HELD, f" is still {why(still.sentence)}; another hold ended{_ended(hold)}"
    else:
        tone, head = Tone.GOOD, f" moves again{_ended(hold)}"
    call = Call(verb=Verb.LIFT, repository=repository.full_name, service=service, environment=environment)
    lift = Button(words=spoken(call), label=_LIFTS[hold.kind])
    return News(
        subject=f"hold:{hold.id}",
        repository=repository.id,
        service=service,
        environment=environment,
        weight=Weight.NOTABLE if production else Weight.ROUTINE,
        message=Message(tone=tone, head=(Strong(what), head), buttons=(lift,) if placed else ()),
        remark=() if placed else (f"{tone} {what}{head}",),
        at=now,
    )


def _ended(hold: Hold) -> str:
    because = f": {why(hold.ended_why)}" if hold.ended_why else ""
    if hold.state is State.EXPIRED:
        return f": it was {why(hold.sentence)}"
    return f", {_LIFTED[hold.kind]} by @{hold.ended_by}{because}" if hold.ended_by else because
