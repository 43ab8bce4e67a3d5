"""What a channel hears of deployments and holds, in the order in which it comes: each message, update and remark."""

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from checks.events import NewsTold
from checks.message import Message, Tone
from checks.news import News, Weight
from deploy.command import Verb
from deploy.deployment import Deployment, State
from deploy.events import DeploymentMoved
from deploy.flow.notify import tell_deployment
from deploy.pipeline import Level, Notify
from deploy.target import Live, Progress, done, failed
from tests.deploy.stories import PRODUCTION, SMOKE, STAGING, A, B, C, command, configured, deployment, registered, world
from tests.deploy.world import NOW, World


def heard(made: World) -> list[str]:
    said, made.said = made.said, []
    return said


def loud(level: Level | None = None, **more: Any) -> World:
    made = world(**more)
    made.channel = "#ops"
    assert made.configuration
    made.configuration = replace(made.configuration, notify=Notify(level=level))
    return made


async def test_what_waits_for_an_approval_is_one_message_that_follows_it_until_it_is_live() -> None:
    made = loud()
    await made.play(registered(A))
    assert heard(made) == ["#ops ▲ web aaaaaaa → production needs an approval"]

    await made.play(command(Verb.APPROVE, by="bo", reason="looks good"))

    assert heard(made) == [
        "#ops = ● web aaaaaaa is on its way to production",
        "#ops > approved by @bo: looks good",
        "#ops = ✓ web aaaaaaa is live in production",
        "#ops > ✓ web aaaaaaa is live in production",
    ]


async def test_a_green_day_in_staging_is_silent_unless_somebody_wants_to_hear_it() -> None:
    quiet, verbose = loud(Level.QUIET), loud(Level.VERBOSE)
    await quiet.play(registered(A))
    await verbose.play(registered(A))
    assert heard(quiet) == []
    assert [each for each in heard(verbose) if "staging" in each] == [
        "#ops ● web aaaaaaa is on its way to staging",
        "#ops = ✓ web aaaaaaa is live in staging",
        "#ops > ✓ web aaaaaaa is live in staging",
    ]


async def test_what_fails_and_is_taken_back_by_itself_is_one_opening_and_one_recovery() -> None:
    made = loud(Level.QUIET, configuration=configured(replace(STAGING, rolls_back=True, after=(SMOKE,))), answers=GOOD)
    await made.play(registered(A))
    made.answers = {}
    await made.play(registered(B))
    made.answers = {"smoke": "failure"}
    spot = made.spots["staging"]
    assert spot
    spot.ends = lambda: well_again(made)
    await made.pass_time(timedelta(minutes=3))
    assert heard(made) == [
        "#ops ✕ web bbbbbbb failed in staging: smoke: smoke (failure) did not pass on bbbbbbb",
        "#ops = ↩ web bbbbbbb was taken back in staging: aaaaaaa was put back",
        "#ops > ↩ web bbbbbbb was taken back in staging: aaaaaaa was put back",
        "#ops = ↩ web bbbbbbb was taken back in staging: aaaaaaa was put back",
        "#ops > ✓ web staging is well again: aaaaaaa is live (broken for 0 s)",
        "#ops ✓ web staging is well again: aaaaaaa is live (broken for 0 s)",
    ]


GOOD = {"smoke": "success"}


def well_again(made: World) -> Progress:
    """What is written now passes."""
    made.answers = GOOD
    return done("put back", Live(values={"value": A}))


async def test_what_failed_and_stays_broken_goes_on_in_the_thread_until_it_is_mended() -> None:
    made = loud()
    spot = made.spots["staging"]
    assert spot
    spot.ends = lambda: failed("AccessDenied")
    await made.play(registered(A))
    await made.play(registered(B))
    made.now += timedelta(minutes=18)
    spot.ends = None
    await made.play(registered(C))
    assert [each for each in heard(made) if "production" not in each] == [
        "#ops ✕ web aaaaaaa failed in staging: AccessDenied",
        "#ops > ✕ web bbbbbbb failed in staging: AccessDenied",
        "#ops = ✕ web aaaaaaa failed in staging: AccessDenied",
        "#ops > ✓ web staging is well again: ccccccc is live (broken for 18 min)",
        "#ops ✓ web staging is well again: ccccccc is live (broken for 18 min)",
    ]


