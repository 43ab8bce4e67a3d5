"""What a command takes for granted: who gives it, and what they saw."""

from msgspec.structs import replace

from deploy.command import Verb, Via
from deploy.events import CommandObeyed, CommandRefused, DeliveryButtonPressed
from deploy.hold import Kind
from tests.deploy.stories import PRODUCTION, A, B, C, command, configured, has, registered, version, world
from tests.deploy.world import World

BY_HAND = configured(production=replace(PRODUCTION, before=()))


async def _told(made: World, verb: Verb, environment: str = "staging", **facts: object) -> str:
    """The refusal, or the sentence of what was done."""
    said = await made.play(command(verb, environment, **facts))  # type: ignore[arg-type]
    [answer] = [each for each in said if isinstance(each, CommandObeyed | CommandRefused)]
    return answer.did if isinstance(answer, CommandObeyed) else answer.why


async def test_a_login_that_somebody_else_took_over_is_refused() -> None:
    made = world(numbers={"bo": 2})
    await made.play(registered(A))

    refused = await _told(made, Verb.REDEPLOY, by_id=1)
    done = await _told(made, Verb.REDEPLOY, by_id=2)

    assert refused == "@bo may not redeploy in PRX/My-App: that needs write access"
    assert done == "web aaaaaaa is written once more to staging, which has aaaaaaa"


async def test_what_is_rolled_back_is_what_was_seen() -> None:
    made = world(BY_HAND)
    for sha in (A, B, C):
        await made.play(registered(sha))

    late = await _told(made, Verb.ROLLBACK, version=version(A).id, seen=version(B).id, reason="slow")
    unknown = await _told(made, Verb.ROLLBACK, seen="0" * 26, reason="slow")
    in_time = await _told(made, Verb.ROLLBACK, version=version(A).id, seen=version(C).id, reason="slow")

    assert late == "staging has ccccccc by now, so bbbbbbb cannot be rolled back"
    assert unknown == "staging has ccccccc by now, so 0000000 cannot be rolled back"
    assert in_time.startswith("staging of web goes back from ccccccc to aaaaaaa;")
    assert has(made, "staging") == "a"


async def test_the_button_on_github_takes_back_what_it_was_shown_with() -> None:
    made = world(BY_HAND)
    for sha in (A, B):
        await made.play(registered(sha))
    [button] = [each for each in made.checks[f"delivery:42:{B}"][-1].offers if each.label == "Roll back production"]

    given, *_ = await made.play(DeliveryButtonPressed(repository=42, sha=B, button=button.identifier, by="bo", by_id=2))

    assert given.given.seen == version(B).id  # type: ignore[attr-defined]


async def test_a_hold_that_nobody_saw_is_not_lifted() -> None:
    made = world()
    await _told(made, Verb.HOLD, reason="audit")
    seen = list(made.holds)[-1]
    await _told(made, Verb.HOLD, reason="incident", hold=Kind.LOCK)

    refused = await _told(made, Verb.LIFT, seen=seen)

    assert refused == "staging of PRX/My-App is locked by @bo: incident by now; look at that first"


async def test_what_is_redeployed_or_overridden_is_what_was_named() -> None:
    made = world()
    await made.play(registered(B))

    again = await _told(made, Verb.REDEPLOY, version=A)
    override = await _told(made, Verb.OVERRIDE, "production", version=A, by="ana", reason="known")

    assert again == "staging has bbbbbbb by now: look at that one"
    assert override == "bbbbbbb waits for production by now: look at that one"


async def test_what_came_of_a_command_tells_its_door() -> None:
    made = world()

    said = await made.play(command(Verb.CANCEL, "staging", via=Via.SLACK))

    assert said[0] == CommandRefused(command="c1", why="nothing waits for staging", via=Via.SLACK, by="bo")
