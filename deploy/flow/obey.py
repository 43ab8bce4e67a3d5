"""What people command is planned once more at the moment of the act, and done, or refused with the reason."""

from collections.abc import Sequence

from msgspec.structs import replace

from checks.errors import Permanent
from checks.events import Event
from deploy.command import Command
from deploy.deployment import Deployment, State
from deploy.events import CommandGiven, CommandObeyed, CommandRefused, DeploymentDue, HoldEnded, HoldPlaced
from deploy.facts import facts_of
from deploy.flow.moving import settle
from deploy.flow.propose import request
from deploy.flow.take_back import roll_back
from deploy.hold import Hold
from deploy.plan import Action, Cancel, Decide, LiftHolds, Override, PlaceHold, Refused, RollBack, Send, plan
from deploy.ports import CD
from deploy.promotion import Decision, IllegalMove, Result
from deploy.promotion import State as Promotion


async def obey(event: CommandGiven, cd: CD) -> Sequence[Event]:
    """The plan is made of what is true now. Whoever commanded hears what was done, or why nothing was."""
    command = event.given
    try:
        planned = plan(await facts_of(command, cd))
        follows = _done(planned.action, command, cd)
    except (Refused, Permanent, IllegalMove) as refusal:
        why, check = str(refusal), command.pressed_on
        return [CommandRefused(command=command.id, why=why, pressed_on=check, via=command.via, by=command.by)]
    deployment = next((each.deployment for each in follows if hasattr(each, "deployment")), "")
    did = planned.sentence
    obeyed = CommandObeyed(command=command.id, did=did, deployment=deployment, via=command.via, by=command.by)
    return [obeyed, *follows]


def _done(action: Action, command: Command, cd: CD) -> Sequence[Event]:
    match action:
        case Send():
            return request(_sent(action, command, cd), cd)
        case RollBack(bad=bad, good=good):
            return roll_back(bad, good, by=command.by, reason=command.reason, cd=cd)
        case Decide(deployment=deployment, approved=approved):
            return _decided(deployment, command, approved, cd)
        case Override(deployment=deployment, promotion=name):
            return _overridden(deployment, name, command, cd)
        case Cancel(deployment=deployment):
            why = f"@{command.by} gave it up" + (f": {command.reason}" if command.reason else "")
            return settle(deployment, State.CANCELLED, why, cd)
        case PlaceHold(scope=scope):
            return [_placed(scope, command, cd)]
        case LiftHolds(holds=holds):
            return [said for hold in holds for said in _lifted(hold, command, cd)]


def _sent(action: Send, command: Command, cd: CD) -> Deployment:
    return Deployment(
        id=cd.new_id(),
        version=action.version,
        service=action.service,
        environment=action.environment,
        kind=action.kind,
        by=command.by,
        by_id=command.by_id,
        reason=command.reason,
        asked_at=cd.now,
    )


def _decided(deployment: Deployment, command: Command, approved: bool, cd: CD) -> Sequence[Event]:
    """Who says something again has changed their mind. Everything that asks people is asked at once."""
    decision = Decision(
        by=command.by, by_id=command.by_id, approved=approved, at=cd.now, reason=command.reason, via=command.via
    )
    others = tuple(each for each in deployment.decisions if not each.is_by(command.by, command.by_id))
    results = tuple(_asked_again(each) if each.asks_people else each for each in deployment.results)
    decided = replace(deployment, decisions=(*others, decision), results=results)
    due = DeploymentDue(deployment=deployment.id, by=command.by)
    if deployment.state is State.READY:  # it may wait for its turn, and a no still counts
        return [*settle(decided, State.GATED, f"@{command.by} decided again", cd), due]
    cd.deployments.save(decided)
    return [due]


def _asked_again(result: Result) -> Result:
    state = Promotion.PENDING if result.state is Promotion.PASSED else result.state
    return replace(result, state=state, look_at=None)


def _overridden(deployment: Deployment, name: str, command: Command, cd: CD) -> Sequence[Event]:
    results = tuple(
        each.overridden(command.by, command.reason) if each.name == name else each for each in deployment.results
    )
    cd.deployments.save(replace(deployment, results=results))
    return [DeploymentDue(deployment=deployment.id, by=command.by)]


def _placed(scope: str, command: Command, cd: CD) -> HoldPlaced:
    hold = Hold(
        id=cd.new_id(),
        kind=command.hold,
        scope=scope,
        owner=command.by,
        reason=command.reason,
        since=cd.now,
        until=command.until,
    )
    cd.holds.save(hold)
    return HoldPlaced(hold=hold.id, scope=scope, placed=hold, by=command.by)


def _lifted(hold: Hold, command: Command, cd: CD) -> Sequence[Event]:
    lifted = hold.lifted(command.by, command.reason, cd.now)
    if lifted is None:
        return ()
    cd.holds.save(lifted)
    why = f"@{command.by} lifted it" + (f": {command.reason}" if command.reason else "")
    return [HoldEnded(hold=hold.id, scope=hold.scope, why=why, by=command.by)]