async def test_what_was_asked_for_first_and_goes_last_is_no_old_news() -> None:
    made = loud(Level.QUIET)
    first = deployment("n001", B, state=State.LIVE, began_at=NOW + timedelta(minutes=9))
    second = deployment("n002", A, state=State.FAILED, why="AccessDenied", began_at=NOW)
    made.deployments |= {each.id: each for each in (first, second)}
    for each in (second, first):
        await made.play(*await made.tell(tell_deployment, moved(each)))
    assert heard(made) == [
        "#ops ✕ web aaaaaaa failed in staging: AccessDenied",
        "#ops = ✕ web aaaaaaa failed in staging: AccessDenied",
        "#ops > ✓ web staging is well again: bbbbbbb is live (broken for 0 s)",
        "#ops ✓ web staging is well again: bbbbbbb is live (broken for 0 s)",
    ]


def moved(each: Deployment) -> DeploymentMoved:
    return DeploymentMoved(
        deployment=each.id, place=each.place, sha=each.version.sha, repository=42, state=each.state, why=each.why
    )


async def test_what_a_person_takes_back_says_who_and_why_and_that_it_is_back() -> None:
    made = loud(Level.QUIET, configuration=configured(production=replace(PRODUCTION, before=())))
    await made.play(registered(A))
    await made.play(registered(B))
    assert heard(made) == []
    await made.play(command(Verb.ROLLBACK, reason="totals are wrong"))
    assert heard(made) == [
        "#ops ↩ web production goes back from bbbbbbb to aaaaaaa, by @bo: totals are wrong",
        "#ops = ✓ web aaaaaaa is live in production again",
        "#ops > ✓ web aaaaaaa is live in production again",
    ]


async def test_a_revert_is_not_held_by_the_pin_that_waits_for_it() -> None:
    made = loud(messages={C: f'Revert "b"\n\nThis reverts commit {B}.'})
    for sha in (A, B):
        await made.play(registered(sha))
        await made.play(command(Verb.APPROVE, by="ana"))
    await made.play(command(Verb.ROLLBACK, reason="totals are wrong"))
    heard(made)
    await made.play(registered(C))
    assert heard(made)[-1] == "#ops ▲ web ccccccc → production needs an approval"


async def test_a_rejection_says_who_and_why_and_leaves_no_button() -> None:
    made = loud()
    await made.play(registered(A))
    await made.play(command(Verb.REJECT, reason="prices are wrong"))
    assert heard(made)[1:] == [
        "#ops = ✕ web aaaaaaa was rejected for production by @bo: prices are wrong",
        "#ops > ✕ web aaaaaaa was rejected for production by @bo: prices are wrong",
    ]
    assert made.notices["deployment:n002"].seen.buttons == ()


async def test_what_gives_way_loses_its_buttons_without_a_word() -> None:
    made = loud()
    await made.play(registered(A))
    await made.play(registered(B))
    assert heard(made) == [
        "#ops ▲ web aaaaaaa → production needs an approval",
        "#ops ▲ web bbbbbbb → production needs an approval",
        "#ops = – web aaaaaaa did not go to production: bbbbbbb contains it and is newer",
    ]
    assert made.notices["deployment:n002"].seen.buttons == ()


async def test_a_hold_is_told_where_production_is_held_and_that_it_ended() -> None:
    made = loud()
    await made.play(command(Verb.HOLD, reason="audit"))
    await made.play(command(Verb.LIFT, reason="done"))
    await made.play(command(Verb.HOLD, environment="staging", reason="mine"))
    assert heard(made) == [
        "#ops ■ web production is frozen by @bo: audit",
        "#ops = ✓ web production moves again, unfrozen by @bo: done",
        "#ops > ✓ web production moves again, unfrozen by @bo: done",
    ]


