"""Why a version is where it is: each thing that stands in its way, with who or what moves it on."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from deploy import hold
from deploy.deployment import Deployment, Kind, State
from deploy.order import Decision, Verdict
from deploy.pipeline import Service
from deploy.place import Place
from deploy.promotion import Result, When
from deploy.promotion import State as Promotion
from deploy.why import Cause, Facts, Reason, Why, why_deployment, why_environment, why_version
from tests.deploy.stories import MANUAL, PRODUCTION, STAGING, A, B, C, deployment, version
from tests.deploy.world import NOW

HOUR = timedelta(hours=1)
SERVICE = Service(name="web", labels=("WEB",), environments=(STAGING, PRODUCTION))
LIVE: dict[str, Any] = {"state": State.LIVE, "arrived_at": NOW - HOUR, "live_at": NOW - HOUR, "why": "written"}
ASKED = Result(name="release-team", when=When.BEFORE, type="manual", why="needs one of team:release")
CLOSED = Result(
    name="hours", when=When.BEFORE, type="window", why="closed until Mon 08:00 UTC", look_at=NOW + 44 * HOUR
)
FROZEN = hold.Hold(id="h1", kind=hold.Kind.FREEZE, scope="42/web", owner="ana", reason="audit", since=NOW)


def facts(*here: Deployment, before: tuple[Deployment, ...] = (), **more: Any) -> Facts:
    """Production, with what happened there, the newest first."""
    return Facts(
        service="web",
        environment=PRODUCTION,
        here=Place(name="42/web/production", deployments=here),
        earlier=Place(name="42/web/staging", deployments=before),
        now=NOW,
        **more,
    )


def in_production(name: str, sha: str, **more: Any) -> Deployment:
    return deployment(name, sha, PRODUCTION, **more)


def test_everything_that_stands_before_a_deployment_is_told_with_who_moves_it_on() -> None:
    old, waits = in_production("d1", A, **LIVE), in_production("d2", B, state=State.GATED, results=(ASKED, CLOSED))
    order = Decision(verdict=Verdict.WAITS, why="bbbbbbb and aaaaaaa do not contain each other")

    found = why_deployment(waits, facts(waits, old, holds=[FROZEN], order=order))

    assert found == Why(
        service="web",
        environment="production",
        title="web bbbbbbb is not in production because",
        reasons=(
            Reason(
                cause=Cause.PROMOTION,
                name="release-team",
                why="needs one of team:release",
                next="approve or reject it",
            ),
            Reason(
                cause=Cause.PROMOTION,
                name="hours",
                why="closed until Mon 08:00 UTC",
                next="looked at again Mon 08:00 UTC",
            ),
            Reason(cause=Cause.HOLD, name="h1", why="frozen by @ana: audit", next="whoever may write can lift it"),
            Reason(
                cause=Cause.ORDER,
                why="bbbbbbb and aaaaaaa do not contain each other",
                next="promote it, or push what contains both",
            ),
        ),
        present="aaaaaaa is live since 11:00 UTC",
        deployment="d2",
        version=version(B).id,
        sha=B,
        state="gated",
        waits=True,
    )


def test_the_sentences_are_the_title_the_reasons_and_what_is_there() -> None:
    waits = in_production("d2", B, state=State.GATED, results=(ASKED,))
    assert why_deployment(waits, facts(waits, holds=[FROZEN])).sentences == (
        "web bbbbbbb is not in production because",
        "release-team: needs one of team:release; approve or reject it",
        "frozen by @ana: audit; whoever may write can lift it",
        "production has nothing yet",
    )


def test_what_is_live_says_since_when() -> None:
    live = in_production("d1", A, **LIVE)
    found = why_environment(facts(live))
    assert (found.sentences, found.waits) == (("web aaaaaaa is live in production since 11:00 UTC",), False)


def test_what_is_live_and_behind_says_what_nobody_promoted() -> None:
    live, newer = in_production("d1", A, **LIVE), deployment("d2", B, **LIVE)
    assert why_environment(facts(live, before=(newer,))).sentences == (
        "web aaaaaaa is live in production since 11:00 UTC",
        "staging has bbbbbbb, which nobody has promoted; promote it",
    )


@pytest.mark.parametrize(
    ("state", "more", "sentences"),
    [
        (State.REQUESTED, {}, ("web bbbbbbb is not in production because", "what stands before it is being asked")),
        (
            State.READY,
            {},
            ("web bbbbbbb is not in production because", "nothing stands in its way: it is written next"),
        ),
        (State.DEPLOYING, {"why": "writing bbbbbbb"}, ("web bbbbbbb is on its way to production", "writing bbbbbbb")),
        (
            State.REJECTED,
            {"why": "release-team: rejected by @bo"},
            (
                "web bbbbbbb is not in production because",
                "release-team: rejected by @bo; push a fix, or promote it again to ask anew",
            ),
        ),
        (
            State.ERROR,
            {"why": "AWS refused"},
            ("web bbbbbbb is not in production because", "AWS refused; promote it again once that is mended"),
        ),
        (
            State.CANCELLED,
            {"why": "@bo gave it up"},
            ("web bbbbbbb is not in production because", "@bo gave it up; promote it again"),
        ),
        (
            State.SUPERSEDED,
            {"why": "ccccccc contains it and is newer"},
            ("web bbbbbbb is not in production because", "ccccccc contains it and is newer"),
        ),
    ],
)
def test_each_state_says_how_it_stands_and_what_to_do(
    state: State, more: dict[str, Any], sentences: tuple[str, ...]
) -> None:
    old, new = in_production("d1", A, **LIVE), in_production("d2", B, state=state, **more)
    found = why_deployment(new, facts(new, old))
    assert found.sentences == (*sentences, "aaaaaaa is live since 11:00 UTC")


def test_what_failed_where_it_is_names_the_way_back() -> None:
    old = in_production("d1", A, **(LIVE | {"state": State.SUPERSEDED, "ended_at": NOW}))
    bad = in_production("d2", B, state=State.FAILED, arrived_at=NOW, why="smoke: 500 instead of 200")
    assert why_environment(facts(bad, old)).sentences == (
        "web bbbbbbb is in production, and failed there because",
        "smoke: 500 instead of 200; push a fix, or roll back to aaaaaaa, or redeploy to try again",
    )


def test_what_was_undone_says_what_it_waits_for() -> None:
    good = in_production("d3", A, **LIVE)
    bad = in_production("d2", B, state=State.ROLLED_BACK, arrived_at=NOW - 2 * HOUR, why="aaaaaaa was put back")
    assert why_version(version(B), SERVICE, facts(good, bad)).sentences == (
        "web bbbbbbb is not in production any more because",
        "aaaaaaa was put back; push a revert or a fix; what contains it waits until then",
        "aaaaaaa is live since 11:00 UTC",
    )


def test_a_write_under_way_is_what_the_others_wait_for() -> None:
    moving = in_production("d1", A, state=State.DEPLOYING)
    waits = in_production("d2", B, state=State.READY)
    assert why_deployment(waits, facts(waits, moving)).reasons == (
        Reason(
            cause=Cause.QUEUE,
            why="aaaaaaa is written there now",
            next="it is looked at again when that has ended",
        ),
    )


def test_after_the_write_what_is_not_verified_yet_is_told() -> None:
    soak = Result(name="soak", when=When.AFTER, type="soak", state=Promotion.RUNNING, why="was live for 2 min")
    after = in_production("d1", A, state=State.VERIFYING, arrived_at=NOW, results=(ASKED, soak))
    found = why_environment(facts(after))
    assert (found.sentences, found.waits) == (
        ("web aaaaaaa is in production, and is not verified yet because", "soak: was live for 2 min"),
        False,
    )


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ((), Reason(cause=Cause.EARLIER, why="nothing is in staging yet, which comes first")),
        (
            (deployment("d1", A, state=State.FAILED, arrived_at=NOW),),
            Reason(cause=Cause.EARLIER, why="aaaaaaa is failed in staging, which comes first"),
        ),
        (
            (deployment("d1", A, **LIVE),),
            Reason(cause=Cause.EARLIER, why="nobody has promoted aaaaaaa from staging", next="promote it"),
        ),
    ],
)
def test_an_environment_without_anything_says_what_comes_first(before: tuple[Deployment, ...], reason: Reason) -> None:
    found = why_environment(facts(before=before))
    assert (found.title, found.reasons) == ("web has nothing in production because", (reason,))


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ((), "it has to be live and verified in staging first, where it is not there"),
        (
            (deployment("d1", C, state=State.GATED),),
            "it has to be live and verified in staging first, where it is gated",
        ),
        ((deployment("d1", C, **LIVE),), "nobody has promoted it from staging"),
        (
            (deployment("d1", C, **(LIVE | {"state": State.SUPERSEDED})),),
            "it was live in staging, and nobody promoted it then",
        ),
    ],
)
def test_a_version_that_nobody_sent_says_what_has_to_come_first(before: tuple[Deployment, ...], why: str) -> None:
    [reason] = why_version(version(C), SERVICE, facts(before=before)).reasons
    assert (reason.cause, reason.why) == (Cause.EARLIER, why)


def test_a_version_without_the_label_of_the_service_says_so() -> None:
    service = Service(name="web", labels=("WEB", "WORKER"), environments=(STAGING,))
    [reason] = why_version(version(C), service, facts()).reasons
    assert reason.sentence == "its build did not publish WORKER; publish it from the build"


@pytest.mark.parametrize(
    ("result", "waits"),
    [
        (ASKED, True),
        (CLOSED, True),
        (replace(CLOSED, look_at=NOW + timedelta(seconds=15)), False),
        (replace(CLOSED, state=Promotion.RUNNING), False),
        (replace(CLOSED, state=Promotion.INCONCLUSIVE), True),
        (replace(ASKED, why=""), False),
        (replace(ASKED, state=Promotion.PASSED), False),
    ],
)
def test_it_waits_where_only_somebody_or_a_time_moves_it_on(result: Result, waits: bool) -> None:
    gated = in_production("d2", B, state=State.GATED, results=(result,))
    assert why_deployment(gated, facts(gated)).waits is waits


def test_a_hold_does_not_stand_before_what_it_lets_pass() -> None:
    rollback = in_production("d2", A, state=State.READY, kind=Kind.ROLLBACK)
    assert why_deployment(rollback, facts(rollback, holds=[FROZEN])).reasons == (
        Reason(cause=Cause.QUEUE, why="nothing stands in its way: it is written next"),
    )


def test_promotions_that_let_pass_are_no_reasons() -> None:
    assert MANUAL.name == ASKED.name
    gated = in_production("d2", B, state=State.GATED, results=(replace(ASKED, state=Promotion.OVERRIDDEN), CLOSED))
    assert [each.name for each in why_deployment(gated, facts(gated)).reasons] == ["hours"]
