"""One contract of all kinds: how they are written, that they explain themselves, and that judging changes nothing."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from pydantic import ValidationError

from checks.errors import Permanent, Transient
from deploy.promotion import Alarm, Case, Jenkins, Promotion, Result, Run, State, When
from deploy.promotions import KINDS
from tests.deploy.promotions.conftest import Serve
from tests.deploy.promotions.test_jenkins import Controller
from tests.deploy.promotions.test_webhook import tells
from tests.deploy.promotions.world import CASE, NOON, World, after, decision

LEAST: Mapping[str, Mapping[str, Any]] = {
    "alarm": {"names": ["web-5xx"]},
    "build": {},
    "jenkins": {"jobs": ["shop/smoke"]},
    "manual": {},
    "soak": {"for": "15m"},
    "status_check": {"names": ["lint"]},
    "webhook": {"url": "{url}/health"},
    "window": {"allow": "Mo 11:00-13:00"},
}
"""The least that each kind has to be told."""


def kind(name: str, **fields: object) -> Promotion:
    return KINDS[name].model_validate({"type": name, **LEAST[name], **fields})


class Unreachable(World):
    """Where nobody answers: every question is refused in the way that the ports say."""

    def __init__(self, trouble: Exception) -> None:
        super().__init__()
        self.trouble = trouble

    def __getattribute__(self, name: str) -> Any:
        if name in ("may", "is_member", "checks", "alarms", "build", "jenkins", "networks"):
            raise object.__getattribute__(self, "trouble")
        return super().__getattribute__(name)


async def passing(world: World, serve: Serve) -> Case:
    """A case that every kind lets pass, in a world that tells what each of them wants to hear."""
    jenkins = Controller()
    jenkins.url = await serve(jenkins.answer) + "/ci"
    jenkins.built("shop/smoke", 7, "SUCCESS")
    world.jenkins = Jenkins(url=jenkins.url, user="interlock", token="token")
    world.people = {"ana": "write"}
    world.told_checks = {"lint": "success"}
    world.told_alarms = {"web-5xx": Alarm(state="OK", since=NOON - timedelta(days=1))}
    world.runs = {f"d1-{when}-gate-1": Run(state=State.PASSED) for when in When}
    return replace(CASE, url=await serve(tells()), decisions=(decision("ana"),), live_since=NOON - timedelta(days=1))


def test_the_registry_is_alphabetical_and_names_each_kind_as_it_is_written() -> None:
    assert list(KINDS) == sorted(LEAST)
    assert {name: KINDS[name].model_fields["type"].annotation.__args__ for name in KINDS} == {  # type: ignore[union-attr]
        name: (name,) for name in KINDS
    }


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_kept_as_it_was_written(name: str) -> None:
    written = kind(name, deadline="1h30m")
    assert KINDS[name].model_validate(written.model_dump(mode="json")) == written
    assert KINDS[name].model_validate_json(written.model_dump_json()) == written


@pytest.mark.parametrize("name", KINDS)
def test_every_field_says_what_it_means_and_no_other_is_taken(name: str) -> None:
    schema = KINDS[name].model_json_schema(by_alias=True)
    properties = schema["properties"]
    assert [field for field in properties if field != "type" and not properties[field].get("description")] == []
    assert schema["additionalProperties"] is False
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        kind(name, surprise=1)


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_cannot_be_changed(name: str) -> None:
    with pytest.raises(ValidationError, match="Instance is frozen"):
        kind(name).deadline = timedelta(hours=1)


@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("name", KINDS)
async def test_it_lets_pass_and_says_why_in_one_sentence(name: str, when: When, world: World, serve: Serve) -> None:
    case = after(10, await passing(world, serve), when=when)
    if name == "jenkins":
        case = replace(case, began_at=NOON)
    verdict = await kind(name).judge(case, world)
    assert (verdict.state, verdict.again) == (State.PASSED, None)
    assert verdict.why
    assert not verdict.why.endswith(".")
    assert "\n" not in verdict.why


@pytest.mark.parametrize("name", KINDS)
async def test_judging_twice_is_judging_once(name: str, world: World, serve: Serve) -> None:
    case = await passing(world, serve)
    kinds = kind(name)
    before = msgspec.json.encode(case)
    assert await kinds.judge(case, world) == await kinds.judge(case, world)
    assert msgspec.json.encode(case) == before


@pytest.mark.parametrize("name", sorted(KINDS.keys() - {"soak", "window"}))
@pytest.mark.parametrize(
    ("trouble", "state"), [(Transient("GitHub is away"), State.ERROR), (Permanent("the App is gone"), State.FAILED)]
)
async def test_what_cannot_be_asked_is_told_and_asked_again_if_that_may_help(
    name: str, trouble: Exception, state: State
) -> None:
    case = replace(CASE, url="http://127.0.0.1", decisions=(decision("ana"),))
    verdict = await kind(name).judge(case, Unreachable(trouble))
    assert (verdict.state, verdict.why) == (state, str(trouble))
    assert (verdict.again is None) is (state is State.FAILED)


@pytest.mark.parametrize("name", KINDS)
async def test_what_is_missing_is_told_and_expires_at_the_deadline(name: str, world: World) -> None:
    rule = kind(name, deadline="1h")
    monday = replace(CASE, began_at=NOON + timedelta(hours=2), now=NOON + timedelta(hours=2))
    world.told_alarms = {"web-5xx": Alarm(state="ALARM", since=NOON)}
    world.jenkins = Jenkins(url="http://127.0.0.1:9", user="interlock", token="token")
    case = replace(monday, url="http://127.0.0.1:9")
    verdict = await rule.judge(case, world)
    assert verdict.state.is_open
    assert verdict.why
    result = Result(name="gate", when=When.BEFORE, type=name).begun(case.now).judged(verdict, rule, case.now)
    assert result.look_at is not None
    assert case.now < result.look_at <= case.now + timedelta(hours=1)
    later = case.now + timedelta(hours=1)
    expired = result.judged(await rule.judge(replace(case, now=later, memory=result.memory), world), rule, later)
    assert (expired.state, expired.look_at) == (State.EXPIRED, None)
    assert expired.why.startswith("not within 1 h: ")


@pytest.mark.parametrize("name", KINDS)
async def test_what_a_kind_remembers_is_kept_by_the_store(name: str, world: World, serve: Serve) -> None:
    verdict = await kind(name).judge(await passing(world, serve), world)
    result = Result(name="gate", when=When.AFTER, type=name).begun(NOON).judged(verdict, kind(name), NOON)
    assert msgspec.json.decode(msgspec.json.encode(result), type=Result) == result
