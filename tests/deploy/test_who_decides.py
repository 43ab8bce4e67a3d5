"""Who and what lets a version into an environment: GitHub's rules and ours, by the routes of the App."""

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from checks.errors import Transient
from deploy.command import OPERATOR, Verb, Via
from deploy.environment_rules import Branches, EnvironmentRules, Pattern, Reviewer
from deploy.pipeline import Rule
from tests.deploy.stories import PRODUCTION, A, B, command, configured, registered, version, world
from tests.deploy.world import Merged, World

ANA, BO, CY, EVE = ("ana", 1), ("bo", 2), ("cy", 3), ("eve", 4)
MINUTE = timedelta(minutes=1)
Doing = Callable[[World], Coroutine[Any, Any, object]]


def says(verb: Verb, who: tuple[str, int], **facts: Any) -> Doing:
    return lambda made: made.play(command(verb, by=who[0], by_id=who[1], **facts))


def yes(who: tuple[str, int], **facts: Any) -> Doing:
    return says(Verb.APPROVE, who, **facts)


def no(who: tuple[str, int]) -> Doing:
    return says(Verb.REJECT, who, reason="no")


def later(minutes: int) -> Doing:
    return lambda made: made.pass_time(minutes * MINUTE)


def demanded(**rules: Any) -> Doing:
    """From now on GitHub demands this."""

    async def change(made: World) -> None:
        made.rules = {"production": github(**rules)} if rules else {}

    return change


def may(**rights: str) -> Doing:
    async def change(made: World) -> None:
        made.rights = {**made.rights, **rights}

    return change


class Away(dict[str, EnvironmentRules]):
    def get(self, *_: object) -> Any:
        raise Transient("it is away")


async def goes_away(made: World) -> None:
    made.rules = Away()


def github(**rules: Any) -> EnvironmentRules:
    return EnvironmentRules(environment="production", **rules)


def people(*who: tuple[str, int]) -> dict[str, Any]:
    return {"reviewers": tuple(Reviewer(id=number, name=login) for login, number in who)}


async def stood(made: World, *doings: Doing) -> str:
    """How the newest deployment to production stands, once all this was done."""
    await made.play(registered(A))
    for each in doings:
        await each(made)
    newest = max((each for each in made.deployments.values() if each.environment.name == "production"), key=_id)
    return f"{newest.state}: {newest.why}"


def _id(each: Any) -> str:
    return str(each.id)


# --- GitHub's rules ----------------------------------------------------------------------------

TEAM = {"reviewers": (Reviewer(id=7, name="release", is_team=True),)}
TIMER = {"wait": 30 * MINUTE}
ONLY_RELEASES = {"branches": Branches.NAMED, "patterns": (Pattern(name="release/*"),)}
OWN = {**people(BO), "prevent_self_review": True}
LIVE = "live: wrote aaaaaaa"
ASKED_BO = "gated: GitHub's reviewers: needs one of @bo; asked 12:00 UTC"
ASKED_TEAM = "gated: GitHub's reviewers: needs one of @PRX/release; asked 12:00 UTC"
UNTIL = "gated: GitHub's wait: waits until 12:30 UTC, 30 min after it was asked for"
UNKNOWN = "gated: GitHub's unknown: GitHub has rules here that only it can ask: odd; a person has to decide"
AWAY = "gated: GitHub's rules: GitHub did not tell the rules of production: it is away"
ONLY_BRANCH = "rejected: GitHub's branch: only branch release/* may be deployed here, and not branch main"
PROMOTE = says(Verb.PROMOTE, BO)
CANCEL = says(Verb.CANCEL, BO)

