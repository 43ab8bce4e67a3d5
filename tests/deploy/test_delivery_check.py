"""How a commit's check says where its versions are: title, table, buttons, conclusion."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from checks.repository import Repository
from deploy.check import LONGEST_DESCRIPTION, LONGEST_LABEL, Check, Offer, Shown
from deploy.command import Verb
from deploy.delivery_check import Facts, Stop, delivery_check
from deploy.deployment import Deployment, State, place
from deploy.hold import Hold, Kind
from deploy.pipeline import Environment, Rule
from deploy.place import Place
from deploy.promotion import Result, When
from deploy.revert import Commit
from tests.deploy.stories import PRODUCTION, STAGING, A, B, C, deployment, version
from tests.deploy.world import NOW

WEB = Repository(id=42, full_name="acme/web", installation=7, html_url="https://github.com/acme/web")
BY_HAND = replace(PRODUCTION, before=(), automatic=False)
VERIFIED = replace(STAGING, after=(Rule(name="smoke", spec={"type": "status_check"}),))
ASKED = Result(name="release-team", when=When.BEFORE, type="manual", why="needs one of @acme/release")


def live(name: str, sha: str, environment: Environment = STAGING, **facts: Any) -> Deployment:
    return deployment(
        name, sha, environment, **{"state": State.LIVE, "live_at": NOW, "arrived_at": NOW, "why": "written"} | facts
    )


def stop(*deployments: Deployment, environment: Environment = STAGING, service: str = "web", **facts: Any) -> Stop:
    here = Place(name=place(42, service, environment.name), deployments=deployments)
    return Stop(service=service, environment=environment, here=here, **facts)


def shown(*stops: Stop, sha: str = B, remark: str = "") -> Check:
    return delivery_check(Facts(repository=WEB, sha=sha, stops=stops, remark=remark, now=NOW))


def says(check: Check) -> str:
    return f"{check.conclusion}: {check.title}"


def labels(check: Check) -> list[str]:
    return [each.label for each in check.offers]


def coming(*shas: str) -> tuple[Commit, ...]:
    return tuple(Commit(sha=sha, message=f"Change {sha[:1]}\n\nat length") for sha in shas)


def waiting(**facts: Any) -> Deployment:
    return deployment(
        "d9",
        B,
        PRODUCTION,
        **{"state": State.GATED, "why": "release-team: needs one of @acme/release", "results": (ASKED,)} | facts,
    )


def test_all_of_it() -> None:
    production = stop(waiting(), live("d1", A, PRODUCTION), environment=PRODUCTION, coming=coming(C, B))
    check = shown(
        stop(live("d2", B, VERIFIED, why="smoke: passed in 2 s"), live("d0", A), environment=VERIFIED), production
    )

    commit = "https://github.com/acme/web/commit"
    assert check == Check(
        external_id=f"delivery:42:{B}",
        name="Interlock delivery",
        sha=B,
        title="Live in staging · production waits for approval",
        summary=(
            "| environment | version | state | since | why |\n"
            "| --- | --- | --- | --- | --- |\n"
            f"| staging | [`bbbbbbb`]({commit}/{B}) | live, verified | 21 Nov 12:00 UTC | smoke: passed in 2 s |\n"
            f"| production | [`aaaaaaa`]({commit}/{A}) | bbbbbbb waits | – "
            "| release-team: needs one of @\u200bacme/release |\n\n"
            f"2 commits would go to production · [compare](https://github.com/acme/web/compare/{A}...{B})\n\n"
            f"- [`bbbbbbb`]({commit}/{B}) Change b\n"
            f"- [`ccccccc`]({commit}/{C}) Change c\n\n"
            "**Next:** press *Approve production*."
        ),
        conclusion="neutral",
        offers=(
            Offer(
                verb=Verb.APPROVE,
                label="Approve production",
                description="Let web bbbbbbb into production",
                service="web",
                environment="production",
                version=version(B).id,
            ),
            Offer(
                verb=Verb.ROLLBACK,
                label="Roll back staging",
                description="Put web aaaaaaa back into staging",
                service="web",
                environment="staging",
                version=version(A).id,
                seen=version(B).id,
            ),
        ),
    )


@pytest.mark.parametrize(
    ("state", "facts", "expected"),
    [
        (State.REQUESTED, {}, "None: On its way to staging"),
        (State.DEPLOYING, {}, "None: Deploying to staging"),
        (State.VERIFYING, {"arrived_at": NOW}, "None: Verifying in staging"),
        (State.LIVE, {"arrived_at": NOW, "live_at": NOW}, "success: Live in staging"),
        (State.FAILED, {}, "failure: Failed in staging"),
        (State.ERROR, {}, "failure: Failed in staging"),
        (State.ROLLED_BACK, {"arrived_at": NOW, "ended_at": NOW}, "failure: Rolled back in staging"),
        (State.REJECTED, {}, "failure: Rejected for staging"),
        (State.CANCELLED, {}, "neutral: Given up for staging"),
        (State.SUPERSEDED, {}, "neutral: Superseded for staging"),
        (State.SUPERSEDED, {"live_at": NOW, "ended_at": NOW}, "success: Replaced in staging"),
        (State.GATED, {}, "neutral: Staging waits for a person"),
        (State.GATED, {"results": (replace(ASKED, name="hours", type="window"),)}, "neutral: Staging waits for hours"),
        (State.GATED, {"results": (replace(ASKED, type="github"),)}, "neutral: Staging waits for approval"),
    ],
)
def test_each_state_has_its_title_and_its_conclusion(state: State, facts: dict[str, Any], expected: str) -> None:
    assert says(shown(stop(deployment("d1", B, state=state, **facts)))) == expected


def test_what_is_the_same_of_two_environments_is_said_once() -> None:
    check = shown(stop(live("d1", B)), stop(live("d2", B, BY_HAND), environment=BY_HAND))
    assert says(check) == "success: Live in staging and production"


def test_where_there_are_several_services_each_is_named() -> None:
    check = shown(stop(live("d1", B)), stop(waiting(), environment=PRODUCTION, service="api"))
    assert check.title == "Live in web staging · api production waits for approval"
    assert [each.service for each in check.offers] == ["api"]


def hold(kind: Kind = Kind.FREEZE, scope: str = "42/web/production", **facts: Any) -> Hold:
    return Hold(id="h1", kind=kind, scope=scope, owner="ana", reason="audit", since=NOW, **facts)


@pytest.mark.parametrize(
    ("kind", "title", "label"),
    [
        (Kind.FREEZE, "production is frozen", "Unfreeze production"),
        (Kind.LOCK, "production is locked", "Unlock production"),
        (Kind.PIN, "production is pinned", "Unpin production"),
    ],
)
def test_what_is_held_says_so_and_can_be_let_go(kind: Kind, title: str, label: str) -> None:
    held = stop(waiting(), environment=PRODUCTION, holds=(hold(kind),))
    check = shown(stop(live("d1", B)), held)
    assert (says(check), labels(check)) == (f"neutral: Live in staging · {title}", ["Approve production", label])
    assert "by @\u200bana: audit" in check.summary


def test_the_fix_that_a_pin_waits_for_is_not_pinned() -> None:
    pin = hold(Kind.PIN, bad=A)
    fix, other = waiting(), waiting(why=pin.sentence, results=())
    titles = [shown(stop(each, environment=PRODUCTION, holds=(pin,))).title for each in (fix, other)]
    assert titles == ["Production waits for approval", "Production is pinned"]


def test_what_waits_for_another_one_that_moves_is_not_sent_before_it() -> None:
    moving = deployment("d1", A, state=State.VERIFYING, arrived_at=NOW)
    check = shown(stop(deployment("d2", B, state=State.GATED), moving, coming=coming(B)))
    assert (says(check), labels(check)) == ("neutral: Staging waits for aaaaaaa", [])


@pytest.mark.parametrize(
    "holds",
    [
        (hold(scope="42/web"),),
        (hold(), replace(hold(), id="h2")),
        (hold(until=NOW - timedelta(seconds=1)),),
    ],
)
def test_a_hold_that_covers_more_or_is_not_alone_or_is_over_has_no_button(holds: tuple[Hold, ...]) -> None:
    held = stop(waiting(by="bo", results=()), environment=PRODUCTION, holds=holds)
    assert labels(shown(stop(live("d1", B)), held)) == []


@pytest.mark.parametrize(
    ("there", "new", "expected"),
    [
        ((), (), ["Deploy to production"]),
        ((live("d2", A, BY_HAND),), coming(B), ["Deploy to production"]),
        ((live("d2", C, BY_HAND),), (), []),
        ((deployment("d2", B, BY_HAND, state=State.DEPLOYING),), (), []),
        ((deployment("d2", B, BY_HAND, state=State.CANCELLED),), (), ["Deploy to production"]),
        ((deployment("d2", B, BY_HAND, state=State.REJECTED),), (), []),
    ],
)
def test_by_hand_goes_what_is_live_before_and_new_there(
    there: Sequence[Deployment], new: tuple[Commit, ...], expected: list[str]
) -> None:
    production = stop(*there, environment=BY_HAND, coming=new)
    assert labels(shown(stop(live("d1", B)), production)) == expected


def test_what_is_not_live_before_does_not_go_on() -> None:
    for staging in (stop(live("d1", C)), stop(deployment("d1", B, state=State.VERIFYING, arrived_at=NOW))):
        assert labels(shown(staging, stop(environment=BY_HAND))) == []


def test_beside_the_branch_a_person_decides() -> None:
    check = shown(stop(deployment("d2", B, state=State.GATED), live("d1", A), coming=coming(B)))
    assert [(each.verb, each.label) for each in check.offers] == [(Verb.DEPLOY, "Deploy to staging")]


def test_people_use_production_so_that_is_taken_back_first() -> None:
    check = shown(
        stop(live("d3", B), live("d1", A)),
        stop(live("d4", B, BY_HAND), live("d2", A, BY_HAND), environment=BY_HAND),
    )
    assert labels(check) == ["Roll back production", "Roll back staging"]


def test_what_is_being_rolled_back_is_not_rolled_back_again() -> None:
    undoing = deployment("d5", A, state=State.READY, undoes="d3")
    assert labels(shown(stop(undoing, live("d3", B), live("d1", A)))) == []


def test_the_answer_to_a_press_comes_first() -> None:
    check = shown(stop(live("d1", B)), remark="@eve may not promote in acme/web: that needs write access")
    assert check.summary.startswith("**@\u200beve may not promote in acme/web: that needs write access**\n\n|")


def test_names_of_any_length_keep_to_the_limits_of_github() -> None:
    long = replace(BY_HAND, name="p" * 100, earlier="s" * 100)
    first = replace(STAGING, name="s" * 100)
    check = shown(
        stop(live("d1", B, first), live("d0", A, first), environment=first, service="ü" * 100),
        stop(environment=long, service="ü" * 100),
    )
    assert labels(check) == ["Deploy", "Roll back"]
    assert len(check.title.encode()) <= 255
    for each in check.offers:
        assert len(each.identifier) <= 20
        assert len(each.label.encode()) <= LONGEST_LABEL
        assert len(each.description.encode()) <= LONGEST_DESCRIPTION


def test_at_most_three_buttons() -> None:
    stops = [
        stop(
            deployment(f"d{number}", B, PRODUCTION, state=State.GATED, results=(ASKED,)),
            environment=PRODUCTION,
            service=f"{number}",
        )
        for number in range(5)
    ]
    check = shown(*stops)
    assert len({each.identifier for each in check.offers}) == 3


def test_what_people_wrote_becomes_no_markdown_and_no_secret_is_told() -> None:
    why = "[x](http://evil.example) @ana AKIAIOSFODNN7EXAMPLE"
    check = shown(stop(live("d1", B, why=why)))
    assert "](http://evil" not in check.summary
    assert "@ana" not in check.summary


def test_buttons_of_earlier_showings_are_known_for_a_while() -> None:
    def made(number: int) -> Offer:
        return Offer(verb=Verb.APPROVE, label="Approve", description="", service="web", environment=f"{number}")

    record = Shown(check="c", repository=42, sha=A)
    for number in range(30):
        record = record.offering([made(number)])
    record = record.offering([made(15)])

    assert [each.environment for each in record.offers] == [*map(str, range(10, 15)), *map(str, range(16, 30)), "15"]
    assert (record.offered(made(15).identifier), record.offered(made(3).identifier)) == (made(15), None)