async def test_what_something_else_still_holds_is_not_told_to_move() -> None:
    made = loud()
    await made.play(command(Verb.HOLD, service="web", environment="", reason="stock-taking"))
    await made.play(command(Verb.HOLD, reason="audit"))
    heard(made)
    await made.play(command(Verb.LIFT, reason="done"))
    assert heard(made)[0] == (
        "#ops = ■ web production is still frozen by @bo: stock-taking; another hold ended, unfrozen by @bo: done"
    )


async def test_a_button_means_its_environment_whatever_that_is_called() -> None:
    made = loud(Level.VERBOSE, configuration=configured(replace(STAGING, name="2024", before=(SMOKE,))))
    await made.play(registered(A))
    [waits] = made.notices.values()
    assert waits.seen.buttons[0].words == "why PRX/My-App/web in 2024"


async def test_an_environment_may_have_a_channel_and_a_level_of_its_own() -> None:
    notify = Notify(channel="#shop", level=Level.VERBOSE)
    made = loud(configuration=configured(replace(STAGING, notify=notify)))
    await made.play(registered(A))
    assert heard(made) == [
        "#shop ● web aaaaaaa is on its way to staging",
        "#shop = ✓ web aaaaaaa is live in staging",
        "#shop > ✓ web aaaaaaa is live in staging",
        "#ops ▲ web aaaaaaa → production needs an approval",
    ]


async def test_a_workspace_that_may_see_it_no_more_hears_no_more() -> None:
    made = loud(Level.QUIET)
    await made.play(NewsTold(news=_broken("b1", "1")), NewsTold(news=_broken("b2", "2")))
    assert heard(made) == ["#ops ✕ web: failed on main", "#ops > ✕ web: failed on main"]

    made.workspace = "T2"
    await made.play(NewsTold(news=_broken("b1", "1")))
    assert heard(made) == []
    await made.play(NewsTold(news=_broken("b3", "3")))

    assert heard(made) == ["#ops ✕ web: failed on main"]
    assert made.notices["build:b3"].channel.workspace == "T2"


async def test_trouble_without_end_leaves_the_channel_to_others() -> None:
    made = loud(Level.QUIET)
    await made.play(*(NewsTold(news=_broken(f"b{number}", f"{number:03}", f"run {number}")) for number in range(60)))
    assert len(heard(made)) == 51

    fine = replace(_broken("b99", "999"), wrong=False, mended=("web is fixed",))
    await made.play(NewsTold(news=fine))
    assert [each for each in heard(made) if "> " in each] == ["#ops > ✓ web is fixed (broken for 0 s)"]


def _broken(build: str, order: str, what: str = "failed on main") -> News:
    return News(
        subject=f"build:{build}",
        repository=42,
        weight=Weight.TROUBLE,
        message=Message(tone=Tone.BAD, head=(f"web: {what}",)),
        matter="branch:42:main",
        order=order,
        wrong=True,
        at=NOW,
    )


async def test_nobody_hears_of_anything_where_there_is_no_channel() -> None:
    made = world()
    await made.play(registered(A))
    assert (made.said, made.notices, made.matters) == ([], {}, {})


async def test_builds_are_heard_in_the_channel_of_their_repository() -> None:
    made = loud()
    broken = News(
        subject="build:b1",
        repository=42,
        weight=Weight.TROUBLE,
        message=Message(tone=Tone.BAD, head=("web: failed on main",)),
        matter="branch:42:main",
        order="1",
        wrong=True,
        at=NOW,
    )
    fine = Message(tone=Tone.GOOD, head=("web: passed on main",))
    mended = replace(
        broken, subject="build:b2", order="2", wrong=False, message=fine, mended=("web is fixed on main",),
        weight=Weight.ROUTINE, at=NOW + timedelta(minutes=18),
    )  # fmt: skip
    await made.play(NewsTold(news=broken))
    await made.play(NewsTold(news=mended))
    assert heard(made) == [
        "#ops ✕ web: failed on main",
        "#ops = ✕ web: failed on main",
        "#ops > ✓ web is fixed on main (broken for 18 min)",
        "#ops ✓ web is fixed on main (broken for 18 min)",
    ]