OF_GITHUB: list[tuple[str, dict[str, Any], list[Doing], str]] = [
    ("no rules", {}, [], LIVE),
    ("nobody reviewed", people(BO), [], ASKED_BO),
    ("a reviewer approves", people(BO), [yes(BO)], LIVE),
    ("a reviewer rejects", people(BO), [no(BO)], "rejected: GitHub's reviewers: rejected by @bo: no"),
    ("somebody else approves", people(BO), [yes(CY)], ASKED_BO),
    ("somebody else rejects", people(BO), [no(CY)], ASKED_BO),
    ("a login that is somebody else's by now", people(BO), [yes(("bo", 99))], ASKED_BO),
    ("a login that was changed", people(("bobby", 2)), [yes(BO)], LIVE),
    ("a reviewer who lost all access", people(BO), [may(bo="read"), yes(BO)], ASKED_BO),
    ("one of several approves", people(BO, CY), [yes(CY)], LIVE),
    ("one approves, one rejects", people(BO, CY), [no(CY)], "rejected: GitHub's reviewers: rejected by @cy: no"),
    ("a member of the team approves", TEAM, [yes(CY)], LIVE),
    ("a stranger to the team approves", TEAM, [yes(BO)], ASKED_TEAM),
    (
        "who asked for it approves, and may not",
        OWN,
        [CANCEL, PROMOTE, yes(BO)],
        f"{ASKED_BO}; @bo asked for this deployment, which does not count",
    ),
    ("who asked for it approves, and may", people(BO), [CANCEL, PROMOTE, yes(BO)], LIVE),
    ("nobody asked for it, and a reviewer approves", OWN, [yes(BO)], LIVE),
    ("the timer runs", TIMER, [later(29)], UNTIL),
    ("the timer has run", TIMER, [later(30)], LIVE),
    ("approved while the timer runs", {**people(BO), **TIMER}, [yes(BO)], UNTIL),
    ("the timer has run, and nobody approved", {**people(BO), **TIMER}, [later(30)], ASKED_BO),
    ("a protected branch", {"branches": Branches.PROTECTED}, [], LIVE),
    ("a branch that is named", {"branches": Branches.NAMED, "patterns": (Pattern(name="ma*"),)}, [], LIVE),
    ("a branch that is not named", ONLY_RELEASES, [], ONLY_BRANCH),
    ("a branch that is not named, and a reviewer", {**ONLY_RELEASES, **people(BO)}, [], ONLY_BRANCH),
    ("a rule that nobody knows", {"unknown": ("odd",)}, [], UNKNOWN),
    (
        "a rule that nobody knows, overridden",
        {"unknown": ("odd",)},
        [says(Verb.OVERRIDE, ANA, reason="asked it")],
        LIVE,
    ),
    (
        "a rule that nobody knows, overridden by who may not",
        {"unknown": ("odd",)},
        [says(Verb.OVERRIDE, BO, reason="asked it")],
        UNKNOWN,
    ),
    ("a reviewer is demanded while the timer runs", TIMER, [demanded(**people(BO)), later(30)], ASKED_BO),
    ("the reviewers are not demanded any more", people(BO), [demanded(), later(15)], LIVE),
    ("the timer is made shorter", TIMER, [demanded(wait=5 * MINUTE), later(15)], LIVE),
    ("GitHub does not tell any more", TIMER, [goes_away, later(30)], AWAY),
    ("GitHub tells again", TIMER, [goes_away, later(30), demanded(), later(1)], LIVE),
    (
        "an emergency asks nobody",
        people(BO),
        [says(Verb.EMERGENCY, CY, version=A, reason="site is down")],
        LIVE,
    ),
]


@pytest.mark.parametrize(("rules", "doings", "expected"), [row[1:] for row in OF_GITHUB], ids=[r[0] for r in OF_GITHUB])
async def test_what_github_demands_is_honoured(rules: dict[str, Any], doings: list[Doing], expected: str) -> None:
    made = world(configured(production=replace(PRODUCTION, before=())))
    made.rules = {"production": github(**rules)}
    made.teams = {"release": {"cy"}}

    assert await stood(made, *doings) == expected


# --- our own -----------------------------------------------------------------------------------

ONE = "gated: people: needs one with write access; asked 12:00 UTC"
TWO = "gated: people: needs 2 with write access; asked 12:00 UTC"
ONE_MORE = "gated: people: needs one more with write access (approved by @ana); asked 12:00 UTC"
OF_TEAM = "gated: people: needs one of @PRX/release; asked 12:00 UTC"
OF_BO = "gated: people: needs one of @bo; asked 12:00 UTC"
NOT_ONE = "is not one of them, which does not count"

