"""Whatever happened before, a button that is shown does what it says, and a second press does nothing more."""

import random
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from checks.events import Event
from deploy.check import Offer
from deploy.command import Verb
from deploy.events import CommandObeyed, CommandRefused, DeliveryButtonPressed
from deploy.hold import Kind
from deploy.pipeline import Configuration
from tests.deploy.stories import PRODUCTION, SMOKE, STAGING, A, B, C, D, command, configured, registered, world
from tests.deploy.world import World

PIPELINES = {
    "approved": configured(),
    "by hand": configured(production=replace(PRODUCTION, before=(), automatic=False)),
    "verified": configured(
        staging=replace(STAGING, after=(SMOKE,), rolls_back=True), production=replace(PRODUCTION, after=(SMOKE,))
    ),
}


async def _something(made: World, chance: random.Random) -> None:
    where = chance.choice(["staging", "production"])
    made.answers = {"smoke": chance.choice(["success", "success", "failure"])}
    verb = chance.choice([None, None, None, *Verb])
    if verb is None:
        await made.play(registered(chance.choice([A, B, C, D])))
        return
    hold = chance.choice(list(Kind))
    version = chance.choice(["", "", A, B, C, D])
    await made.play(command(verb, where, by=chance.choice(["ana", "cy"]), reason="why", version=version, hold=hold))


def _buttons(made: World) -> Sequence[tuple[str, Offer]]:
    """What can be pressed now, on the newest showing of every commit."""
    shown = [checks[-1] for name, checks in made.checks.items() if name.startswith("delivery:")]
    return [(each.sha, offer) for each in shown if each.conclusion for offer in each.offers]


def _answers(said: Sequence[Event]) -> list[str]:
    """`obeyed` or the refusal of everything that was commanded."""
    commanded = [each for each in said if isinstance(each, CommandObeyed | CommandRefused)]
    return ["obeyed" if isinstance(each, CommandObeyed) else each.why for each in commanded]


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("pipeline", PIPELINES.values(), ids=list(PIPELINES))
async def test_a_button_that_is_shown_does_what_it_says_and_a_second_press_no_more(
    pipeline: Configuration, seed: int
) -> None:
    chance = random.Random(seed)
    made = world(pipeline)
    for _ in range(chance.randint(2, 10)):
        await _something(made, chance)
    buttons = _buttons(made)
    if not buttons:
        return
    sha, offer = chance.choice(buttons)
    pressed = DeliveryButtonPressed(repository=42, sha=sha, button=offer.identifier, by="cy", by_id=3)

    assert _answers(await made.play(pressed)) == ["obeyed"]

    if offer in made.checks[f"delivery:42:{sha}"][-1].offers:
        return  # it did not work, and can be tried again
    before = len(made.deployments)
    await made.play(pressed)
    again = len(made.deployments) - before
    assert again == 0, f"{offer.label} on {sha[:7]} was pressed twice, and did something twice"
