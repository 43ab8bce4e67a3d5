"""Whatever happened before: what is asked is what is done, and nothing reaches production before somebody was asked."""

import random
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from checks.message import Ask, Button, Message
from deploy.command import Verb
from deploy.pipeline import Configuration
from tests.deploy.stories import PRODUCTION, SMOKE, STAGING, A, B, C, D, configured, registered
from tests.deploy.talks import press, say, talk
from tests.deploy.world import World

PIPELINES = {
    "approved": configured(),
    "by hand": configured(production=replace(PRODUCTION, before=(), automatic=False)),
    "verified": configured(
        staging=replace(STAGING, after=(SMOKE,), rolls_back=True), production=replace(PRODUCTION, after=(SMOKE,))
    ),
}
NAMES = ["web", "web staging", "web production", "acme/shop", "production", "shop/web in staging", "wbe", "web prod"]
VERSIONS = ["", "", "aaaa", "bbbbbbb", C, D[:12], "ffff"]


def _sentence(chance: random.Random) -> str:
    verb = chance.choice([*Verb, "roll back", "lock", "pin"])
    to = chance.choice(["", "to production", "in staging"])
    promotion = "release-team" if verb == Verb.OVERRIDE else ""
    because = chance.choice(["", "because it is time"])
    return " ".join([verb, promotion, chance.choice(NAMES), chance.choice(VERSIONS), to, because])


async def _something(made: World, chance: random.Random) -> None:
    made.answers = {"smoke": chance.choice(["success", "success", "failure"])}
    if chance.random() < 0.6:
        await made.play(registered(chance.choice([A, B, C, D])))
        return
    asked = await say(made, _sentence(chance), by="ana")
    for button in _sure(asked):
        await _press(made, button)


async def _press(made: World, button: Button) -> Message:
    return await press(made, button, by="ana", note="it is time" if button.asks is Ask.REASON else "")


def _sure(message: Message) -> Sequence[Button]:
    return [each for each in message.buttons if each.sure]


def _written(made: World) -> list[str]:
    spot = made.spots["production"]
    assert spot
    return list(spot.writes)


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("pipeline", PIPELINES.values(), ids=list(PIPELINES))
async def test_what_is_asked_is_what_is_done_and_a_second_press_does_nothing_more(
    pipeline: Configuration, seed: int
) -> None:
    chance = random.Random(seed)
    made = talk(pipeline)
    for _ in range(chance.randint(2, 6)):
        await _something(made, chance)
    for _ in range(12):
        before, holds = _written(made), dict(made.holds)
        asked = await say(made, _sentence(chance), by="ana")
        if not _sure(asked):
            continue
        assert (_written(made), made.holds) == (before, holds)
        [button] = _sure(asked)
        done = await _press(made, button)
        assert done.text[1:] == asked.text[1:].replace("…", "it is time")
        before, holds, ids = _written(made), dict(made.holds), set(made.deployments)
        await _press(made, button)
        assert (_written(made), made.holds, set(made.deployments)) == (before, holds, ids), button.words


@pytest.mark.parametrize("seed", range(30))
async def test_nothing_reaches_production_by_words_alone(seed: int) -> None:
    chance = random.Random(seed)
    made = talk(PIPELINES["by hand"])
    await made.play(registered(A), registered(B))
    for _ in range(20):
        await say(made, _sentence(chance), by="ana")

    assert (_written(made), made.holds) == ([], {})
