"""People decide, and only those count who may at the moment of judging."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from pydantic import ValidationError

from deploy.promotion import Case, Decision, State, Verdict
from deploy.promotions.manual import Manual
from tests.deploy.promotions.world import CASE, NOON, World, after, decision

OTHERWISE = timedelta(minutes=15)


def manual(**fields: object) -> Manual:
    return Manual.model_validate({"type": "manual", **fields})


def world() -> World:
    world = World()
    world.people = {"ana": "write", "bo": "maintain", "cy": "admin", "di": "read"}
    world.teams = {"acme/release": {"bo", "di"}}
    return world


def decided(*decisions: Decision, **changes: Any) -> Case:
    return after(2, decisions=decisions, **changes)


def pending(why: str) -> Verdict:
    return Verdict(state=State.PENDING, why=why, again=OTHERWISE)


async def test_nobody_has_decided() -> None:
    verdict = await manual(allowed=["team:release"]).judge(after(2), world())
    assert verdict == Verdict(state=State.PENDING, why="needs one of @acme/release; asked 12:00 UTC")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "needs one with write access; asked 12:00 UTC"),
        ({"permission": "admin", "approvals": 2}, "needs 2 with admin access; asked 12:00 UTC"),
        ({"allowed": ["@bo", "team:release"]}, "needs one of @bo, @acme/release; asked 12:00 UTC"),
    ],
)
async def test_who_is_needed_is_told(fields: dict[str, object], why: str) -> None:
    assert (await manual(**fields).judge(CASE, world())).why == why


async def test_it_is_told_on_which_day_somebody_was_asked() -> None:
    why = (await manual().judge(after(60 * 24), world())).why
    assert why == "needs one with write access; asked Mon 12:00 UTC"


@pytest.mark.parametrize("allowed", [[], ["ana"], ["@Ana"], ["team:release", "ana"]])
async def test_one_who_is_allowed_approves(allowed: list[str]) -> None:
    verdict = await manual(allowed=allowed).judge(decided(decision("Ana")), world())
    assert verdict == Verdict(state=State.PASSED, why="approved by @Ana")


async def test_a_member_of_an_allowed_team_approves_with_a_note() -> None:
    verdict = await manual(allowed=["team:release"]).judge(decided(decision("bo", reason="go")), world())
    assert verdict == Verdict(state=State.PASSED, why="approved by @bo: go")


@pytest.mark.parametrize(
    ("fields", "by", "why"),
    [
        ({"allowed": ["team:release"]}, "ana", "needs one of @acme/release; asked 12:00 UTC; @ana is not one of them"),
        ({"allowed": ["bo"]}, "cy", "needs one of @bo; asked 12:00 UTC; @cy is not one of them"),
        (
            {"allowed": ["team:release"]},
            "di",
            "needs one of @acme/release; asked 12:00 UTC; @di has no write access",
        ),
        ({}, "stranger", "needs one with write access; asked 12:00 UTC; @stranger has no write access"),
        ({"permission": "admin"}, "bo", "needs one with admin access; asked 12:00 UTC; @bo has no admin access"),
    ],
)
async def test_who_may_not_decide_does_not_count_and_is_told(fields: dict[str, object], by: str, why: str) -> None:
    for approved in (True, False):
        verdict = await manual(**fields).judge(decided(decision(by, approved=approved)), world())
        assert verdict == pending(f"{why}, which does not count")


async def test_an_approval_ends_to_count_when_the_right_is_lost() -> None:
    case, around = decided(decision("ana")), world()
    assert (await manual().judge(case, around)).state == State.PASSED
    del around.people["ana"]
    assert await manual().judge(case, around) == pending(
        "needs one with write access; asked 12:00 UTC; @ana has no write access, which does not count"
    )


async def test_a_rejection_ends_it_with_its_reason_whoever_approved() -> None:
    case = decided(decision("cy"), decision("bo", approved=False, reason="not before the fair"), decision("ana"))
    assert await manual().judge(case, world()) == Verdict(
        state=State.FAILED, why="rejected by @bo: not before the fair"
    )


@pytest.mark.parametrize("by", ["ana", "bo"])
async def test_neither_author_nor_deployer_approves_but_both_may_reject(by: str) -> None:
    changes = {"authors": ("Ana",), "deployer": "Bo"}
    told = {"ana": "wrote or merged a part of it", "bo": "asked for this deployment"}[by]
    assert await manual().judge(decided(decision(by), **changes), world()) == pending(
        f"needs one with write access; asked 12:00 UTC; @{by} {told}, which does not count"
    )
    rejected = await manual().judge(decided(decision(by, approved=False), **changes), world())
    assert rejected == Verdict(state=State.FAILED, why=f"rejected by @{by}")
    allowed = await manual(author_may=True).judge(decided(decision(by), **changes), world())
    assert allowed == Verdict(state=State.PASSED, why=f"approved by @{by}")


async def test_nobody_in_particular_deploys_what_goes_by_itself() -> None:
    assert (await manual().judge(decided(decision("ana"), deployer=""), world())).state == State.PASSED


async def test_two_different_people_are_two_approvals() -> None:
    two = manual(approvals=2, allowed=["team:release", "ana", "cy"])
    once = await two.judge(decided(decision("ana"), decision("Ana")), world())
    assert once == pending("needs one more of @acme/release, @ana, @cy (approved by @Ana); asked 12:00 UTC")
    both = await two.judge(decided(decision("ana"), decision("bo", reason="fine")), world())
    assert both == Verdict(state=State.PASSED, why="approved by @ana and @bo: fine")


async def test_it_never_ends_by_itself() -> None:
    verdict = await manual().judge(replace(CASE, now=NOON + timedelta(days=400)), world())
    assert verdict.state == State.PENDING


@pytest.mark.parametrize("name", ["", "@", "team:", "team:acme/release", "acme/release"])
def test_a_name_that_means_nobody_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="names nobody: write a login, or team: and the slug of a team"):
        manual(allowed=[name])


@pytest.mark.parametrize(
    "fields",
    [{"approvals": 0}, {"permission": "push"}, {"attempts": 2}, {"teams": ["x"]}, {"allowed": ["team:x"] * 51}],
)
def test_what_makes_no_sense_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        manual(**fields)
