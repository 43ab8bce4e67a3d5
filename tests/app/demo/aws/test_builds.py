"""Builds that really run: what they see, how they end, and what the API tells of them."""

import shutil
from pathlib import Path
from typing import Any

from tests.app.demo.aws.world import CheckedAWS, phases, refusal
from tests.needs import needs

STORY = """version: 0.2
env:
  variables: {FROM: buildspec, KEPT: buildspec}
  exported-variables: [GREETING]
phases:
  build:
    commands:
      - echo "$FROM $KEPT $CODEBUILD_BUILD_ID $CODEBUILD_BUILD_ARN $CODEBUILD_BUILD_NUMBER $CODEBUILD_BUILD_IMAGE"
      - GREETING="hello"
"""
FAILING = "version: 0.2\nphases:\n  build:\n    commands: ['echo before', 'exit 3']\n"
LONG = "version: 0.2\nphases:\n  build:\n    commands: ['echo up; sleep 300']\n"
BEFORE = [("SUBMITTED", "SUCCEEDED"), ("QUEUED", "SUCCEEDED"), ("PROVISIONING", "SUCCEEDED")]
PREPARED = [*BEFORE, ("DOWNLOAD_SOURCE", "SUCCEEDED"), ("INSTALL", "SUCCEEDED"), ("PRE_BUILD", "SUCCEEDED")]


async def test_a_build_runs_and_says_what_it_did(aws: CheckedAWS, codebuild: Any) -> None:
    override = [{"name": "FROM", "value": "request"}]
    build = await aws.built(codebuild, STORY, environmentVariablesOverride=override)

    after = [("POST_BUILD", "SUCCEEDED"), ("UPLOAD_ARTIFACTS", "SUCCEEDED"), ("FINALIZING", "SUCCEEDED")]
    assert phases(build) == [*PREPARED, ("BUILD", "SUCCEEDED"), *after, ("COMPLETED", "")]
    assert (build["buildStatus"], build["buildComplete"], build["buildNumber"]) == ("SUCCEEDED", True, 1)
    assert build["exportedEnvironmentVariables"] == [{"name": "GREETING", "value": "hello"}]
    lines = (await aws.log(aws.client("logs"), build)).splitlines()
    image = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
    assert f"request buildspec {build['id']} {build['arn']} 1 {image}" in lines


async def test_a_failed_command_is_told_as_the_context_of_its_phase(aws: CheckedAWS, codebuild: Any) -> None:
    build = await aws.built(codebuild, FAILING)

    failed = next(phase for phase in build["phases"] if phase["phaseType"] == "BUILD")
    assert build["buildStatus"] == "FAILED"
    assert failed["phaseStatus"] == "FAILED"
    assert failed["contexts"] == [
        {
            "statusCode": "COMMAND_EXECUTION_ERROR",
            "message": "Error while executing command: exit 3. Reason: exit status 3",
        }
    ]
    assert ("POST_BUILD", "SUCCEEDED") in phases(build)


async def test_a_buildspec_that_is_none_fails_where_the_source_is_downloaded(aws: CheckedAWS, codebuild: Any) -> None:
    build = await aws.built(codebuild, "version: 0.2\nphasen: {}\n")

    assert phases(build) == [*BEFORE, ("DOWNLOAD_SOURCE", "FAILED"), ("FINALIZING", "SUCCEEDED"), ("COMPLETED", "")]
    assert build["phases"][3]["contexts"][0]["statusCode"] == "YAML_FILE_ERROR"


async def test_a_stopped_build_ends_as_stopped(aws: CheckedAWS, codebuild: Any) -> None:
    identity = await aws.start(codebuild, LONG, timeoutInMinutesOverride=2000)
    await aws.reaches(codebuild, identity, "BUILD")
    stopped = await aws.ask(codebuild, "stop_build", id=identity)
    await aws.settled()
    build = await aws.get(codebuild, identity)

    assert stopped["build"]["id"] == identity
    assert phases(build) == [*PREPARED, ("BUILD", "STOPPED"), ("FINALIZING", "SUCCEEDED"), ("COMPLETED", "")]
    assert build["buildStatus"] == "STOPPED"
    again = await aws.ask(codebuild, "stop_build", id=identity)
    assert again["build"]["buildStatus"] == "STOPPED"


