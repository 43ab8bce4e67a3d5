"""Both ways in which botocore speaks to CodeBuild, and what is refused on them."""

import json
from pathlib import Path
from typing import Any

import aiohttp
import botocore  # type: ignore[import-untyped]  # no stubs
import pytest

from tests.app.demo.aws.world import GREEN, CheckedAWS, refusal


@pytest.fixture(params=["json", "smithy-rpc-v2-cbor"])
def either(request: pytest.FixtureRequest, played: CheckedAWS, tmp_path: Path) -> Any:
    """A client that speaks one protocol only: botocore prefers JSON where a model has both."""
    origin = Path(botocore.__file__).parent / "data" / "codebuild" / "2016-10-06"
    folder = tmp_path / "data" / "codebuild" / "2016-10-06"
    folder.mkdir(parents=True)
    for path in origin.iterdir():
        if not path.name.startswith("service-2"):
            (folder / path.name).write_bytes(path.read_bytes())
    model = _model(origin)
    model["metadata"] |= {"protocol": request.param, "protocols": [request.param]}
    (folder / "service-2.json").write_text(json.dumps(model))
    client = played.client("codebuild", tmp_path / "data")
    assert client.meta.service_model.resolved_protocol == request.param
    return client


def _model(folder: Path) -> Any:
    import gzip  # noqa: PLC0415  wheels hold the models in either form

    plain = folder / "service-2.json"
    return json.loads(
        plain.read_bytes() if plain.exists() else gzip.decompress((folder / "service-2.json.gz").read_bytes())
    )


async def test_a_build_is_the_same_on_either_wire(played: CheckedAWS, either: Any) -> None:
    build = await played.built(either, environmentVariablesOverride=[{"name": "A", "value": "ü"}])
    own = played.builds[build["id"]]

    assert build["buildStatus"] == "SUCCEEDED"
    assert build["environment"]["environmentVariables"] == [{"name": "A", "value": "ü", "type": "PLAINTEXT"}]
    assert build["startTime"] == own.started
    assert build["phases"][1]["endTime"] == own.phases[1].ended


async def test_a_refusal_is_the_same_on_either_wire(played: CheckedAWS, either: Any) -> None:
    with pytest.raises(either.exceptions.ResourceNotFoundException) as missing:
        await played.ask(either, "start_build", projectName="none")
    text = "Project cannot be found: arn:aws:codebuild:us-east-1:123456789012:project/none"
    assert missing.value.response["Error"] == {"Message": text, "Code": "ResourceNotFoundException"}


@pytest.mark.parametrize(
    ("params", "constraint"),
    [
        ({"timeoutInMinutesOverride": 4}, "Member must have value greater than or equal to 5"),
        ({"timeoutInMinutesOverride": 2161}, "Member must have value less than or equal to 2160"),
        ({"computeTypeOverride": "HUGE"}, "Member must satisfy enum value set: [BUILD_GENERAL1_SMALL, "),
        ({"environmentVariablesOverride": [{"name": "A"}]}, "Member must not be null"),
        ({"projectName": ""}, "Member must have length greater than or equal to 1"),
    ],
)
async def test_what_is_against_the_model_is_refused_with_its_place(
    played: CheckedAWS, params: dict[str, Any], constraint: str
) -> None:
    status, answer = await _raw(played, "StartBuild", {"projectName": "ci", **params})

    assert (status, answer["__type"]) == (400, "ValidationException")
    assert answer["message"].startswith("1 validation error detected: Value ")
    assert constraint in answer["message"]


async def test_too_many_ids_are_refused(played: CheckedAWS) -> None:
    status, answer = await _raw(played, "BatchGetBuilds", {"ids": ["ci:a"] * 101})

    assert (status, answer["__type"]) == (400, "ValidationException")


async def test_what_is_no_request_at_all_is_refused(played: CheckedAWS) -> None:
    assert (await _raw(played, "StartBuild", b"{"))[1]["__type"] == "SerializationException"
    assert (await _raw(played, "StartBuild", {"projectName": 3}))[1]["__type"] == "SerializationException"
    assert (await _raw(played, "StartBuildBatch", {"projectName": "ci"}))[1]["__type"] == "UnknownOperationException"


async def test_every_request_is_remembered(played: CheckedAWS, codebuild: Any) -> None:
    await played.start(codebuild, idempotencyToken="t")
    await refusal(played.ask(codebuild, "start_build", projectName="none"))

    assert [(each.operation, each.params["projectName"]) for each in played.asked] == [
        ("StartBuild", "ci"),
        ("StartBuild", "none"),
    ]
    assert played.asked[0].params == {"projectName": "ci", "buildspecOverride": GREEN, "idempotencyToken": "t"}
    assert played.count("StartBuild") == 2


async def _raw(aws: CheckedAWS, operation: str, body: dict[str, Any] | bytes) -> tuple[int, Any]:
    headers = {"X-Amz-Target": f"CodeBuild_20161006.{operation}", "Content-Type": "application/x-amz-json-1.1"}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with (
        aiohttp.ClientSession() as session,
        session.post(aws.url, data=data, headers=headers) as answer,
    ):
        return answer.status, json.loads(await answer.read())
