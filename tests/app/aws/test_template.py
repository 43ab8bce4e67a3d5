"""What the templates for CloudFormation make: valid everywhere, private, and heard of where it should be."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint_file  # type: ignore[import-untyped]  # no stubs
from cfnlint.config import ManualArgs  # type: ignore[import-untyped]  # no stubs

from app import settings
from tests.app.aws.stack import EVERYTHING, HERE, Stack, template

ADDRESS = {"Address": "https://ci.example.org/aws", "Secret": "s" * 32}


@pytest.mark.parametrize(
    ("name", "region"),
    [("template.yml", each) for each in ("us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1")]
    + [("address.yml", each) for each in ("us-east-1", "eu-central-1", "cn-north-1", "eusc-de-east-1")],
)
def test_a_region_takes_the_template_without_a_warning(name: str, region: str) -> None:
    problems = lint_file(HERE / name, config=ManualArgs(regions=[region], include_checks=["I"]))
    assert [str(each) for each in problems] == []


@pytest.mark.parametrize("name", ["template.yml", "address.yml"])
def test_no_account_region_or_partition_is_written_down(name: str) -> None:
    told = json.dumps({part: template(name)[part] for part in ("Conditions", "Resources")})
    assert re.findall(r"arn:aws[:-]|\b\d{12}\b|\b[a-z]{2}-[a-z]+-\d\b", told) == []


def test_what_is_secret_is_never_echoed() -> None:
    parameters = {"builds": template("template.yml")["Parameters"], "address": template("address.yml")["Parameters"]}
    hidden = [(stack, name) for stack, all_ in parameters.items() for name, each in all_.items() if each.get("NoEcho")]
    assert hidden == [("address", "Secret")]


@pytest.mark.parametrize(
    ("given", "differs"),
    [
        ({}, {}),
        (
            EVERYTHING,
            {
                "codebuild_project_aarch64": "ci-aarch64",
                "codebuild_image_aarch64": "",
                "codebuild_source": "secret",
                "publish_regions": ("cn-northwest-1", "eu-central-1"),
                "hand_off_parameters": ("/prx/stag/Spire/",),
                "deploy_functions": ("web-*",),
                "deploy_buckets": ("acme-site",),
                "deploy_distributions": ("E2EXAMPLE",),
            },
        ),
        ({"Notifications": "address", "ExistingArtifactBucket": "old"}, {"aws_notifications_queue_url": None}),
    ],
)
def test_the_output_settings_is_what_the_app_takes(given: dict[str, str], differs: dict[str, Any]) -> None:
    stack = Stack(**given)
    stack.given["Queue"] = "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/ci-queue"
    lines = dict(line.split("=", 1) for line in stack.output("Settings").splitlines())
    required = {
        "GITHUB_APP_ID": "1",
        "GITHUB_PRIVATE_KEY": "-----BEGIN PRIVATE KEY-----",
        "GITHUB_WEBHOOK_SECRET": "hush",
    }
    read = settings.read(lines | required)
    assert set(lines) - settings.VARIABLES == {"AWS_REGION"}
    assert {name: getattr(read, name) for name in PASTED} == PASTED | differs


PASTED = {
    "runner": "codebuild",
    "codebuild_project": "ci",
    "codebuild_project_aarch64": "",
    "codebuild_image_aarch64": "aws/codebuild/amazonlinux-aarch64-standard:3.0",
    "codebuild_untrusted_role": "arn:aws-cn:iam::123456789012:role/ci-untrustedbuildrole",
    "codebuild_untrusted_log_group": "/interlock/ci/untrusted-builds",
    "codebuild_source": "auto",
    "codebuild_source_bucket": "ci-sourcebucket",
    "aws_notifications_queue_url": "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/ci-queue",
    "publish_regions": (),
    "hand_off_parameters": (),
    "deploy_functions": (),
    "deploy_buckets": (),
    "deploy_distributions": (),
    "build_timeout_minutes": 60,
}


# --- buckets, and news of builds ------------------------------------------------------------------------------------


@pytest.mark.parametrize("bucket", ["SourceBucket", "ArtifactBucket"])
def test_a_bucket_is_private_encrypted_and_outlives_the_stack(bucket: str) -> None:
    stack = Stack()
    properties = stack.properties(bucket)
    assert stack.resources[bucket]["DeletionPolicy"] == "Retain"
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    (encryption,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    (denied,) = stack.properties(f"{bucket}Policy")["PolicyDocument"]["Statement"]
    arn = f"arn:aws-cn:s3:::ci-{bucket.lower()}"
    assert denied == {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def test_source_goes_after_a_day_reports_after_three_and_artifacts_keep_their_versions() -> None:
    stack = Stack()
    source, artifacts = (stack.properties(each) for each in ("SourceBucket", "ArtifactBucket"))
    assert source["LifecycleConfiguration"]["Rules"][:2] == [
        {"Id": name, "Status": "Enabled", "Prefix": f"{name}/", "ExpirationInDays": days}
        for name, days in (("source", 1), ("reports", 3))
    ]
    assert artifacts["VersioningConfiguration"] == {"Status": "Enabled"}
    assert artifacts["LifecycleConfiguration"]["Rules"][0]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}


def test_a_bucket_that_is_there_already_is_used_and_not_made() -> None:
    stack = Stack(ExistingArtifactBucket="old")
    variables = stack.properties("Project")["Environment"]["EnvironmentVariables"]
    assert "ArtifactBucket" not in stack.resources
    assert variables == [
        {"Name": "PRX_AWS_ACCOUNT_ID", "Value": "123456789012"},
        {"Name": "PRX_APPLICATION_CODE_BUCKET", "Value": "old"},
    ]
    assert stack.allows("BuildRole", "s3:PutObject", "arn:aws-cn:s3:::old/GitHub/o/r/1.zip")


@pytest.mark.parametrize(
    ("name", "given", "queues"),
    [("template.yml", {}, ["Queue", "DeadLetters"]), ("address.yml", ADDRESS, ["DeadLetters"])],
)
def test_only_the_rules_may_put_news_into_a_queue(name: str, given: dict[str, str], queues: list[str]) -> None:
    stack = Stack(name, **given)
    rules = [stack.resolved({"Fn::GetAtt": [each, "Arn"]}) for each in ("StateChanges", "PhaseChanges")]
    for queue in queues:
        (statement,) = stack.properties(f"{queue}Policy" if queue != "Queue" else "QueuePolicy")["PolicyDocument"][
            "Statement"
        ]
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": rules}}
        assert stack.properties(queue)["SqsManagedSseEnabled"] is True
        assert stack.properties(queue)["MessageRetentionPeriod"] == 14 * 24 * 3600


@pytest.mark.parametrize(("name", "given"), [("template.yml", {}), ("address.yml", ADDRESS | {"BuildsStack": "ci"})])
def test_each_news_of_these_projects_is_caught_once_and_no_other(name: str, given: dict[str, str]) -> None:
    stack = Stack(name, **given)
    caught = [
        (rule, project)
        for project in ("ci", "ci-aarch64", "other")
        for kind in ("State", "Phase")
        for rule in ("StateChanges", "PhaseChanges")
        if stack.properties(rule)["EventPattern"]["source"] == ["aws.codebuild"]
        and f"CodeBuild Build {kind} Change" in stack.properties(rule)["EventPattern"]["detail-type"]
        and project in stack.properties(rule)["EventPattern"]["detail"]["project-name"]
    ]
    assert caught == [(rule, project) for project in ("ci", "ci-aarch64") for rule in ("StateChanges", "PhaseChanges")]


def test_with_an_address_the_stack_of_builds_has_no_queue_nor_rules() -> None:
    kinds = {each["Type"].split("::")[1] for each in Stack(Notifications="address").resources.values()}
    assert kinds == {"CodeBuild", "IAM", "Logs", "S3"}


def test_the_address_is_told_the_secret_in_the_header_that_the_app_looks_at() -> None:
    auth = Stack("address.yml", **ADDRESS).properties("Connection")["AuthParameters"]["ApiKeyAuthParameters"]
    assert auth == {"ApiKeyName": "X-Interlock-Secret", "ApiKeyValue": "s" * 32}
    assert "X-Interlock-Secret" in Path("app/web/aws.py").read_text()
