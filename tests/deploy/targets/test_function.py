"""A function on Lambda: by digest, tried before it gets traffic, shifted in steps, and back."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.demo.aws.functions import Answer
from checks.errors import Permanent
from deploy.target import Progress, State
from deploy.targets.function import Function
from deploy.targets.function.code import image_uri
from tests.deploy.targets.front import Clients, Front
from tests.deploy.targets.places import InLambda
from tests.deploy.targets.world import Around, deploy, image_artifact, version, write, zip_artifact, zipped

ALARM = "web-errors"


@pytest.fixture
def place(door: Front, tmp_path: Path) -> InLambda:
    return InLambda(door, tmp_path)


def ring(place: InLambda, state: str) -> None:
    cloudwatch = Clients(place.door.behind).cloudwatch
    cloudwatch.put_metric_alarm(
        AlarmName=ALARM, MetricName="Errors", Namespace="AWS/Lambda", Statistic="Sum", Period=60,
        EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue=state, StateReason="a test")


async def until(place: InLambda, what: Any, percent: int) -> Progress:
    """Deploys until the new version has so much of the traffic."""
    for _ in range(20):
        progress = await place.target.deploy(what)
        if f"has {percent} % of the traffic" in progress.why:
            return progress
    raise AssertionError(progress)


# --- what people write --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"steps": [50, 10]}, "steps have to rise, as in [10, 50]"),
        ({"steps": [10, 10]}, "steps have to rise, as in [10, 50]"),
        ({"alarms": ["a"]}, "alarms are asked between steps: add steps, or wait for an alarm after the deployment"),
        ({"steps": [100]}, "less than or equal to 99"),
        ({"steps": [0]}, "greater than or equal to 1"),
        ({"alias": "12"}, "should match pattern"),
        ({"function": "a/b"}, "should match pattern"),
    ],
)
def test_what_cannot_be_meant_is_refused(said: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError) as error:
        Function.model_validate({"function": "web", "artifact": "A", **said})
    assert why in str(error.value)


def test_a_label_that_the_service_has_not_is_a_problem() -> None:
    assert Function(function="web", artifact="A").problems(["B"]) == ["there is no artifact A: this service has B"]


# --- code ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("registry", "arn", "host"),
    [
        ("", "arn:aws:lambda:us-east-1:111122223333:function:web", "111122223333.dkr.ecr.us-east-1.amazonaws.com"),
        (
            "444455556666.dkr.ecr.us-east-1.amazonaws.com",
            "arn:aws:lambda:eu-west-1:111122223333:function:web",
            "444455556666.dkr.ecr.eu-west-1.amazonaws.com",
        ),
        (
            "",
            "arn:aws-cn:lambda:cn-north-1:111122223333:function:web",
            "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn",
        ),
    ],
)
def test_an_image_is_named_by_its_digest_in_the_functions_region(registry: str, arn: str, host: str) -> None:
    image = image_artifact(1, registry=registry)
    assert image_uri(image, arn) == f"{host}/github/prx/my-app@{image.digest}"


async def test_a_function_made_of_an_image_gets_the_image_by_its_digest(door: Front, tmp_path: Path) -> None:
    client, name = Clients(door.url).lambda_, f"image-{tmp_path.name[-40:].replace('_', '-')}"
    former = "123456789012.dkr.ecr.us-east-1.amazonaws.com/github/prx/my-app@sha256:" + "0" * 64
    client.create_function(
        FunctionName=name, Role="arn:aws:iam::1:role/w", PackageType="Image", Code={"ImageUri": former}
    )
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    target = Function(function=name, artifact="MY_APP").open("web", "staging", Around(tmp_path, Clients(door.url)))
    image = image_artifact(1)
    progress = await deploy(target, write(version(1, image), "d1", await target.live()))
    assert progress.why == "live is version 2"
    uri = client.get_function(FunctionName=name, Qualifier="live")["Code"]["ResolvedImageUri"]
    assert uri == f"123456789012.dkr.ecr.us-east-1.amazonaws.com/github/prx/my-app@{image.digest}"


async def test_the_objects_version_is_named_so_that_nobody_changes_it_under_way(place: InLambda) -> None:
    what, s3 = write(place.version(1), "d1"), Clients(place.door.behind).s3
    key = what.version.artifacts[0].export.place

    def overwrite(operation: str) -> None:
        if operation.endswith("/code"):
            s3.put_object(Bucket=place.name, Key=key, Body=zipped(main_py="other"))

    place.door.meanwhile = overwrite
    assert (await deploy(place.target, what)).why == "live is version 2"


@pytest.mark.parametrize("checksum", [{"ChecksumAlgorithm": "SHA256"}, {}])
async def test_another_zip_than_was_published_gets_no_traffic(place: InLambda, checksum: dict[str, str]) -> None:
    what, s3 = write(place.version(1), "d1"), Clients(place.door.behind).s3
    artifact = what.version.artifacts[0]
    s3.put_object(Bucket=place.name, Key=artifact.export.place, Body=b"other", **checksum)
    refused = f"{artifact.export.place} in {place.name} is not what was published, {artifact.digest}: "
    told = "build again" if checksum else "it is in $LATEST and gets no traffic; build again"
    assert (await deploy(place.target, what)).why == refused + told
    assert place.alias() == {"version": "1"}


async def test_a_zip_that_is_gone_is_told(place: InLambda) -> None:
    gone = zip_artifact(9, b"gone", "MY_LAMBDA")
    progress = await deploy(place.target, write(version(9, gone), "d1"))
    assert progress.why == f"{gone.export.place} is not in {place.name} any more: build again"


async def test_a_failed_update_is_told_and_made_again_by_the_next_deployment(place: InLambda) -> None:
    place.door.functions.broken = "InvalidImage"
    progress = await deploy(place.target, write(place.version(1), "d1", await place.target.live()))
    assert progress.why == f"Lambda could not update {place.name}: InvalidImage; mend that, then deploy again"
    place.door.functions.broken = ""
    again = write(place.version(1), "d2", await place.target.live())
    assert (await deploy(place.target, again)).why == "live is version 2"


async def test_who_changes_the_code_at_the_same_moment_is_not_overwritten(place: InLambda) -> None:
    place.door.functions.updating = 0
    before = await place.target.live()
    theirs: list[str] = []
    client = Clients(place.door.url).lambda_
    what = write(place.version(1), "d1", before)

    for operation in ("/code", "/versions"):
        theirs.clear()

        def meddle(asked: str, operation: str = operation) -> None:
            if asked.endswith(operation) and not theirs:
                theirs.append(asked)
                place.door.functions.change_code("us-east-1", place.name, b"by hand")

        place.door.meanwhile = meddle
        progress = await deploy(place.target, what)
        assert progress.why == (
            f"somebody else changed the code of {place.name} since this deployment began: "
            "nothing was overwritten; deploy again if it should be"
        )
        assert place.alias() == {"version": "1"}
        client.update_function_code(FunctionName=place.name, S3Bucket=place.name, S3Key="first.zip")


# --- the check ----------------------------------------------------------------------------------


async def test_the_new_version_is_tried_before_it_gets_traffic(place: InLambda) -> None:
    place.said["check"] = {"path": "/health"}
    versions: list[Any] = []
    place.door.functions.answer = lambda _name, number, event: versions.append((number, event)) or Answer("fine")  # type: ignore[func-returns-value]
    assert (await deploy(place.target, write(place.version(1), "d1"))).state is State.DONE
    assert versions == [("2", {"path": "/health"})]


async def test_a_version_that_fails_its_check_gets_no_traffic(place: InLambda) -> None:
    place.said["check"] = {}
    place.door.functions.answer = lambda *_: Answer({"errorMessage": "no module named shop"}, failed=True)
    progress = await deploy(place.target, write(place.version(1), "d1"))
    assert progress.why == (
        'version 2 answered the check with an error, and gets no traffic: {"errorMessage": "no module named shop"}'
    )
    assert place.alias() == {"version": "1"}


# --- steps --------------------------------------------------------------------------------------


async def test_traffic_shifts_in_steps_and_each_lasts_as_long_as_it_should(place: InLambda) -> None:
    place.said |= {"steps": [10, 50], "every": "1h"}
    what = write(place.version(1), "d1", await place.target.live())
    await until(place, what, 10)
    assert place.alias() == {"version": "1", "2": 0.1}
    waiting = await place.target.deploy(what)
    assert (waiting.state, waiting.why) == (State.GOING, "version 2 has 10 % of the traffic, and gets 50 %")
    seen = [place.alias()]
    for _ in range(2):
        an_hour_passes(place)
        await place.target.deploy(what)
        seen.append(place.alias())
    assert seen == [{"version": "1", "2": 0.1}, {"version": "1", "2": 0.5}, {"version": "2"}]
    assert (await place.target.observe(what)).why == "live is version 2"


async def test_an_alarm_during_a_step_takes_all_traffic_back(place: InLambda) -> None:
    place.said |= {"steps": [10], "every": "1h", "alarms": [ALARM]}
    ring(place, "OK")
    what = write(place.version(1), "d1", await place.target.live())
    await until(place, what, 10)
    ring(place, "ALARM")
    progress = await place.target.deploy(what)
    assert (progress.state, progress.why) == (
        State.FAILED,
        f"the alarm {ALARM} rang while version 2 had 10 % of the traffic: version 1 has all of it again",
    )
    assert place.alias() == {"version": "1"}


async def test_nothing_is_shifted_while_an_alarm_rings_or_is_not_there(place: InLambda) -> None:
    ring(place, "ALARM")
    what = write(place.version(1), "d1")
    for name, why in (
        (ALARM, f"the alarm {ALARM} rings already: nothing was shifted; deploy again when it is over"),
        ("nobody", "there is no alarm nobody: correct its name, or create it, then deploy again"),
    ):
        target = place.opened(steps=[10], alarms=[name])
        assert (await deploy(target, what)).why == why
    assert place.alias() == {"version": "1"}


async def test_a_rollback_in_a_step_takes_the_weight_away(place: InLambda) -> None:
    place.said |= {"steps": [10], "every": "1h"}
    before = await place.target.live()
    what = write(place.version(1), "d1", before)
    await until(place, what, 10)
    assert (await place.target.live()).values == {"live": "1", "live also": "10 % version 2"}
    assert (await place.target.roll_back(what, before)).why == "live is version 1 again"
    assert place.alias() == {"version": "1"}


async def test_who_shifts_by_hand_is_told_and_not_overwritten(place: InLambda) -> None:
    before = await place.target.live()
    place.meddle()
    place.aws.lambda_.update_alias(
        FunctionName=place.name, Name="live", FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}}, Description="by hand",
    )  # fmt: skip
    progress = await deploy(place.target, write(place.version(1), "d1", before))
    assert progress.why == (
        "somebody else moved live, which was 1 when this deployment began: live is version 1, and 25 % is version 2, "
        "nothing was overwritten; deploy again if it should be"
    )
    assert place.alias() == {"version": "1", "2": 0.25}


def an_hour_passes(place: InLambda) -> None:
    alias = place.aws.lambda_.get_alias(FunctionName=place.name, Name="live")
    told, _, _ = alias["Description"].partition("since ")
    place.aws.lambda_.update_alias(
        FunctionName=place.name, Name="live", Description=f"{told}since 2026-01-01T00:00:00+00:00"
    )


# --- what is not there --------------------------------------------------------------------------


async def test_a_function_or_alias_that_is_not_there_is_told_with_what_to_do(place: InLambda) -> None:
    for said, why in (
        ({"function": "nobody"}, "there is no function nobody: create it, then deploy again"),
        (
            {"function": place.name, "alias": "nobody"},
            f"{place.name} has no alias nobody: publish a version and create the alias for it, then deploy again",
        ),
    ):
        target = place.opened(**said)
        assert (await target.deploy(write(place.version(1), "d1"))).why == why
        with pytest.raises(Permanent, match=f"^{why}$"):
            await target.live()


async def test_a_version_that_was_deleted_cannot_be_put_back(place: InLambda) -> None:
    before = await place.target.live()
    what = write(place.version(1), "d1", before)
    await deploy(place.target, what)
    place.door.functions.delete_version("us-east-1", place.name, "1")
    progress = await place.target.roll_back(what, before)
    assert progress.why == "version 1 is not there any more: deploy that version again"
    assert place.alias() == {"version": "2"}
