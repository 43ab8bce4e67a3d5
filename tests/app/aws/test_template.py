"""What the templates for CloudFormation make: valid everywhere, no right too many, none missing."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint_file  # type: ignore[import-untyped]  # no stubs
from cfnlint.config import ManualArgs  # type: ignore[import-untyped]  # no stubs

from app import settings
from tests.app.aws import calls
from tests.app.aws.stack import HERE, Stack, several, template

EVERYTHING = {
    "Aarch64Project": "yes",
    "DockerLayerCache": "yes",
    "ParameterPath": "/ci",
    "BuildSecrets": "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:hub-AbCdEf",
    "SourceSecrets": "yes",
    "PublishRegions": "cn-northwest-1,eu-central-1",
    "CopyBuckets": "arn:aws-cn:s3:::there,arn:aws-cn:s3:::there/GitHub/*",
    "AlarmTopic": "arn:aws-cn:sns:cn-north-1:123456789012:pager",
    "AppPrincipal": "arn:aws-cn:iam::123456789012:root",
}
ADDRESS = {"Address": "https://ci.example.org/aws", "Secret": "s" * 32}
MOST_OF_A_MANAGED_POLICY = 6144
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, without white space"""

HERE_ = "arn:aws-cn:{}:cn-north-1:123456789012:"
LOGS = HERE_.format("logs") + "log-group:/interlock/ci/"


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
    "build_timeout_minutes": 60,
}


# --- rights: each is needed, and each need has one ------------------------------------------------------------------


def test_the_app_may_do_what_its_code_calls_and_no_more() -> None:
    needed = {action for call in calls.of_the_app() for action in calls.ACTIONS[call]}
    assert Stack(**EVERYTHING).actions("AppPolicy") == needed


def test_no_call_is_explained_that_nobody_makes() -> None:
    assert set(calls.ACTIONS) - {calls.REGISTRY, calls.ROLE} == calls.of_the_app() - {calls.REGISTRY, calls.ROLE}


def test_trusted_builds_may_do_what_codebuild_and_post_build_need_and_no_more() -> None:
    needed = {action for each in calls.of_post_build() for action in calls.COMMANDS[each]}
    needed |= {action for actions in calls.CODEBUILD_ITSELF.values() for action in actions}
    assert Stack(**EVERYTHING).actions("BuildRole") == needed


def test_no_command_is_explained_that_post_build_does_not_give() -> None:
    assert set(calls.COMMANDS) == calls.of_post_build()


@pytest.mark.parametrize("role", ["BuildRole", "UntrustedBuildRole", "AppPolicy"])
def test_a_right_is_for_everything_only_where_aws_knows_no_narrower(role: str) -> None:
    everywhere = [each for each in Stack(**EVERYTHING).statements(role) if "*" in several(each["Resource"])]
    assert {action for each in everywhere for action in several(each["Action"])} <= {"ecr:GetAuthorizationToken"}


def test_a_stack_that_asks_for_little_gives_little() -> None:
    much, little = Stack(**EVERYTHING), Stack()
    gone = {role: much.actions(role) - little.actions(role) for role in ("BuildRole", "AppPolicy")}
    assert gone["BuildRole"] == {"ssm:GetParameters", "secretsmanager:GetSecretValue"}
    assert gone["AppPolicy"] == {
        "secretsmanager:CreateSecret",
        "secretsmanager:PutSecretValue",
        "secretsmanager:TagResource",
        "ecr:DescribeRepositories",
        "ecr:CreateRepository",
        "ecr:PutLifecyclePolicy",
        "ecr:InitiateLayerUpload",
        "ecr:UploadLayerPart",
        "ecr:CompleteLayerUpload",
        "ecr:PutImage",
        "s3:AbortMultipartUpload",
    }


def test_the_policy_of_the_app_fits_the_quota() -> None:
    document = Stack(**EVERYTHING).properties("AppPolicy")["PolicyDocument"]
    assert len(json.dumps(document, separators=(",", ":"))) < MOST_OF_A_MANAGED_POLICY - 1024  # names may be longer


# --- untrusted builds -----------------------------------------------------------------------------------------------


def test_untrusted_builds_have_four_kinds_of_rights() -> None:
    assert [each["Sid"] for each in Stack(**EVERYTHING).statements("UntrustedBuildRole")] == [
        "Log",
        "Source",
        "SourceBucket",
        "Reports",
    ]


@pytest.mark.parametrize(
    ("action", "target"),
    [
        ("logs:PutLogEvents", LOGS + "untrusted-builds:log-stream:1"),
        ("s3:GetObject", "arn:aws-cn:s3:::ci-sourcebucket/source/untrusted/1.zip"),
        ("codebuild:CreateReport", HERE_.format("codebuild") + "report-group/ci-untrusted-unit"),
        ("codebuild:CreateReport", HERE_.format("codebuild") + "report-group/ci-aarch64-untrusted-unit"),
    ],
)
def test_untrusted_builds_reach_their_own(action: str, target: str) -> None:
    assert Stack(**EVERYTHING).allows("UntrustedBuildRole", action, target)


