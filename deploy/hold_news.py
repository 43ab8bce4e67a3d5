"""What a hold tells in a channel: that something is kept from moving, by whom and why, and that it moves again."""

from datetime import datetime

from checks.message import Button, Message, Strong, Tone
from checks.news import News, Weight
from checks.repository import Repository
from deploy.command import Verb
from deploy.headline import why
from deploy.hold import Hold, State
from deploy.words import Call, spoken


def hold_news(
    hold: Hold, repository: Repository, *, production: bool, now: datetime, still: Hold | None = None
) -> News:
    """`production` says that what it covers has some, and `still` is another hold on it."""
    _, service, environment = [*hold.scope.split("/"), "", ""][:3]
    what = f"{service} {environment}".strip() or repository.full_name
    placed = hold.state is State.ACTIVE
    if placed:
        tone, head = Tone.HELD, f" is {why(hold.sentence)}"
    else:
        by = f", says @{hold.ended_by}" if hold.ended_by else ""
        because = f": {why(hold.ended_why)}" if hold.ended_why else ""
        tone, head = (Tone.GOOD, " moves again") if still is None else (Tone.HELD, f" is still {why(still.sentence)}")
        head += f"{'' if still is None else '; another hold ended'}{by}{because}"
    call = Call(verb=Verb.LIFT, repository=repository.full_name, service=service, environment=environment)
    lift = Button(words=spoken(call), label="Lift")
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
