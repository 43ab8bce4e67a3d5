"""CloudWatch alarms stay quiet for a while, or tell which one did not."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from msgspec.structs import replace

from app.aws.alarms import alarms
from app.aws.session import Session
from deploy.promotion import Alarm as Told
from deploy.promotion import Case, State, Verdict, When
from deploy.promotions.alarm import Alarm
from tests.deploy.promotions.world import CASE, NOON, World, after

MINUTE = timedelta(minutes=1)
TICK = timedelta(seconds=30)
BEFORE, AFTER = CASE, replace(CASE, when=When.AFTER)


def alarm(**fields: object) -> Alarm:
    return Alarm.model_validate({"type": "alarm", "names": ["web-5xx", "web-slow"], "for": "5m", **fields})


def told(first: str, second: str = "OK", since: datetime = NOON - 60 * MINUTE) -> dict[str, Told]:
    return {"web-5xx": Told(state=first, since=since), "web-slow": Told(state=second, since=NOON - 60 * MINUTE)}


@pytest.mark.parametrize(
    ("case", "facts", "verdict"),
    [
        (
            after(2, AFTER),
            told("OK"),
            Verdict(
                state=State.RUNNING,
                why="web-5xx and web-slow are quiet and have to stay so until 12:05 UTC",
                again=TICK,
            ),
        ),
        (
            after(4.75, AFTER),
            told("OK"),
            Verdict(
                state=State.RUNNING,
                why="web-5xx and web-slow are quiet and have to stay so until 12:05 UTC",
                again=timedelta(seconds=15),
            ),
        ),
        (after(5, AFTER), told("OK"), Verdict(state=State.PASSED, why="web-5xx and web-slow stayed quiet for 5 min")),
        (
            after(5, AFTER),
            told("OK", since=NOON + 4 * MINUTE),
            Verdict(
                state=State.RUNNING,
                why="web-5xx and web-slow are quiet and have to stay so until 12:09 UTC",
                again=TICK,
            ),
        ),
        (
            after(1, AFTER),
            told("ALARM", since=NOON + MINUTE),
            Verdict(state=State.FAILED, why="web-5xx is in ALARM since 12:01 UTC"),
        ),
        (after(0, BEFORE), told("OK"), Verdict(state=State.PASSED, why="web-5xx and web-slow stayed quiet for 5 min")),
        (
            after(0, BEFORE),
            told("OK", "ALARM"),
            Verdict(
                state=State.PENDING,
                why="waits until web-slow is quiet: web-slow is in ALARM since 11:00 UTC",
                again=TICK,
            ),
        ),
        (
            after(9, AFTER),
            told("INSUFFICIENT_DATA"),
            Verdict(
                state=State.INCONCLUSIVE, why="web-5xx has no data: look at it yourself, or wait for data", again=TICK
            ),
        ),
        (
            after(9, AFTER),
            {"web-5xx": told("OK")["web-5xx"]},
            Verdict(state=State.FAILED, why="there is no alarm web-slow: correct the name or the region"),
        ),
    ],
)
async def test_alarms_are_told_by_name(case: Case, facts: Mapping[str, Told], verdict: Verdict) -> None:
    world = World()
    world.told_alarms = dict(facts)
    assert await alarm().judge(case, world) == verdict


def test_an_alarm_without_data_is_quiet_where_that_is_allowed() -> None:
    verdict = alarm(insufficient_data="quiet").decide(after(5, AFTER), told("INSUFFICIENT_DATA"))
    assert verdict == Verdict(state=State.PASSED, why="web-5xx and web-slow stayed quiet for 5 min")


def test_missing_alarms_are_told_with_their_region() -> None:
    verdict = alarm(region="eu-west-1").decide(after(1), {})
    assert verdict.why == (
        "there is no alarm web-5xx and no alarm web-slow in eu-west-1: correct the name or the region"
    )


@pytest.mark.usefixtures("aws")
async def test_cloudwatch_tells_states_and_since_when() -> None:
    counted: list[str] = []
    session = Session(lambda service, operation: counted.append(operation))
    cloudwatch = session._client("cloudwatch")
    quiet, loud, fresh = names = [f"{name}-{uuid4().hex}" for name in ("quiet", "loud", "fresh")]
    for name in names:
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            MetricName="Errors",
            Namespace="Shop",
            Period=60,
            EvaluationPeriods=1,
            Statistic="Sum",
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
    cloudwatch.set_alarm_state(AlarmName=quiet, StateValue="OK", StateReason="test")
    cloudwatch.set_alarm_state(AlarmName=loud, StateValue="ALARM", StateReason="test")
    cloudwatch.set_alarm_state(AlarmName=fresh, StateValue="INSUFFICIENT_DATA", StateReason="test")
    counted.clear()
    found = await alarms(cloudwatch, [*names, "nobody"])
    assert {name: found[name].state for name in found} == {quiet: "OK", loud: "ALARM", fresh: "INSUFFICIENT_DATA"}
    assert counted == ["DescribeAlarms"]

    class Asking(World):
        async def alarms(self, names: Sequence[str], region: str) -> Mapping[str, Told]:
            assert region == ""
            return await alarms(cloudwatch, names)

    since = found[loud].since
    case = replace(AFTER, began_at=since, now=since + MINUTE)
    verdict = await alarm(names=[quiet, loud]).judge(case, Asking())
    assert (verdict.state, verdict.why.startswith(f"{loud} is in ALARM since ")) == (State.FAILED, True)


@pytest.mark.usefixtures("aws")
async def test_an_aws_that_cannot_be_asked_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    cloudwatch = Session(lambda *_: None)._client("cloudwatch")

    class Asking(World):
        async def alarms(self, names: Sequence[str], region: str) -> Mapping[str, Told]:
            return await alarms(cloudwatch, names)

    verdict = await alarm().judge(CASE, Asking())
    assert (verdict.state, verdict.why.partition(":")[0]) == (
        State.ERROR,
        "AWS could not be asked for DescribeAlarms",
    )
