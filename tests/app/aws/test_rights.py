"""What the roles that the template makes may do: no right too many, none missing."""

import json

import pytest

from tests.app.aws import calls
from tests.app.aws.stack import EVERYTHING, Stack, several

MOST_OF_A_MANAGED_POLICY = 6144
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, without white space"""

ARN = "arn:aws-cn:{}:cn-north-1:123456789012:"
LOGS = ARN.format("logs") + "log-group:/interlock/ci/"


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
    widest = {"ecr:GetAuthorizationToken", "cloudwatch:DescribeAlarms"}
    assert {action for each in everywhere for action in several(each["Action"])} <= widest


def test_a_stack_that_asks_for_little_gives_little() -> None:
    much, little = Stack(**EVERYTHING), Stack()
    gone = {role: much.actions(role) - little.actions(role) for role in ("BuildRole", "AppPolicy")}
    assert gone["BuildRole"] == {"ssm:GetParameters", "secretsmanager:GetSecretValue"}
    assert gone["AppPolicy"] == {
        "secretsmanager:CreateSecret",
        "secretsmanager:PutSecretValue",
        "secretsmanager:TagResource",
        "ssm:GetParameter",
        "ssm:GetParameterHistory",
        "ssm:PutParameter",
        "ecr:DescribeRepositories",
        "ecr:CreateRepository",
        "ecr:PutLifecyclePolicy",
        "ecr:InitiateLayerUpload",
        "ecr:UploadLayerPart",
        "ecr:CompleteLayerUpload",
        "ecr:PutImage",
        "s3:AbortMultipartUpload",
        "s3:GetObjectVersion",
        "lambda:GetFunction",
        "lambda:GetAlias",
        "lambda:InvokeFunction",
        "lambda:PublishVersion",
        "lambda:UpdateAlias",
        "lambda:UpdateFunctionCode",
        "cloudfront:CreateInvalidation",
        "cloudwatch:DescribeAlarms",
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
        ("codebuild:CreateReport", ARN.format("codebuild") + "report-group/ci-untrusted-unit"),
        ("codebuild:CreateReport", ARN.format("codebuild") + "report-group/ci-aarch64-untrusted-unit"),
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
    ("codebuild:UpdateReport", ARN.format("codebuild") + "report-group/ci-unit"),
    ("codebuild:UpdateReport", ARN.format("codebuild") + "report-group/ci-aarch64-unit"),
    ("ecr:GetAuthorizationToken", "*"),
    ("ecr:PutImage", ARN.format("ecr") + "repository/github/o/r"),
    ("ssm:GetParameters", ARN.format("ssm") + "parameter/ci/hub"),
    ("secretsmanager:GetSecretValue", EVERYTHING["BuildSecrets"]),
    ("secretsmanager:GetSecretValue", ARN.format("secretsmanager") + "secret:interlock/source/o/r-AbCdEf"),
]
REACHED_BY_NO_BUILD = [
    ("s3:PutObject", "arn:aws-cn:s3:::ci-sourcebucket/source/untrusted/1.zip"),
    ("s3:PutObject", "arn:aws-cn:s3:::ci-sourcebucket/source/1.zip"),
    ("s3:PutObject", "arn:aws-cn:s3:::ci-artifactbucket/other"),
    ("ecr:PutImage", ARN.format("ecr") + "repository/other"),
    ("ecr:BatchDeleteImage", ARN.format("ecr") + "repository/github/o/r"),
    ("ssm:GetParameters", ARN.format("ssm") + "parameter/circus"),
    ("ssm:PutParameter", ARN.format("ssm") + "parameter/ci/hub"),
    ("secretsmanager:GetSecretValue", ARN.format("secretsmanager") + "secret:other"),
    ("logs:GetLogEvents", LOGS + "builds:log-stream:1"),
    ("codebuild:StartBuild", ARN.format("codebuild") + "project/ci"),
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


@pytest.mark.parametrize(
    ("action", "target", "may"),
    [
        ("lambda:GetFunction", ARN.format("lambda") + "function:web-api", True),
        ("lambda:GetFunction", ARN.format("lambda") + "function:web-api:7", True),
        ("lambda:UpdateFunctionCode", ARN.format("lambda") + "function:billing", False),
        ("lambda:DeleteFunction", ARN.format("lambda") + "function:web-api", False),
        ("s3:PutObject", "arn:aws-cn:s3:::acme-site/current.json", True),
        ("s3:PutObject", "arn:aws-cn:s3:::acme-site-2/current.json", False),
        ("s3:DeleteObject", "arn:aws-cn:s3:::acme-site/current.json", False),
        ("cloudfront:CreateInvalidation", "arn:aws-cn:cloudfront::123456789012:distribution/E2EXAMPLE", True),
        ("cloudfront:CreateInvalidation", "arn:aws-cn:cloudfront::123456789012:distribution/E3EXAMPLE", False),
        ("s3:GetObjectVersion", "arn:aws-cn:s3:::ci-artifactbucket/GitHub/o/r/1.zip", True),
        ("s3:GetObjectVersion", "arn:aws-cn:s3:::ci-artifactbucket/other", False),
    ],
)
def test_the_app_deploys_to_what_the_stack_names_alone(action: str, target: str, may: bool) -> None:
    assert Stack(**EVERYTHING).allows("AppPolicy", action, target) is may


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
        project = ARN.format("codebuild") + "project/ci"
        assert trust["Condition"] == {"StringEquals": {"aws:SourceArn": [project, f"{project}-aarch64"]}}
