"""A plan is what happens: in whatever state environments are, a command does what its plan said, or nothing."""

import os
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from deploy.command import Command
from deploy.deployment import Deployment, Kind, State
from deploy.events import CommandGiven, CommandObeyed, CommandRefused
from deploy.facts import facts_of
from deploy.flow.obey import obey
from deploy.hold import State as HoldState
from deploy.plan import Action, Cancel, Decide, LiftHolds, Override, PlaceHold, Plan, Refused, RollBack, Send, plan
from deploy.promotion import State as Promotion
from tests.simulation.environments import Chances, Environments, Work
from tests.simulation.test_delivery import History

PLANS = int(os.environ.get("DELIVERY_PLANS", "150"))
GROUPS = 3
COMMANDS = 25

T = TypeVar("T")


@pytest.mark.timeout(0 if PLANS > 150 else 120)
@pytest.mark.parametrize("group", range(GROUPS))
def test_what_was_planned_is_done_and_what_was_refused_changes_nothing(group: int) -> None:
    for seed in range(1 + group, PLANS + 1, GROUPS):
        history = History(seed)
        for _ in range(COMMANDS):
            if history.coming and history.random.random() < 0.2:
                history.register(history.coming.pop(0))
            else:
                _planned_and_obeyed(history.world, history.command(), f"seed {seed} after {history.deeds}")
        history.world.end()


def test_plans_of_all_kinds_are_tried() -> None:
    tried: set[str] = set()
    for seed in range(60):
        history = History(seed)
        for sha in history.coming:
            history.register(sha)
            for _ in range(6):
                planned = _plan(history.world, history.command())
                tried.add(type(planned.action).__name__ if isinstance(planned, Plan) else "Refused")
                for _ in range(200):
                    history.world.one_step()
        history.world.end()

    wanted = {each.__name__ for each in (Send, RollBack, Decide, Override, Cancel, PlaceHold, LiftHolds)}
    assert tried == {*wanted, "Refused"}


def _planned_and_obeyed(world: Environments, command: Command, where: str) -> None:
    """The plan is made and obeyed at one moment; afterwards everybody goes on."""
    for _ in range(world.random.choice([0, 10, 200])):
        world.one_step()
    planned, before = _plan(world, command), _seen(world)
    work = Work(world, now=world.now, repeated=False)
    said = list(_run(world, obey(CommandGiven(command=command.id, given=command, by=command.by), work.cd())))
    work.flush()
    if isinstance(planned, str):
        assert said == [
            CommandRefused(command=command.id, why=planned, pressed_on=command.pressed_on, by=command.by)
        ], where
        assert _seen(world) == before, where
        return
    [obeyed, *_] = said
    assert isinstance(obeyed, CommandObeyed), where
    assert obeyed.did == planned.sentence, where
    assert _is_done(planned.action, command, world, before), f"{planned} {where}"
    world.tell(*said)


def _plan(world: Environments, command: Command) -> Plan | str:
    """The plan, or why there is none."""
    try:
        return plan(_run(world, facts_of(command, Work(world, now=world.now, repeated=False).cd())))
    except Refused as refused:
        return str(refused)


def _run(world: Environments, asked: Coroutine[Any, Any, T]) -> T:
    """To its end, while nobody else does anything and nothing goes wrong."""
    chances, world.chances = world.chances, Chances()
    try:
        while True:
            asked.send(None)
    except StopIteration as ended:
        return ended.value  # type: ignore[no-any-return]  # what the coroutine returns
    finally:
        world.chances = chances


Seen = tuple[dict[str, Deployment], dict[str, Any]]


def _seen(world: Environments) -> Seen:
    return {each.id: each for each in world.all()}, dict(world.holds)


def _is_done(action: Action, command: Command, world: Environments, before: Seen) -> bool:
    """Exactly what the action says has changed, and nothing beside it."""
    now, holds = _seen(world)
    new = [each for name, each in now.items() if name not in before[0]]
    changed = [each for name, each in now.items() if name in before[0] and before[0][name] != each]
    placed = [each for name, each in holds.items() if name not in before[1]]
    ended = [each for name, each in holds.items() if name in before[1] and before[1][name] != each]
    match action:
        case Send():
            [sent] = new
            wanted = (action.version, action.service, action.environment, action.kind, command.by)
            return (
                wanted == (sent.version, sent.service, sent.environment, sent.kind, sent.by)
                and not changed + placed + ended
            )
        case RollBack():
            [sent], [pin] = new, placed
            right = (sent.kind, sent.version, sent.undoes) == (Kind.ROLLBACK, action.good.version, action.bad.id)
            return right and (pin.bad, pin.good) == (action.bad.version.sha, action.good.version.sha) and not changed
        case Decide():
            last = now[action.deployment.id].decisions[-1]
            others = [each for each in changed if each.id != action.deployment.id]
            return (last.by, last.approved) == (command.by, action.approved) and not new + others + placed + ended
        case Override():
            [overridden] = changed
            passed = {each.name: each.state for each in overridden.results}
            right = overridden.id == action.deployment.id and passed[action.promotion] is Promotion.OVERRIDDEN
            return right and not new + placed + ended
        case Cancel():
            [cancelled] = changed
            right = (cancelled.id, cancelled.state) == (action.deployment.id, State.CANCELLED)
            return right and not new + placed + ended
        case PlaceHold():
            [hold] = placed
            right = (hold.scope, hold.kind, hold.owner) == (action.scope, command.hold, command.by)
            return right and not new + changed + ended
        case LiftHolds():
            lifted = {each.id for each in ended if each.state is HoldState.LIFTED}
            return lifted == {each.id for each in action.holds} and not new + changed + placed
