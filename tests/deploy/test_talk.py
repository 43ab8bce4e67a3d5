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
NAMES = [
    "web production",
    "web staging",
    "acme/shop/web in production",
    "staging",
    "production",
    "web",
    "wbe",
    "web prod",
]
VERSIONS = ["", "", "aaaa", "bbbbbbb", C, D[:12], "ffff"]


def _sentence(chance: random.Random) -> str:
    verb, version = chance.choice([*Verb, "roll back", "lock", "pin"]), chance.choice(VERSIONS)
    to = "to " if version and verb in (Verb.ROLLBACK, "roll back") else ""
    of = version if verb not in (Verb.HOLD, Verb.LIFT, "lock", "pin") else chance.choice(["", "acme/shop"])
    promotion = chance.choice(["release-team", "smoke"]) if verb == Verb.OVERRIDE else ""
    because = chance.choice(["", f"because of {chance.random()}"])
    return " ".join([verb, promotion, chance.choice(NAMES), f"{to}{of}", because])


async def _something(made: World, chance: random.Random) -> None:
    made.answers = {"smoke": chance.choice(["success", "success", "failure"])}
    if chance.random() < 0.6:
        await made.play(registered(chance.choice([A, B, C, D])))
        return
    asked = await say(made, _sentence(chance), by="ana")
    for button in _sure(asked):
        await _press(made, button)


async def _press(made: World, button: Button) -> Message:
    return await press(made, button, by="ana", note=_note(made) if button.asks is Ask.REASON else "")


def _note(made: World) -> str:
    return f"note {len(made.holds)}"


def _sure(message: Message) -> Sequence[Button]:
    return [each for each in message.buttons if each.sure]


def _written(made: World) -> list[str]:
    spot = made.spots["production"]
    assert spot
    return list(spot.writes)


def _going(made: World) -> set[str]:
    """What is on its way or there: what was superseded at once is neither."""
    return {each.id for each in made.deployments.values() if each.ended_at is None}


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
        note = _note(made)
        done = await _press(made, button)
        assert done.text[1:] == asked.text[1:].replace("…", note)
        before, holds, going = _written(made), dict(made.holds), _going(made)
        await press(made, button, by="ana", note=note if button.asks is Ask.REASON else "")
        assert (_written(made), made.holds, _going(made)) == (before, holds, going), button.words


@pytest.mark.parametrize("seed", range(30))
async def test_nothing_reaches_production_by_words_alone(seed: int) -> None:
    chance = random.Random(seed)
    made = talk(PIPELINES["by hand"])
    await made.play(registered(A), registered(B))
    for _ in range(20):
        await say(made, _sentence(chance), by="ana")

    assert (_written(made), made.holds) == ([], {})
