"""CodeBuild's operations on builds and projects, whatever the builds do."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from app.demo.aws import codebuild as service
from app.demo.aws.fleets.scripted import Ending
from tests.app.demo.aws.world import GREEN, CheckedAWS, refusal


async def test_one_token_is_one_build(played: CheckedAWS, codebuild: Any) -> None:
    first = await played.start(codebuild, idempotencyToken="b1-0")
    again = await played.start(codebuild, idempotencyToken="b1-0")
    other = await played.start(codebuild, idempotencyToken="b2-0")
    code, _ = await refusal(played.start(codebuild, GREEN + "# new\n", idempotencyToken="b1-0"))

    assert (again, code) == (first, "InvalidInputException")
    assert list(played.builds) == [first, other]


async def test_a_token_is_forgotten_after_five_minutes(played: CheckedAWS, codebuild: Any) -> None:
    first = await played.start(codebuild, idempotencyToken="b1-0")
    at, wanted, build = played._codebuild._tokens["b1-0"]
    played._codebuild._tokens["b1-0"] = at - service.TOKEN_LASTS + timedelta(seconds=5), wanted, build
    assert await played.start(codebuild, idempotencyToken="b1-0") == first
    played._codebuild._tokens["b1-0"] = at - service.TOKEN_LASTS, wanted, build
    assert await played.start(codebuild, idempotencyToken="b1-0") != first


async def test_overrides_win_over_the_project(played: CheckedAWS, codebuild: Any) -> None:
    role = "arn:aws:iam::123456789012:role/powerless"
    build = await played.built(
        codebuild,
        sourceTypeOverride="GITHUB",
        sourceLocationOverride="https://github.com/acme/web.git",
        sourceVersion="refs/heads/main^{" + "a" * 40 + "}",
        gitCloneDepthOverride=1,
        environmentTypeOverride="ARM_CONTAINER",
        imageOverride="aws/codebuild/amazonlinux-aarch64-standard:3.0",
        computeTypeOverride="BUILD_GENERAL1_LARGE",
        privilegedModeOverride=True,
        serviceRoleOverride=role,
        cacheOverride={"type": "LOCAL", "modes": ["LOCAL_DOCKER_LAYER_CACHE"]},
        artifactsOverride={"type": "S3", "location": "kept", "name": "web.zip"},
        logsConfigOverride={"cloudWatchLogs": {"status": "ENABLED", "groupName": "ours", "streamName": "pr"}},
        timeoutInMinutesOverride=16,
        queuedTimeoutInMinutesOverride=30,
    )

    assert build["source"] == {
        "type": "GITHUB",
        "location": "https://github.com/acme/web.git",
        "gitCloneDepth": 1,
        "buildspec": GREEN,
    }
    assert build["resolvedSourceVersion"] == "a" * 40
    assert build["environment"] == {
        "type": "ARM_CONTAINER",
        "image": "aws/codebuild/amazonlinux-aarch64-standard:3.0",
        "computeType": "BUILD_GENERAL1_LARGE",
        "environmentVariables": [],
        "privilegedMode": True,
        "imagePullCredentialsType": "CODEBUILD",
    }
    assert build["cache"] == {"type": "LOCAL", "modes": ["LOCAL_DOCKER_LAYER_CACHE"]}
    assert build["artifacts"] == {"location": "arn:aws:s3:::kept/web.zip"}
    assert (build["serviceRole"], build["timeoutInMinutes"], build["queuedTimeoutInMinutes"]) == (role, 16, 30)
    assert (build["logs"]["groupName"], build["logs"]["streamName"]) == ("ours", f"pr/{build['id'][3:]}")


async def test_variables_of_the_request_win_over_those_of_the_project(played: CheckedAWS, codebuild: Any) -> None:
    environment = {"type": "LINUX_CONTAINER", "image": "a", "computeType": "BUILD_GENERAL1_SMALL"}
    variables = [{"name": "A", "value": "project"}, {"name": "B", "value": "project"}]
    played.create_project("other", environment={**environment, "environmentVariables": variables})
    override = [{"name": "B", "value": "request"}, {"name": "C", "value": "/c", "type": "PARAMETER_STORE"}]
    started = await played.ask(codebuild, "start_build", projectName="other", environmentVariablesOverride=override)

    assert started["build"]["environment"]["environmentVariables"] == [
        {"name": "A", "value": "project", "type": "PLAINTEXT"},
        {"name": "B", "value": "request", "type": "PLAINTEXT"},
        {"name": "C", "value": "/c", "type": "PARAMETER_STORE"},
    ]


async def test_what_makes_no_sense_is_refused(played: CheckedAWS, codebuild: Any) -> None:
    async def code(**params: Any) -> str:
        return (await refusal(played.ask(codebuild, "start_build", **{"projectName": "ci", **params})))[0]

    assert await code(projectName="none") == "ResourceNotFoundException"
    assert await code(sourceTypeOverride="S3", sourceLocationOverride="bucket") == "InvalidInputException"
    assert await code(sourceTypeOverride="GITHUB") == "InvalidInputException"
    assert await code(buildspecOverride="other.yml") == "InvalidInputException"
    assert await code(reportBuildStatusOverride=True) == "InvalidInputException"
    assert await code(sourceAuthOverride={"type": "OAUTH"}) == "InvalidInputException"
    assert played.builds == {}


async def test_builds_are_listed_in_pages_of_a_hundred(played: CheckedAWS, codebuild: Any) -> None:
    started = [played._codebuild._start({"projectName": "ci"}).id for _ in range(120)]
    first = await played.ask(codebuild, "list_builds_for_project", projectName="ci")
    second = await played.ask(codebuild, "list_builds_for_project", projectName="ci", nextToken=first["nextToken"])
    oldest = await played.ask(codebuild, "list_builds", sortOrder="ASCENDING")

    assert first["ids"] + second["ids"] == started[::-1]
    assert (len(first["ids"]), "nextToken" in second) == (100, False)
    assert oldest["ids"] == started[:100]


async def test_builds_that_are_not_found_are_named(played: CheckedAWS, codebuild: Any) -> None:
    identity = await played.start(codebuild)
    found = await played.ask(codebuild, "batch_get_builds", ids=["ci:none", identity])

    assert [build["id"] for build in found["builds"]] == [identity]
    assert found["buildsNotFound"] == ["ci:none"]


async def test_projects_are_created_and_found(played: CheckedAWS, codebuild: Any) -> None:
    members = {
        "name": "web",
        "source": {"type": "GITHUB", "location": "https://github.com/acme/web.git"},
        "artifacts": {"type": "NO_ARTIFACTS"},
        "environment": {"type": "LINUX_CONTAINER", "image": "a", "computeType": "BUILD_GENERAL1_SMALL"},
        "serviceRole": "arn:aws:iam::123456789012:role/web",
    }
    created = (await played.ask(codebuild, "create_project", **members))["project"]
    code, _ = await refusal(played.ask(codebuild, "create_project", **members))
    found = await played.ask(codebuild, "batch_get_projects", names=["web", "none"])

    assert (created["timeoutInMinutes"], created["queuedTimeoutInMinutes"], code) == (
        60,
        480,
        "ResourceAlreadyExistsException",
    )
    assert found == {"projects": [created], "projectsNotFound": ["none"]}
    assert (await played.ask(codebuild, "list_projects"))["projects"] == ["ci", "web"]


async def test_a_played_build_ends_as_the_script_says(tmp_path: Path) -> None:
    script = {
        "make test": Ending(failing="BUILD", log="2 tests failed\n", exported={"A": "1"}),
        "make wrong": Ending(failing="PRE_BUILD", message="no"),
    }
    async with CheckedAWS(tmp_path, script=script) as aws:
        codebuild = aws.client("codebuild")
        failed = await aws.built(codebuild, GREEN.replace("true", "make test"))
        early = await aws.built(codebuild, GREEN.replace("true", "make wrong"))
        green = await aws.built(codebuild)

        assert [each["buildStatus"] for each in (failed, early, green)] == ["FAILED", "FAILED", "SUCCEEDED"]
        assert failed["exportedEnvironmentVariables"] == [{"name": "A", "value": "1"}]
        assert "2 tests failed\n" in await aws.log(aws.client("logs"), failed)
        names = [phase["phaseType"] for phase in early["phases"]]
        assert names[-3:] == ["PRE_BUILD", "FINALIZING", "COMPLETED"]
        assert aws.wrong == []