async def test_a_build_that_takes_too_long_times_out(aws: CheckedAWS, codebuild: Any) -> None:
    build = await aws.built(codebuild, LONG, timeoutInMinutesOverride=5)

    assert build["buildStatus"] == "TIMED_OUT"
    assert phases(build)[-3:] == [("BUILD", "TIMED_OUT"), ("FINALIZING", "SUCCEEDED"), ("COMPLETED", "")]


async def test_what_comes_from_parameter_store_and_secrets_is_there_and_masked(aws: CheckedAWS, codebuild: Any) -> None:
    secrets, parameters = aws.client("secretsmanager"), aws.client("ssm")
    await aws.ask(secrets, "create_secret", Name="hub", SecretString='{"user": "prx-reader"}')
    await aws.ask(parameters, "put_parameter", Name="/ci/key", Value="key-of-the-park", Type="SecureString")
    override = [
        {"name": "USER_NAME", "value": "hub:user", "type": "SECRETS_MANAGER"},
        {"name": "PARK", "value": "/ci/key", "type": "PARAMETER_STORE"},
    ]
    spec = "version: 0.2\nphases:\n  build:\n    commands: ['echo \"<$USER_NAME> <$PARK> ${#PARK}\"']\n"
    build = await aws.built(codebuild, spec, environmentVariablesOverride=override)

    lines = (await aws.log(aws.client("logs"), build)).splitlines()
    assert "<***> <***> 15" in lines
    assert build["environment"]["environmentVariables"] == override


async def test_builds_with_the_role_of_the_project_have_rights_and_others_a_sandbox(
    aws: CheckedAWS, codebuild: Any
) -> None:
    needs(shutil.which("bwrap") is not None, "the sandbox needs bubblewrap: apt-get install bubblewrap")
    spec = "version: 0.2\nphases:\n  build:\n    commands: ['echo \"key ${AWS_ACCESS_KEY_ID:-none}\"']\n"
    logs = aws.client("logs")
    trusted = await aws.built(codebuild, spec)
    role = "arn:aws:iam::123456789012:role/powerless"
    untrusted = await aws.built(codebuild, spec, serviceRoleOverride=role)

    assert "key testing" in (await aws.log(logs, trusted)).splitlines()
    assert (untrusted["buildStatus"], untrusted["serviceRole"]) == ("SUCCEEDED", role)
    said = (await aws.log(logs, untrusted)).splitlines()
    assert "key none" in said
    assert [line for line in said if "This build runs in a sandbox" in line] != []


async def test_more_builds_than_places_wait_in_the_queue_and_not_for_ever(tmp_path: Path) -> None:
    async with CheckedAWS(tmp_path, places=1, minute=0.2) as aws:
        codebuild = aws.client("codebuild")
        first = await aws.start(codebuild, LONG, timeoutInMinutesOverride=2000)
        await aws.reaches(codebuild, first, "BUILD")
        impatient = await aws.start(codebuild, queuedTimeoutInMinutesOverride=5)
        patient = await aws.start(codebuild)
        given_up = await aws.reaches(codebuild, impatient, "COMPLETED")
        waiting = await aws.get(codebuild, patient)
        await aws.ask(codebuild, "stop_build", id=first)
        await aws.settled()

        assert phases(given_up) == [("SUBMITTED", "SUCCEEDED"), ("QUEUED", "TIMED_OUT"), ("COMPLETED", "")]
        assert given_up["buildStatus"] == "TIMED_OUT"
        assert (waiting["currentPhase"], "groupName" in waiting["logs"]) == ("QUEUED", False)
        assert (await aws.get(codebuild, patient))["buildStatus"] == "SUCCEEDED"
        assert aws.wrong == []


async def test_a_retried_build_is_a_new_one_with_the_same_parameters(aws: CheckedAWS, codebuild: Any) -> None:
    first = await aws.built(codebuild, FAILING, environmentVariablesOverride=[{"name": "A", "value": "1"}])
    second = (await aws.ask(codebuild, "retry_build", id=first["id"]))["build"]
    await aws.settled()

    assert second["id"] != first["id"]
    assert second["buildNumber"] == 2
    assert second["source"] == first["source"]
    assert second["environment"] == first["environment"]
    assert (await refusal(aws.ask(codebuild, "retry_build", id="ci:none")))[0] == "ResourceNotFoundException"