REACHED_BY_TRUSTED = [
    ("logs:PutLogEvents", LOGS + "builds:log-stream:1"),
    ("s3:GetObject", "arn:aws-cn:s3:::ci-sourcebucket/source/1.zip"),
    ("s3:GetObject", "arn:aws-cn:s3:::ci-artifactbucket/GitHub/o/r/1.zip"),
    ("s3:PutObject", "arn:aws-cn:s3:::ci-artifactbucket/GitHub/o/r/1.zip"),
    ("s3:PutObject", "arn:aws-cn:s3:::ci-sourcebucket/reports/ci-unit/1/junit.xml"),
    ("codebuild:UpdateReport", HERE_.format("codebuild") + "report-group/ci-unit"),
    ("codebuild:UpdateReport", HERE_.format("codebuild") + "report-group/ci-aarch64-unit"),
    ("ecr:GetAuthorizationToken", "*"),
    ("ecr:PutImage", HERE_.format("ecr") + "repository/github/o/r"),
    ("ssm:GetParameters", HERE_.format("ssm") + "parameter/ci/hub"),
    ("secretsmanager:GetSecretValue", EVERYTHING["BuildSecrets"]),
    ("secretsmanager:GetSecretValue", HERE_.format("secretsmanager") + "secret:interlock/source/o/r-AbCdEf"),
]
REACHED_BY_NO_BUILD = [
    ("s3:PutObject", "arn:aws-cn:s3:::ci-sourcebucket/source/untrusted/1.zip"),
    ("s3:PutObject", "arn:aws-cn:s3:::ci-sourcebucket/source/1.zip"),
    ("s3:PutObject", "arn:aws-cn:s3:::ci-artifactbucket/other"),
    ("ecr:PutImage", HERE_.format("ecr") + "repository/other"),
    ("ecr:BatchDeleteImage", HERE_.format("ecr") + "repository/github/o/r"),
    ("ssm:GetParameters", HERE_.format("ssm") + "parameter/circus"),
    ("ssm:PutParameter", HERE_.format("ssm") + "parameter/ci/hub"),
    ("secretsmanager:GetSecretValue", HERE_.format("secretsmanager") + "secret:other"),
    ("logs:GetLogEvents", LOGS + "builds:log-stream:1"),
    ("codebuild:StartBuild", HERE_.format("codebuild") + "project/ci"),
    ("iam:PassRole", "arn:aws-cn:iam::123456789012:role/ci-buildrole"),
    ("sqs:ReceiveMessage", "arn:aws-cn:other:::ci-queue"),
]


@pytest.mark.parametrize(("action", "target"), REACHED_BY_TRUSTED)
def test_trusted_builds_reach_what_untrusted_ones_do_not(action: str, target: str) -> None:
    stack = Stack(**EVERYTHING)
    assert (
        stack.allows("BuildRole", action, target),
        stack.allows("UntrustedBuildRole", action, target),
    ) == (True, False)


@pytest.mark.parametrize(("action", "target"), REACHED_BY_NO_BUILD)
def test_no_build_reaches_more(action: str, target: str) -> None:
    stack = Stack(**EVERYTHING)
    roles = ("BuildRole", "UntrustedBuildRole")
    assert [role for role in roles if stack.allows(role, action, target)] == []


def test_the_app_can_pass_the_powerless_role_alone_and_to_codebuild_alone() -> None:
    role, stack = "arn:aws-cn:iam::123456789012:role/ci-{}", Stack(**EVERYTHING)

    def may(name: str, service: str) -> bool:
        return stack.allows("AppPolicy", "iam:PassRole", role.format(name), iam_PassedToService=service)

    assert may("untrustedbuildrole", "codebuild.amazonaws.com")
    assert not may("untrustedbuildrole", "ec2.amazonaws.com")
    assert not may("buildrole", "codebuild.amazonaws.com")


def test_the_app_writes_to_further_regions_alone_and_reads_at_home() -> None:
    stack = Stack(**EVERYTHING)

    def may(action: str, region: str) -> bool:
        target = f"arn:aws-cn:ecr:{region}:123456789012:repository/github/o/r"
        return stack.allows("AppPolicy", action, target, aws_RequestedRegion=region)

    regions = ("cn-northwest-1", "eu-central-1", "eu-west-1", "cn-north-1")
    assert [may("ecr:PutImage", each) for each in regions] == [True, True, False, False]
    assert [may("ecr:BatchGetImage", each) for each in regions] == [True, True, False, True]
    copied = ["arn:aws-cn:s3:::there/GitHub/o/r/1.zip", "arn:aws-cn:s3:::ci-artifactbucket/GitHub/o/r/1.zip"]
    assert [stack.allows("AppPolicy", "s3:PutObject", each) for each in copied] == [True, False]
    assert [stack.allows("AppPolicy", "s3:GetObject", each) for each in copied] == [True, True]


def test_a_stack_tells_the_stack_of_another_region_of_its_bucket() -> None:
    there = Stack()
    here = Stack(
        PublishRegions="eu-central-1", CopyBuckets=there.output("ForCopyBuckets"), ExistingArtifactBucket="old"
    )
    assert there.output("PublishBucket") == "cn-north-1=ci-artifactbucket"
    assert here.allows("AppPolicy", "s3:PutObject", "arn:aws-cn:s3:::ci-artifactbucket/GitHub/o/r/1.zip")
    assert here.allows("AppPolicy", "s3:ListBucket", "arn:aws-cn:s3:::ci-artifactbucket")
    assert not here.allows("AppPolicy", "s3:PutObject", "arn:aws-cn:s3:::ci-artifactbucket/other")


def test_roles_of_builds_are_taken_by_codebuild_for_these_projects_alone() -> None:
    for role in ("BuildRole", "UntrustedBuildRole"):
        (trust,) = Stack().properties(role)["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "codebuild.amazonaws.com"}
        project = HERE_.format("codebuild") + "project/ci"
        assert trust["Condition"] == {"StringEquals": {"aws:SourceArn": [project, f"{project}-aarch64"]}}


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
