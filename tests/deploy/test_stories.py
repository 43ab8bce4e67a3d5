"""The story from a version to production, by the routes of the App, in a world in memory."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.errors import Transient
from deploy.command import Verb
from deploy.deployment import MOVES, Kind, State
from deploy.events import CommandObeyed, CommandRefused, DeploymentMoved, DeploymentReady
from deploy.flow.release import LEASE, release
from deploy.flow.take_back import protect
from deploy.flow.tell import announce
from deploy.pipeline import Rule
from deploy.pointer import Pointer
from deploy.promotion import State as Promotion
from deploy.target import Live, Progress, failed, going
from tests.deploy.stories import (
    PRODUCTION,
    SMOKE,
    STAGING,
    A,
    B,
    C,
    D,
    command,
    configured,
    deployment,
    ends,
    has,
    registered,
    states,
    version,
    world,
)
from tests.deploy.world import NOW


async def test_a_version_goes_to_staging_at_once_and_waits_for_production() -> None:
    made = world()

    await made.play(registered(A))

    assert states(made) == {
        "a → staging": "live: wrote aaaaaaa",
        "a → production": "gated: release-team: needs one with write access; asked 12:00 UTC",
    }
    assert (has(made, "staging"), has(made, "production")) == ("a", "")


async def test_an_approval_by_somebody_who_may_lets_it_go_on() -> None:
    made = world()
    await made.play(registered(A))

    await made.play(command(Verb.APPROVE, by="eve"))
    assert has(made, "production") == ""
    await made.play(command(Verb.APPROVE, by="bo", reason="looks good"))

    assert has(made, "production") == "a"
    assert made.deployments["n002"].results[0].why == "approved by @bo: looks good"


async def test_a_rejection_ends_it_with_its_reason() -> None:
    made = world()
    await made.play(registered(A))

    await made.play(command(Verb.REJECT, reason="prices are wrong"))

    assert states(made)["a → production"] == "rejected: release-team: rejected by @bo: prices are wrong"
    assert has(made, "production") == ""


async def test_the_author_of_what_is_new_does_not_approve_it() -> None:
    made = world(authors={B: "bo"})
    await made.play(registered(A))
    await made.play(command(Verb.APPROVE, by="ana"))
    await made.play(registered(B))

    await made.play(command(Verb.APPROVE, by="bo"))
    assert has(made, "production") == "a"
    await made.play(command(Verb.APPROVE, by="ana"))

    assert has(made, "production") == "b"


async def test_an_older_version_that_comes_last_replaces_nothing() -> None:
    made = world()

    await made.play(registered(B))
    await made.play(registered(A))

    assert has(made, "staging") == "b"
    assert states(made)["a → staging"] == "superseded: staging has bbbbbbb, which contains aaaaaaa"


async def test_what_only_waits_for_people_gives_way_to_a_newer_version() -> None:
    made = world()
    await made.play(registered(A))

    await made.play(registered(B))

    assert ends(made) == [
        "a → staging superseded",
        "a → production superseded",
        "b → staging live",
        "b → production gated",
    ]


async def test_what_somebody_has_approved_does_not_give_way() -> None:
    two = Rule(name="two", spec={"type": "manual", "approvals": 2})
    made = world(configured(production=replace(PRODUCTION, before=(two,))))
    await made.play(registered(A))
    await made.play(command(Verb.APPROVE, by="bo"))

    await made.play(registered(B))
    await made.play(command(Verb.APPROVE, by="ana", version=A))

    assert has(made, "production") == "a"


async def test_a_version_that_is_registered_twice_is_deployed_once() -> None:
    made = world()

    for _ in range(2):
        await made.play(registered(A))

    assert len(made.deployments) == 2


async def test_what_lies_beside_the_branch_waits_for_a_person_who_may_send_it() -> None:
    made = world(history=(A, B))
    made.registered[version(C).id] = version(C)
    await made.play(registered(A))
    await made.play(registered(C))
    assert "a person has to decide" in states(made)["c → staging"]

    await made.play(command(Verb.DEPLOY, "staging", version=C))

    assert has(made, "staging") == "c"


async def test_what_is_not_verified_yet_is_not_replaced_and_the_newest_goes_next() -> None:
    made = world(configured(staging=replace(STAGING, after=(SMOKE,))))
    await made.play(registered(A))
    await made.play(registered(B))
    await made.play(registered(C))
    assert states(made)["c → staging"] == "gated: aaaaaaa is being verified in staging"

    made.answers = {"smoke": "success"}
    await made.pass_time(timedelta(minutes=10))

    assert has(made, "staging") == "c"
    assert states(made)["b → staging"].startswith("superseded")


# --- what goes wrong ---------------------------------------------------------------------------


async def test_what_does_not_verify_is_taken_back_and_stays_out_until_a_revert_arrives() -> None:
    staging = replace(STAGING, after=(SMOKE,), rolls_back=True)
    made = world(configured(staging=staging), answers={"smoke": "success"})
    await made.play(registered(A))

    made.answers = {"smoke": "failure"}
    await made.play(registered(B))

    assert has(made, "staging") == "a"
    assert ends(made) == [
        "a → staging superseded",
        "a → production gated",
        "b → staging rolled_back",
        "a → staging (rollback) failed",
    ]


def _ready(name: str, environment: str = "staging") -> DeploymentReady:
    return DeploymentReady(deployment=name, place=f"42/web/{environment}")


async def test_a_refusal_ends_the_deployment_with_its_reason_and_frees_the_place() -> None:
    made = world()
    spot = made.spots["staging"]
    assert spot
    spot.ends = lambda: failed("AWS does not let the App do ssm:PutParameter: give its role this right")
    await made.play(registered(A))
    spot.ends = None
    await made.play(registered(B))

    assert (
        states(made)["a → staging"] == "failed: AWS does not let the App do ssm:PutParameter: give its role this right"
    )
    assert states(made)["b → staging"] == "live: wrote bbbbbbb"


async def test_while_it_is_not_known_how_a_write_ended_nobody_else_writes() -> None:
    made = world()
    spot = made.spots["staging"]
    assert spot
    made.deployments = {
        "d1": deployment("d1", A, state=State.READY),
        "d2": deployment("d2", B, state=State.READY, kind=Kind.EMERGENCY),
    }

    def breaks() -> Progress:
        raise Transient("AWS did not answer")

    await made.tell(release, _ready("d1"))
    spot.ends = breaks
    with pytest.raises(Transient, match="did not answer"):
        await made.tell(release, _ready("d1"))
    with pytest.raises(Transient, match="somebody else writes into staging"):
        await made.tell(release, _ready("d2"))

    made.now, spot.ends = NOW + LEASE + timedelta(seconds=1), None
    await made.play(_ready("d1"))
    await made.play(_ready("d2"))
    assert (spot.has, made.pointers["42/web/staging"].live) == (B, B)


async def test_while_github_is_away_nothing_is_held_up_by_a_lease() -> None:
    made = world()
    await made.play(registered(A))
    made.deployments["z1"] = deployment("z1", B, state=State.READY)
    await made.tell(release, _ready("z1"))
    made.github_is_away = True

    with pytest.raises(Transient, match="GitHub"):
        await made.tell(release, _ready("z1"))

    assert made.pointers["42/web/staging"].until is None


async def test_a_write_that_goes_on_is_asked_again_until_it_is_done() -> None:
    made = world()
    spot = made.spots["staging"]
    assert spot
    spot.ends = lambda: going("10 % have it", timedelta(minutes=1))
    await made.play(registered(A))
    assert states(made)["a → staging"] == "deploying: 10 % have it"

    spot.ends = None
    await made.pass_time(timedelta(minutes=1))

    assert states(made)["a → staging"] == "live: wrote aaaaaaa"


async def test_what_may_have_been_written_meanwhile_is_looked_at_before_it_is_written_over() -> None:
    made = world()
    spot = made.spots["staging"]
    assert spot
    made.deployments = {"d2": deployment("d2", B, state=State.READY, kind=Kind.EMERGENCY)}
    await made.tell(release, _ready("d2"))

    spot.has = A
    made.pointers["42/web/staging"] = Pointer(environment="staging", live=A, aim=A, fence=1, writer="d1", number=1)
    await made.tell(release, _ready("d2"))
    assert (spot.writes, made.deployments["d2"].before) == ([], Live(values={"value": A}))
    await made.tell(release, _ready("d2"))

    assert spot.has == B


async def test_what_is_commanded_takes_over_from_what_is_being_verified() -> None:
    made = world(configured(staging=replace(STAGING, after=(SMOKE,))), answers={"smoke": "in_progress"})
    await made.play(registered(A))

    await made.play(command(Verb.EMERGENCY, "staging", by="cy", version=B, reason="site is down"))

    assert ends(made) == ["a → staging superseded", "b → staging (emergency) verifying"]


async def test_a_command_that_fails_forgets_nothing_of_what_it_took_over_from() -> None:
    made = world()
    spot = made.spots["staging"]
    assert spot
    await made.play(registered(A))
    spot.ends = lambda: going("10 % have it", timedelta(minutes=1))
    await made.play(registered(C))
    spot.ends = lambda: failed("AWS does not let the App write: give its role this right")

    await made.play(command(Verb.REDEPLOY, "staging"))
    spot.ends = None
    await made.play(registered(B))

    assert states(made)["b → staging"] == "superseded: staging has ccccccc, which contains bbbbbbb"


async def test_what_is_taken_back_while_it_is_verified_is_taken_back_once() -> None:
    staging = replace(STAGING, after=(SMOKE,), rolls_back=True)
    made = world(configured(staging=staging), answers={"smoke": "success"})
    await made.play(registered(A))
    made.answers = {"smoke": "in_progress"}
    await made.play(registered(B))

    await made.play(command(Verb.ROLLBACK, "staging", reason="totals are wrong"))

    assert has(made, "staging") == "a"
    assert ends(made) == [
        "a → staging superseded",
        "a → production gated",
        "b → staging rolled_back",
        "a → staging (rollback) verifying",
    ]


async def test_a_failure_that_is_heard_twice_is_taken_back_once() -> None:
    made = world(configured(staging=replace(STAGING, rolls_back=True)))
    await made.play(registered(A))
    made.deployments["z1"] = deployment(
        "z1", B, replace(STAGING, rolls_back=True), state=State.FAILED, arrived_at=NOW + timedelta(seconds=1)
    )
    heard = DeploymentMoved(deployment="z1", place="42/web/staging", sha=B, repository=42, state="failed", why="")

    assert [len(await made.tell(protect, heard)) for _ in range(2)] == [2, 0]


async def test_a_hold_stops_what_is_about_to_be_written() -> None:
    made = world()
    made.deployments = {"d1": deployment("d1", A, state=State.READY)}
    await made.tell(release, _ready("d1"))
    await made.play(command(Verb.HOLD, "staging", reason="audit"))

    await made.play(_ready("d1"))
    assert (has(made, "staging"), ends(made)) == ("", ["a → staging gated"])
    await made.play(command(Verb.LIFT, "staging"))

    assert has(made, "staging") == "a"


async def test_a_clock_that_is_late_changes_nothing_about_what_was_written_last() -> None:
    made = world()
    await made.play(registered(A))

    made.now -= timedelta(seconds=1)
    await made.play(registered(B))
    await made.play(command(Verb.ROLLBACK, "staging", reason="totals are wrong"))

    assert has(made, "staging") == "a"


async def test_what_soaks_goes_on_soaking_when_it_was_put_back() -> None:
    soak = Rule(name="soak", spec={"type": "soak", "for": "5m"})
    made = world(configured(production=replace(PRODUCTION, before=(soak,))))
    await made.play(registered(A))
    made.now += timedelta(minutes=1)
    await made.play(registered(B))
    await made.pass_time(timedelta(minutes=4))
    assert "is not live in staging" in states(made)["a → production"]

    await made.play(command(Verb.ROLLBACK, "staging", reason="totals are wrong"))
    await made.pass_time(timedelta(minutes=5))

    assert has(made, "production") == "a"


# --- what is shown -----------------------------------------------------------------------------


async def test_what_github_was_told_before_a_crash_is_told_to_be_over() -> None:
    made = world(repeated=True)
    made.deployments = {"d1": deployment("d1", A, state=State.SUPERSEDED, why="staging has bbbbbbb")}
    moved = DeploymentMoved(deployment="d1", place="42/web/staging", sha=A, repository=42, state="ready", why="")

    await made.tell(announce, moved)

    assert made.shown["d1"] == ["inactive: staging has bbbbbbb"]


async def test_github_hears_how_it_stands_and_what_is_not_live_any_more() -> None:
    made = world()
    await made.play(registered(A))
    await made.play(registered(B))

    assert made.shown["n001"] == [
        "queued: nothing stands in its way",
        "in_progress: writing aaaaaaa",
        "success: wrote aaaaaaa",
        "inactive: bbbbbbb is newer",
    ]


async def test_github_does_not_hear_each_count_of_a_verification() -> None:
    soak = Rule(name="soak", spec={"type": "soak", "for": "1m"})
    made = world(configured(staging=replace(STAGING, after=(soak, SMOKE))))
    await made.play(registered(A))

    await made.pass_time(timedelta(minutes=2))
    made.answers = {"smoke": "success"}
    await made.pass_time(timedelta(minutes=2))

    assert made.shown["n001"][2:] == [
        "in_progress: verifying: soak, smoke",
        "in_progress: verifying: smoke",
        "success: soak: was live in staging for 2 min; smoke: smoke passed on aaaaaaa",
    ]


async def test_what_was_superseded_before_github_heard_of_it_is_not_shown() -> None:
    made = world()
    await made.play(registered(B))

    await made.play(registered(A))

    assert "n003" not in made.shown


async def test_a_repository_that_wrote_nothing_down_goes_where_its_build_says_and_to_production_by_hand() -> None:
    made = world()
    made.configuration = None
    hand_off = {"WEB": ("/prx/stag/Spire/Web/pkg/docker-image-tag",)}

    await made.play(replace(registered(A), hand_off=hand_off))
    assert ends(made) == ["a → staging live"]
    await made.play(command(Verb.PROMOTE))

    assert ends(made) == ["a → staging live", "a → production live"]


async def test_where_the_operator_lets_nothing_be_handed_over_and_nobody_asked_for_it_nothing_is_tried() -> None:
    made = world()
    made.configuration, made.spots = None, {}

    await made.play(replace(registered(A), hand_off={"WEB": ("/prx/stag/Spire/Web/pkg/docker-image-tag",)}))

    assert made.deployments == {}


# --- commands ----------------------------------------------------------------------------------


async def test_a_rollback_puts_back_what_was_good_and_pins_what_was_bad() -> None:
    made = world()
    await made.play(registered(A))
    await made.play(registered(B))

    said = await made.play(command(Verb.ROLLBACK, "staging", reason="totals are wrong"))

    assert isinstance(said[0], CommandObeyed)
    assert said[0].did == (
        "staging of web goes back from bbbbbbb to aaaaaaa; what contains bbbbbbb waits there for a revert or a person"
    )
    assert has(made, "staging") == "a"
    await made.play(registered(C))
    assert has(made, "staging") == "a"
    assert states(made)["c → staging"].startswith("gated: pinned after bbbbbbb was rolled back")


async def test_a_revert_ends_the_pin_and_goes_out_by_itself() -> None:
    made = world(messages={C: f"Revert totals\n\nThis reverts commit {B}."})
    await made.play(registered(A))
    await made.play(registered(B))
    await made.play(command(Verb.ROLLBACK, "staging", reason="totals are wrong"))

    await made.play(registered(C))

    assert has(made, "staging") == "c"
    assert [hold.ended_why for hold in made.holds.values()] == ["ccccccc reverts bbbbbbb"]


async def test_a_pin_stays_until_the_fix_has_arrived() -> None:
    made = world(messages={D: f"Revert totals\n\nThis reverts commit {B}."})
    await made.play(registered(A))
    await made.play(registered(B))
    await made.play(command(Verb.ROLLBACK, "staging", reason="totals are wrong"))
    await made.play(registered(C))
    spot = made.spots["staging"]
    assert spot
    spot.ends = lambda: failed("AWS does not let the App write: give its role this right")

    await made.play(registered(D))
    spot.ends = None

    assert [hold.state for hold in made.holds.values()] == ["active"]
    assert states(made)["c → staging"].startswith("gated: pinned after bbbbbbb was rolled back")


async def test_a_rejection_counts_although_it_was_approved_and_only_held() -> None:
    made = world()
    await made.play(command(Verb.HOLD, reason="audit"))
    await made.play(registered(A))
    await made.play(command(Verb.APPROVE, by="bo"))

    await made.play(command(Verb.REJECT, by="ana", reason="prices are wrong"))
    await made.play(command(Verb.LIFT))

    assert states(made)["a → production"] == "rejected: release-team: rejected by @ana: prices are wrong"


async def test_a_rejection_counts_while_it_waits_for_its_turn_to_be_written() -> None:
    made = world()
    await made.play(registered(A))
    waiting = made.deployments["n002"]
    passed = tuple(replace(each, state=Promotion.PASSED) for each in waiting.results)
    made.deployments["n002"] = replace(waiting, state=State.READY, results=passed)

    await made.play(command(Verb.REJECT, by="ana", reason="prices are wrong"))

    assert (has(made, "production"), ends(made)[-1]) == ("", "a → production rejected")


async def test_lifting_the_pin_lets_go_what_waited() -> None:
    made = world()
    await made.play(registered(A))
    await made.play(registered(B))
    await made.play(command(Verb.ROLLBACK, "staging", reason="totals are wrong"))
    await made.play(registered(C))

    await made.play(command(Verb.LIFT, "staging"))

    assert has(made, "staging") == "c"


async def test_an_emergency_asks_no_promotion_and_only_who_maintains_may_command_it() -> None:
    made = world()
    await made.play(registered(A))

    [refused] = await made.play(command(Verb.EMERGENCY, version=A, reason="site is down"))
    await made.play(command(Verb.EMERGENCY, by="cy", version=A, reason="site is down"))

    assert refused == CommandRefused(
        command="c1", why="@bo may not command an emergency in PRX/My-App: that needs maintain access", by="bo"
    )
    assert has(made, "production") == "a"


async def test_a_frozen_environment_moves_when_the_freeze_is_lifted() -> None:
    made = world()
    await made.play(command(Verb.HOLD, "staging", reason="audit"))
    await made.play(registered(A))
    assert states(made)["a → staging"] == "gated: frozen by @bo: audit"

    await made.play(command(Verb.LIFT, "staging"))

    assert has(made, "staging") == "a"


@pytest.mark.parametrize("state", list(State))
def test_no_illegal_move_is_possible(state: State) -> None:
    start = deployment("d1", A, state=state)

    moved = {wanted for wanted in State if start.moved(wanted, "", NOW) is not None}

    assert moved == MOVES[state]


@pytest.mark.parametrize("verb", [Verb.APPROVE, Verb.REJECT])
async def test_nobody_decides_where_nobody_is_asked(verb: Verb) -> None:
    window = Rule(name="office-hours", spec={"type": "window", "deny": "Mo-Su 00:00-24:00"})
    made = world(configured(production=replace(PRODUCTION, before=(window,))))
    await made.play(registered(A))

    told = await made.play(command(verb, reason="now"))

    assert [each.why for each in told if isinstance(each, CommandRefused)] == [
        "nobody is asked whether web aaaaaaa → production may go on: it waits for office-hours"
    ]
