"""What people say in a chat is done in their name, or they hear why not, and what to say instead."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.errors import Permanent
from checks.events import BuildsUnwanted, RerunOfAllRequested
from checks.message import Ask, Button, Code, Link, Message, Style, Tone, plain
from deploy import told
from deploy.command import Command, Verb, Via
from deploy.deployment import State
from deploy.events import AnswerDue, CommandGiven
from deploy.flow.hear import answer
from deploy.hold import Kind
from deploy.speech import Person
from tests.deploy.stories import (
    PRODUCTION,
    A,
    B,
    C,
    command,
    configured,
    deployment,
    ends,
    has,
    registered,
    version,
    world,
)
from tests.deploy.talks import BLOG, SHOP, answers, given, heard, press, say, shown, talk, two, words
from tests.deploy.world import NOW, World

NEVER_MIND = Button(words="never mind", label="Never mind")
AA = "a" * 8 + "c" * 32
PAGE = "https://ci.example.org/link"
CODE = Button(words="link", label="Enter the code", asks=Ask.CODE)
GET_A_CODE = ("Get a code on ", Link("the link page", PAGE), ", then type ", Code("/interlock link CODE"), " here.")


async def _told(made: World, text: str, by: str = "bo", *, sure: bool = False) -> str:
    return (await say(made, text, by, sure=sure)).text


# --- who they are ------------------------------------------------------------------------------


async def test_who_is_not_linked_may_only_look_and_hears_how_to_link() -> None:
    made = talk()
    await made.play(registered(A))

    refused = await say(made, "redeploy web staging", by="zoe")

    assert refused == Message(
        tone=Tone.TOLD,
        head=("I do not know yet who you are on GitHub, so nothing is done",),
        lines=(GET_A_CODE, ("Whatever only looks, such as ", Code("status"), ", needs no link.")),
        buttons=(CODE,),
    )
    assert (await _told(made, "status", by="zoe")) == "▲ acme/shop/web"
    assert len(made.deployments) == 2


async def test_a_code_links_somebody_once() -> None:
    made = talk(codes={"AB-12": Person(id=9, login="zoe")})

    asked = await say(made, "link", by="zoe")
    linked = await _told(made, "link AB-12", by="zoe")
    again = await say(made, "link AB-12", by="eve")

    assert asked == Message(
        tone=Tone.TOLD, head=("Link yourself to your GitHub user",), lines=(GET_A_CODE,), buttons=(CODE,)
    )
    assert linked == "✓ You are @zoe on GitHub: what you say here is done in that name"
    assert again == Message(
        tone=Tone.BAD,
        head=("That code does not count: it was used, is too old, or was never given",),
        lines=(GET_A_CODE,),
        buttons=(CODE,),
    )
    assert await _told(made, "whoami", by="zoe") == "– You are @zoe on GitHub"
    assert await _told(made, "unlink", by="zoe") == "– You are not linked to @zoe any more"
    assert await _told(made, "unlink", by="zoe") == "– You are linked to nobody"
    assert (await say(made, "whoami", by="zoe")).buttons == (CODE,)


def test_without_a_page_to_link_on_nobody_is_sent_there() -> None:
    assert shown(told.link_asked("")) == [
        "– Link yourself to your GitHub user",
        "The operator of Interlock has set up no page to link people on.",
    ]


async def test_a_login_that_somebody_else_took_over_does_nothing() -> None:
    made = talk()
    made.numbers = {"bo": 77}
    await made.play(registered(A))

    assert shown(await say(made, "redeploy web staging")) == [
        "✕ @bo may not redeploy in acme/shop: that needs write access",
        "If you are called something else on GitHub by now, link yourself again: /interlock link",
    ]


# --- commands ----------------------------------------------------------------------------------


async def test_what_harms_nobody_is_done_at_once_in_their_name() -> None:
    made = talk()
    await made.play(registered(A))
    said = words(made, "redeploy web staging because it hangs")

    follows = await made.play(said)

    [command] = given(follows)
    assert command == Command(
        id=said.speech,
        verb=Verb.REDEPLOY,
        repository=42,
        service="web",
        environment="staging",
        version=version(A).id,
        seen="n001",
        reason="it hangs",
        by="bo",
        by_id=2,
        via=Via.SLACK,
        at=NOW,
    )
    assert follows[0] == CommandGiven(command=said.speech, given=command, by="bo")
    assert made.answered[said.speech] == [
        Message(
            tone=Tone.MOVES,
            head=("web aaaaaaa is written once more to staging, which has aaaaaaa",),
            buttons=(Button(words="why acme/shop/web staging", label="Why"),),
        )
    ]


async def test_what_goes_to_production_is_asked_once_and_then_exactly_that_is_done() -> None:
    made = talk(configured(production=replace(PRODUCTION, before=(), automatic=False)))
    await made.play(registered(A))

    asked = await say(made, "promote web production")

    assert asked == Message(
        tone=Tone.WAITS,
        head=("web aaaaaaa goes to production",),
        buttons=(
            Button(
                words=f"promote acme/shop/web {version(A).id} to production seen nothing",
                label="Promote web aaaaaaa to production",
                style=Style.PRIMARY,
                sure=True,
            ),
            NEVER_MIND,
        ),
    )
    assert has(made, "production") == ""
    assert (await press(made, asked.buttons[0])).text == "● web aaaaaaa goes to production"
    assert has(made, "production") == "a"


async def test_a_late_press_means_what_was_seen() -> None:
    made = talk(configured(production=replace(PRODUCTION, before=(), automatic=False)))
    await made.play(registered(A))
    asked = await say(made, "promote web production")
    await made.play(registered(B))

    assert (await press(made, asked.buttons[0])).text == (
        "✕ staging has bbbbbbb by now: look at that one, and promote it"
    )
    assert await _told(made, asked.buttons[1].words) == "– Nothing was done"
    assert has(made, "production") == ""


async def test_what_was_confirmed_replaces_what_was_there_and_nothing_that_came_since() -> None:
    made = talk(configured(production=replace(PRODUCTION, before=(), automatic=False)))
    await made.play(registered(A))
    await made.play(registered(B))
    asked = await say(made, "deploy web aaaaaaa to production")
    await press(made, (await say(made, "promote web production")).buttons[0])

    assert plain(asked.head) == "web aaaaaaa goes to production"
    assert (await press(made, asked.buttons[0])).text == "✕ production was written since you looked: it has bbbbbbb"
    assert has(made, "production") == "b"


@pytest.mark.parametrize("verb", ["approve", "cancel"])
async def test_of_several_that_wait_none_is_taken_before_somebody_says_which(verb: str) -> None:
    made = talk()
    for number, sha in enumerate((A, AA, B)):
        waits = deployment(f"n{number}", sha, PRODUCTION, state=State.GATED)
        made.deployments[waits.id] = waits

    asked = await say(made, f"{verb} web production")

    assert shown(asked) == [
        "– That may be bbbbbbbbbbbb, aaaaaaaacccc or aaaaaaaaaaaa: which do you mean?",
        f"[{verb.capitalize()} web bbbbbbbbbbbb for production]",
        f"[{verb.capitalize()} web aaaaaaaacccc for production]",
        f"[{verb.capitalize()} web aaaaaaaaaaaa for production]",
    ]
    assert (await say(made, f"{verb} web aaaa production")).text == (
        "– That may be aaaaaaaacccc or aaaaaaaaaaaa: which do you mean?"
    )
    assert "web bbbbbbb → production" in (await press(made, asked.buttons[0])).text


async def test_a_rollback_asks_for_a_reason_with_the_plan_and_takes_back_no_other() -> None:
    made = talk()
    await made.play(registered(A))
    await made.play(registered(B))

    asked = await say(made, "roll back web staging")
    [button, never_mind] = asked.buttons

    assert plain(asked.head) == (
        "staging of web goes back from bbbbbbb to aaaaaaa; what contains bbbbbbb waits there for a revert or a person"
    )
    assert button == Button(
        words=f"rollback acme/shop/web staging to {version(A).id} from {version(B).id}",
        label="Roll back staging of web to aaaaaaa",
        style=Style.DANGER,
        asks=Ask.REASON,
        sure=True,
    )
    assert never_mind == NEVER_MIND
    await made.play(registered(C))
    assert (await press(made, button, note="slow")).text == (
        "✕ staging has ccccccc by now, so bbbbbbb cannot be rolled back"
    )


async def test_a_rollback_that_was_confirmed_is_done() -> None:
    made = talk()
    await made.play(registered(A))
    await made.play(registered(B))
    asked = await say(made, "rollback web staging because totals are wrong")

    done = await press(made, asked.buttons[0])

    assert done.tone is Tone.MOVES
    assert has(made, "staging") == "a"
    assert [each.reason for each in made.deployments.values()][-1] == "totals are wrong"


DANGEROUS = {
    "approve web production": "@bo approves web aaaaaaa → production",
    "reject web production because no": "@bo rejects web aaaaaaa → production",
    "hold web until 2h because audit": "web is frozen until 21 Nov 14:00 UTC: audit",
    "lock acme/shop because audit": "acme/shop is locked: audit",
    "hold production because audit": "production of web is frozen: audit",
    "redeploy web production": "web bbbbbbb is written once more to production, which has bbbbbbb",
}


@pytest.mark.parametrize(("text", "sentence"), DANGEROUS.items(), ids=list(DANGEROUS))
async def test_what_is_dangerous_is_asked_once(text: str, sentence: str) -> None:
    made = talk()
    if "redeploy" in text:
        await made.play(registered(B))
        await made.play(command(Verb.APPROVE, by="ana"))
    else:
        await made.play(registered(A))
    before = ends(made)

    asked = await say(made, text)

    assert (plain(asked.head), asked.tone) == (sentence, Tone.WAITS)
    assert [each.sure for each in asked.buttons] == [True, False]
    assert (ends(made), made.holds) == (before, {})
    glyph = Tone.GOOD if "audit" in text else Tone.MOVES
    assert (await press(made, asked.buttons[0])).text == f"{glyph} {sentence}"


async def test_emergencies_and_overrides_are_asked_of_those_who_may() -> None:
    made = talk()
    await made.play(registered(A))

    override = await say(made, "override release-team web production because known", by="ana")
    emergency = await say(made, "emergency web aaaa to production because site is down", by="cy")

    assert shown(override) == [
        "▲ release-team lets web aaaaaaa → production pass, because @ana says so",
        "[Override release-team for web aaaaaaa in production]",
        "[Never mind]",
    ]
    assert shown(emergency) == [
        "▲ web aaaaaaa goes at once to production, without asking release-team",
        "[Emergency: web aaaaaaa to production]",
        "[Never mind]",
    ]
    assert await _told(made, "emergency web aaaa to production because site is down") == (
        "✕ @bo may not command an emergency in acme/shop: that needs maintain access"
    )
    assert (await press(made, emergency.buttons[0], by="cy")).text.startswith("● web aaaaaaa goes at once")
    assert has(made, "production") == "a"


async def test_an_approval_from_a_button_that_was_confirmed_counts() -> None:
    made = talk()
    await made.play(registered(A))

    done = await say(made, f"approve acme/shop/web production {version(A).id} because seen", sure=True)

    assert done.text == "● @bo approves web aaaaaaa → production"
    assert has(made, "production") == "a"


async def test_a_hold_that_ends_by_itself_counts_from_when_it_was_said() -> None:
    made = talk()
    asked = await say(made, "pin web staging until 1h30m because wait")
    made.now += timedelta(minutes=5)

    await press(made, asked.buttons[0])

    [hold] = made.holds.values()
    assert (hold.kind, hold.scope, hold.until) == (Kind.PIN, "42/web/staging", NOW + timedelta(minutes=90))


async def test_a_hold_that_ends_in_another_year_says_so() -> None:
    made = talk()

    near = await say(made, "hold web until 2027-01-04T08:00Z because audit")
    far = await say(made, "hold web until 2072-01-04T08:00Z because audit")

    assert (plain(near.head), plain(far.head)) == (
        "web is frozen until 4 Jan 08:00 UTC: audit",
        "web is frozen until 4 Jan 2072 08:00 UTC: audit",
    )
    await press(made, far.buttons[0])
    assert [each.sentence for each in made.holds.values()] == ["frozen by @bo until 4 Jan 2072 08:00 UTC: audit"]


async def test_lifting_says_which_hold_it_lifts() -> None:
    made = talk()
    await made.play(command(Verb.HOLD, "staging", service="web", reason="audit", by="ana"))
    [seen] = made.holds

    asked = await say(made, "lift web staging")

    assert shown(asked) == [
        "▲ staging of web moves again: no longer frozen by @ana: audit",
        "[Let staging of web move]",
        "[Never mind]",
    ]
    assert asked.buttons[0].words == f"lift acme/shop/web staging from {seen}"
    assert (await press(made, asked.buttons[0])).tone is Tone.GOOD
    assert await _told(made, "lift web staging") == "✕ nothing holds staging of web"


async def test_whoever_lifts_reads_everything_that_they_lift() -> None:
    made = talk()
    for by, reason in (("ana", "audit"), ("cy", "stock-taking")):
        await made.play(command(Verb.HOLD, "staging", service="web", reason=reason, by=by))

    asked = await say(made, "lift web staging")

    assert plain(asked.head) == (
        "staging of web moves again: no longer frozen by @ana: audit, nor frozen by @cy: stock-taking"
    )


async def test_what_waits_is_given_up_at_once() -> None:
    made = talk()
    await made.play(registered(A))

    assert await _told(made, "cancel web production") == "✓ web aaaaaaa → production is given up"
    assert await _told(made, "cancel web production") == "✕ nothing waits for production"


# --- names that there are not, and names that may be several things ----------------------------


async def test_a_misspelt_environment_is_not_guessed_but_offered() -> None:
    made = talk()
    await made.play(registered(A))

    asked = await say(made, "deploy web aaaaaaa to prodution")

    assert asked == Message(
        tone=Tone.TOLD,
        head=('There is no environment "prodution" for web. Did you mean production?',),
        buttons=(Button(words="deploy acme/shop/web aaaaaaa to production", label="Deploy web aaaaaaa to production"),),
    )


async def test_a_service_that_two_repositories_have_is_asked_for() -> None:
    made = two()

    asked = await say(made, "deploy web aaaa to staging")

    assert asked == Message(
        tone=Tone.TOLD,
        head=("That may be acme/shop/web staging or acme/blog/web staging: which do you mean?",),
        buttons=(
            Button(words="deploy acme/shop/web aaaa to staging", label="Deploy acme/shop/web aaaa to staging"),
            Button(words="deploy acme/blog/web aaaa to staging", label="Deploy acme/blog/web aaaa to staging"),
        ),
    )
    assert made.deployments == {}
    assert [each.repository for each in given(await heard(made, asked.buttons[0].words))] == [42]


async def test_a_beginning_that_two_commits_have_is_asked_for() -> None:
    twin = "a" * 8 + "b" * 32
    made = talk(history=(A, twin))

    asked = await say(made, "deploy web aaaa to staging")

    assert shown(asked) == [
        "– aaaa may be aaaaaaaabbbb or aaaaaaaaaaaa: which do you mean?",
        "[Deploy web aaaaaaaabbbb to staging]",
        "[Deploy web aaaaaaaaaaaa to staging]",
    ]
    assert (await press(made, asked.buttons[1])).text == "● web aaaaaaa goes to staging"


async def test_a_misspelt_promotion_is_offered_as_it_is_called() -> None:
    made = talk()
    await made.play(registered(A))

    asked = await say(made, "override release-tame web production because known", by="ana")

    assert shown(asked) == [
        '✕ there is no open promotion "release-tame" of web aaaaaaa → production; did you mean "release-team"?',
        "[Override release-team for web in production]",
    ]


async def test_an_unknown_verb_is_told_with_those_that_are_near() -> None:
    made = talk()

    assert await say(made, "deply web") == Message(
        tone=Tone.TOLD,
        head=('I do not know "deply"',),
        lines=(("Did you mean ", Code("deploy"), " or ", Code("redeploy"), "?"),),
        buttons=(Button(words="help", label="Help"),),
    )
    assert shown(await say(made, "xyzzy")) == ['– I do not know "xyzzy"', "[Help]"]


async def test_nothing_outside_of_the_workspace_is_seen_or_moved() -> None:
    made = two()
    made.visible = {"T1": [SHOP], "T2": [BLOG]}
    await made.play(registered(A))

    assert await _told(made, "redeploy acme/blog/web staging") == (
        '– There is no service "acme/blog/web". Did you mean acme/shop/web?'
    )
    assert await _told(made, "hold acme/blog because x") == (
        '– There is no service or environment "acme/blog". Did you mean acme/shop?'
    )
    made.visible = {"T1": []}
    assert await _told(made, "status") == "– Nothing is delivered yet by the repositories that this workspace may see"


# --- builds ------------------------------------------------------------------------------------


async def test_builds_of_a_commit_run_again_or_stop_for_who_may_write() -> None:
    made = talk(built={A: 42, B: 42})

    again = await heard(made, "rerun aaaa")
    newest = await heard(made, "rerun web")
    stopped = await heard(made, "cancel bbbb")

    assert again[0] == RerunOfAllRequested(repository=42, sha=A, by="bo")
    assert answers(again) == ["aaaaaaa of acme/shop is built again: its check tells how it goes"]
    assert newest[0] == RerunOfAllRequested(repository=42, sha=B, by="bo")
    assert stopped[0] == BuildsUnwanted(repository=42, sha=B, by="bo")
    assert answers(stopped) == ["What is built of bbbbbbb of acme/shop is stopped"]


async def test_a_build_that_has_ended_is_not_said_to_be_stopped() -> None:
    made = talk(built={A: 42}, over={A})

    assert answers(await heard(made, "cancel aaaa")) == [
        "Nothing of aaaaaaa of acme/shop is being built, so there is nothing to stop"
    ]


async def test_who_may_not_write_runs_no_build_again() -> None:
    made = talk(built={A: 42})

    assert shown(await say(made, "rerun aaaa", by="eve")) == [
        "✕ @eve may not rerun builds of acme/shop: that needs write access",
        "If you are called something else on GitHub by now, link yourself again: /interlock link",
    ]
    made.numbers = {"bo": 77}
    assert shown(await say(made, "cancel aaaa")) == [
        "✕ @bo may not cancel builds of acme/shop: that needs write access",
        "If you are called something else on GitHub by now, link yourself again: /interlock link",
    ]


async def test_a_commit_of_builds_that_is_not_clear_is_asked_for() -> None:
    made = two(built={A: 42, "a" * 8 + "c" * 32: 43})

    asked = await say(made, "cancel aaaa")

    assert shown(asked) == [
        "– That may be acme/shop aaaaaaaaaaaa or acme/blog aaaaaaaacccc: which do you mean?",
        "[Cancel acme/shop aaaaaaaaaaaa]",
        "[Cancel acme/blog aaaaaaaacccc]",
    ]
    [stopped, _] = await heard(made, asked.buttons[1].words)
    assert stopped == BuildsUnwanted(repository=43, sha="a" * 8 + "c" * 32, by="bo")
    assert await _told(made, "rerun ffff") == (
        "– No commit that begins with ffff was built in what this workspace may see"
    )
    assert await _told(talk(), "rerun web") == "– Nothing was built there yet"


# --- answers -----------------------------------------------------------------------------------


async def test_what_was_commanded_elsewhere_is_answered_in_no_chat() -> None:
    made = talk()
    await made.play(registered(A))

    await made.play(command(Verb.REDEPLOY, "staging"))

    assert made.answered == {}


async def test_an_answer_is_given_once_to_whoever_said_it() -> None:
    made = world()
    message = Message(tone=Tone.TOLD, head=("hello",))

    assert await made.tell(answer, AnswerDue(speech="s1", answer=message)) == []
    assert made.answered == {"s1": [message]}


async def test_a_repository_that_is_out_of_reach_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    made = talk()

    async def lost(_self: object, _repository: int) -> None:
        raise Permanent("acme/shop is out of reach: it was archived")

    monkeypatch.setattr("tests.deploy.world.Repositories.get", lost)

    assert answers(await heard(made, "redeploy web staging")) == ["acme/shop is out of reach: it was archived"]


async def test_whoever_deploys_without_a_version_is_offered_what_is_verified_before() -> None:
    made = talk()
    await made.play(registered(A))
    assert shown(await say(made, "deploy web to production")) == [
        "✕ say which version of web: the commit's first digits do",
        "[Promote web to production]",
    ]
    assert shown(await say(made, "deploy web to staging")) == [
        "✕ say which version of web: the commit's first digits do"
    ]