OF_PEOPLE: list[tuple[str, dict[str, Any], list[Doing], str]] = [
    ("nobody decided", {}, [], ONE),
    ("who may write approves", {}, [yes(BO)], LIVE),
    ("who may only read has no say", {}, [yes(EVE)], ONE),
    (
        "who lost their right since",
        {"approvals": 2},
        [yes(ANA), may(ana="read"), yes(BO)],
        f"{ONE_MORE.replace('@ana', '@bo')}; @ana has no write access, which does not count",
    ),
    ("more than write is demanded", {"permission": "admin"}, [yes(ANA)], LIVE),
    (
        "more than they may is demanded",
        {"permission": "admin"},
        [yes(BO)],
        "gated: people: needs one with admin access; asked 12:00 UTC; @bo has no admin access, which does not count",
    ),
    ("a person who is named", {"allowed": ("bo",)}, [yes(BO)], LIVE),
    ("a person who is named in other letters", {"allowed": ("@Bo",)}, [yes(BO)], LIVE),
    ("a person who is not named", {"allowed": ("bo",)}, [yes(CY)], f"{OF_BO}; @cy {NOT_ONE}"),
    ("an administrator who is not named", {"allowed": ("bo",)}, [yes(ANA)], f"{OF_BO}; @ana {NOT_ONE}"),
    ("a member of the team", {"allowed": ("team:release",)}, [yes(CY)], LIVE),
    ("a stranger to the team", {"allowed": ("team:release",)}, [yes(BO)], f"{OF_TEAM}; @bo {NOT_ONE}"),
    ("a stranger to the team who rejects", {"allowed": ("team:release",)}, [no(BO)], f"{OF_TEAM}; @bo {NOT_ONE}"),
    ("two are needed", {"approvals": 2}, [], TWO),
    ("one of two", {"approvals": 2}, [yes(ANA)], ONE_MORE),
    ("one of two, twice", {"approvals": 2}, [yes(ANA), yes(ANA)], ONE_MORE),
    ("two of two", {"approvals": 2}, [yes(ANA), yes(BO)], LIVE),
    ("one of two, and a rejection", {"approvals": 2}, [yes(ANA), no(BO)], "rejected: people: rejected by @bo: no"),
    ("who asked for it", {}, [CANCEL, PROMOTE, yes(BO)], f"{ONE}; @bo asked for this deployment, which does not count"),
    (
        "who asked for it as somebody else",
        {},
        [CANCEL, PROMOTE, yes(("rob", BO[1]))],
        f"{ONE}; @rob asked for this deployment, which does not count",
    ),
    (
        "one of two, twice under two names",
        {"approvals": 2},
        [yes(ANA), yes(("rob", ANA[1]))],
        ONE_MORE.replace("@ana", "@rob"),
    ),
    ("who asked for it, where they may", {"author_may": True}, [CANCEL, PROMOTE, yes(BO)], LIVE),
    ("who asked for it rejects", {}, [CANCEL, PROMOTE, no(BO)], "rejected: people: rejected by @bo: no"),
    ("the operator's token", {}, [yes((OPERATOR, 0), via=Via.API)], ONE),
    ("overridden", {}, [says(Verb.OVERRIDE, ANA, reason="on the phone")], LIVE),
    ("overridden without a reason", {}, [says(Verb.OVERRIDE, ANA)], ONE),
    ("what they saw is not what waits", {}, [yes(BO, version=B)], ONE),
    ("what they saw is what waits", {}, [yes(BO, version=A)], LIVE),
]


@pytest.mark.parametrize(("spec", "doings", "expected"), [row[1:] for row in OF_PEOPLE], ids=[r[0] for r in OF_PEOPLE])
async def test_people_decide_who_may(spec: dict[str, Any], doings: list[Doing], expected: str) -> None:
    rule = Rule(name="people", spec={"type": "manual", **spec})
    made = world(configured(production=replace(PRODUCTION, before=(rule,))))
    made.rights["rob"] = "admin"
    made.teams = {"release": {"cy"}}

    assert await stood(made, *doings) == expected


@pytest.mark.parametrize(("alone", "state"), [(True, "gated"), (False, "live")])
async def test_whoever_proposed_what_goes_by_itself_reviews_it_only_where_github_lets_them(
    alone: bool, state: str
) -> None:
    made = world(configured(production=replace(PRODUCTION, before=())), proposed={A: Merged(7, "bo")})
    made.rules = {"production": github(**people(BO), prevent_self_review=alone)}
    await made.play(registered(A))

    await made.play(command(Verb.APPROVE, by="bo", by_id=BO[1]))

    assert [each.state for each in made.deployments.values()][-1] == state


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize(("proposed", "state"), [(Merged(7, "Bo"), "gated"), (Merged(7, "bo", merged=False), "live")])
async def test_whoever_proposed_it_does_not_approve_it_whatever_name_the_commits_have(
    first: bool, proposed: Merged, state: str
) -> None:
    rule = Rule(name="people", spec={"type": "manual"})
    made = world(configured(production=replace(PRODUCTION, before=(rule,))), authors={B: "ana"}, proposed={B: proposed})
    if not first:
        await made.play(command(Verb.EMERGENCY, by="cy", version=version(A).id, reason="first"))
    await made.play(registered(B))

    await made.play(command(Verb.APPROVE, by="bo"))

    assert [each.state for each in made.deployments.values() if each.version.sha == B][-1] == state


@pytest.mark.parametrize(("author_may", "state"), [(False, "gated"), (True, "live")])
async def test_who_wrote_what_is_new_approves_it_only_where_that_is_said(author_may: bool, state: str) -> None:
    rule = Rule(name="people", spec={"type": "manual", "author_may": author_may})
    made = world(configured(production=replace(PRODUCTION, before=(rule,))), authors={B: "bo"})
    await made.play(command(Verb.EMERGENCY, by="cy", version=version(A).id, reason="first"), registered(B))

    await made.play(command(Verb.APPROVE, by="bo"))

    assert [each.state for each in made.deployments.values() if each.version.sha == B][-1] == state
