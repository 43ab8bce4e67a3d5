"""Lambda's functions, held to the exceptions of its model: what moto lacks is what is tried here."""

from typing import Any

import pytest

from tests.app.demo.aws.world import CheckedAWS, refusal

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/web@sha256:"


@pytest.fixture
async def functions(played: CheckedAWS) -> Any:
    client = played.client("lambda")
    await played.ask(
        client, "create_function", FunctionName="web", Role="arn:aws:iam::123456789012:role/w", PackageType="Image",
        Code={"ImageUri": IMAGE + "0" * 64},
    )  # fmt: skip
    await played.ask(client, "publish_version", FunctionName="web")
    await played.ask(client, "create_alias", FunctionName="web", Name="live", FunctionVersion="1")
    return client


async def revision(played: CheckedAWS, functions: Any) -> str:
    return str((await played.ask(functions, "get_function", FunctionName="web"))["Configuration"]["RevisionId"])


async def test_a_revision_is_good_for_one_change(played: CheckedAWS, functions: Any) -> None:
    first = await revision(played, functions)
    change = {"FunctionName": "web", "ImageUri": IMAGE + "1" * 64, "RevisionId": first}
    await played.ask(functions, "update_function_code", **change)
    alias = await played.ask(functions, "get_alias", FunctionName="web", Name="live")
    move = {"FunctionName": "web", "Name": "live", "Description": "x", "RevisionId": alias["RevisionId"]}
    await played.ask(functions, "update_alias", **move)
    codes = [
        (await refusal(played.ask(functions, operation, **params)))[0]
        for operation, params in (
            ("update_function_code", change),
            ("publish_version", {"FunctionName": "web", "RevisionId": first}),
            ("update_alias", move),
        )
    ]
    assert codes == ["PreconditionFailedException"] * 3


async def test_an_update_takes_a_while_and_ends_with_another_revision(played: CheckedAWS, functions: Any) -> None:
    played.functions.updating = 1
    updated = await played.ask(functions, "update_function_code", FunctionName="web", ImageUri=IMAGE + "1" * 64)
    busy, _ = await refusal(played.ask(functions, "publish_version", FunctionName="web"))
    seen = [await played.ask(functions, "get_function_configuration", FunctionName="web") for _ in range(2)]
    assert busy == "ResourceConflictException"
    assert [updated["LastUpdateStatus"], *(each["LastUpdateStatus"] for each in seen)] == [
        "InProgress",
        "InProgress",
        "Successful",
    ]
    assert seen[1]["RevisionId"] != updated["RevisionId"]


async def test_what_has_not_changed_is_not_published_again_and_other_code_not_at_all(
    played: CheckedAWS, functions: Any
) -> None:
    again = await played.ask(functions, "publish_version", FunctionName="web", CodeSha256="0" * 64)
    code, why = await refusal(played.ask(functions, "publish_version", FunctionName="web", CodeSha256="1" * 64))
    assert (again["Version"], code) == ("1", "InvalidParameterValueException")
    assert why.startswith("CodeSHA256 (1111")


async def test_an_alias_routes_to_versions_that_are_there_with_weights_that_are_some(
    played: CheckedAWS, functions: Any
) -> None:
    def routed(**weights: float) -> Any:
        routing = {"AdditionalVersionWeights": weights}
        return played.ask(functions, "update_alias", FunctionName="web", Name="live", RoutingConfig=routing)

    codes = [(await refusal(routed(**weights)))[0] for weights in ({"2": 0.1}, {"1": 0.1})]
    assert codes == ["ResourceNotFoundException", "InvalidParameterValueException"]
    await played.ask(functions, "update_function_code", FunctionName="web", ImageUri=IMAGE + "1" * 64)
    await played.ask(functions, "publish_version", FunctionName="web")
    assert (await refusal(routed(**{"2": 1.7})))[0] == "InvalidParameterValueException"
    assert (await routed(**{"2": 0.5}))["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 0.5}}


async def test_a_function_answers_as_it_is_told_to(played: CheckedAWS, functions: Any) -> None:
    answer = await played.ask(functions, "invoke", FunctionName="web", Qualifier="live", Payload=b'{"a": 1}')
    assert (answer["Payload"].read(), answer["ExecutedVersion"]) == (b'{"a": 1}', "1")
    assert played.functions.invoked == [("web", "1", {"a": 1})]


async def test_what_is_not_there_is_told(played: CheckedAWS, functions: Any) -> None:
    codes = [
        (await refusal(played.ask(functions, operation, FunctionName=name, **params)))[0]
        for operation, name, params in (
            ("get_function", "nobody", {}),
            ("get_function", "web", {"Qualifier": "9"}),
            ("get_alias", "web", {"Name": "nobody"}),
            ("invoke", "nobody", {}),
        )
    ]
    assert codes == ["ResourceNotFoundException"] * 4
