"""What would be done, what was, and why nothing is."""

from collections.abc import Sequence

from checks.message import Button, Code, Line, Message, Tone
from checks.repository import Repository
from deploy.deployment import Deployment, State
from deploy.spoken import Call, spoken
from deploy.told.button import MOST_BUTTONS, NEVER_MIND, button
from deploy.told.line import plainly
from deploy.vocabulary import Look


def planned(sentence: str, call: Call, version: str) -> Message:
    """The plan, before it counts."""
    sure = button(call, version=version, sure=True)
    return plainly(sentence, Tone.WAITS, buttons=[sure, NEVER_MIND])


def refused(why: str, calls: Sequence[Call] = ()) -> Message:
    return plainly(why, Tone.BAD, buttons=[button(each) for each in calls[:MOST_BUTTONS]])


def forbidden(why: str) -> Message:
    """GitHub knows nobody by a name that they gave up, and gives them no right."""
    again: Line = ("If you are called something else on GitHub by now, link yourself again: ", Code("/interlock link"))
    return plainly(why, Tone.BAD, again)


def obeyed(did: str, repository: Repository | None, deployment: Deployment | None) -> Message:
    """What is done, and how to follow what goes on."""
    if repository is None or deployment is None or deployment.state is State.CANCELLED:
        return plainly(did, Tone.GOOD)
    service, environment = deployment.service, deployment.environment.name
    follow = Call(verb=Look.WHY, repository=repository.full_name, service=service, environment=environment)
    return plainly(did, Tone.MOVES, buttons=[Button(words=spoken(follow), label="Why")])
