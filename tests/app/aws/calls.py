"""What the code asks of AWS, found in the code itself, and the rights that each request takes.

The rights of a request: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from botocore import xform_name  # type: ignore[import-untyped]  # no stubs
from botocore.session import get_session  # type: ignore[import-untyped]  # no stubs

from app.aws.session import Session

Call = tuple[str, str]
"""Service and method, as boto3 names them."""

ROLE = ("codebuild", "serviceRoleOverride")
"""A parameter of start_build takes a right of its own."""
REGISTRY = ("ecr", "get_authorization_token")
"""Whoever has a token speaks to the registry, which asks for the rights of what is done there:
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html and image-pull-iam.html beside it."""

PULL = {"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}
PUSH = {
    "ecr:BatchCheckLayerAvailability",
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
}
THERE_OR_NOT = {"s3:GetObject", "s3:ListBucket"}
"""Who may not list is told 403 of what is not there:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html"""

ACTIONS: dict[Call, set[str]] = {
    ("codebuild", "start_build"): {"codebuild:StartBuild"},
    ROLE: {"iam:PassRole"},
    ("codebuild", "stop_build"): {"codebuild:StopBuild"},
    ("codebuild", "batch_get_builds"): {"codebuild:BatchGetBuilds"},
    ("codebuild", "list_builds_for_project"): {"codebuild:ListBuildsForProject"},
    ("codebuild", "batch_get_reports"): {"codebuild:BatchGetReports"},
    ("codebuild", "describe_test_cases"): {"codebuild:DescribeTestCases"},
    ("codebuild", "batch_get_report_groups"): {"codebuild:BatchGetReportGroups"},
    ("codebuild", "create_report_group"): {"codebuild:CreateReportGroup"},
    ("codebuild", "update_report_group"): {"codebuild:UpdateReportGroup"},
    # Nobody needs a right to it: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    ("sts", "get_caller_identity"): set(),
    ("logs", "get_log_events"): {"logs:GetLogEvents"},
    ("s3", "head_object"): THERE_OR_NOT,
    ("s3", "put_object"): {"s3:PutObject"},
    ("s3", "get_object"): {"s3:GetObject"},
    # boto3's own: it looks how large the object is, and gets it.
    ("s3", "download_file"): THERE_OR_NOT,
    ("ssm", "get_parameter"): {"ssm:GetParameter"},
    ("ssm", "get_parameter_history"): {"ssm:GetParameterHistory"},
    ("ssm", "put_parameter"): {"ssm:PutParameter"},
    ("s3", "list_objects_v2"): {"s3:ListBucket"},
    # boto3's own, of several requests: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuAndPermissions.html
    ("s3", "copy"): {"s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"},
    ("secretsmanager", "create_secret"): {"secretsmanager:CreateSecret", "secretsmanager:TagResource"},
    ("secretsmanager", "put_secret_value"): {"secretsmanager:PutSecretValue"},
    ("lambda", "get_function"): {"lambda:GetFunction"},
    ("lambda", "get_alias"): {"lambda:GetAlias"},
    # Lambda reads the object with the rights of whoever calls it:
    # https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html
    ("lambda", "update_function_code"): {"lambda:UpdateFunctionCode", "s3:GetObject", "s3:GetObjectVersion"},
    ("lambda", "publish_version"): {"lambda:PublishVersion"},
    ("lambda", "invoke"): {"lambda:InvokeFunction"},
    ("lambda", "update_alias"): {"lambda:UpdateAlias"},
    ("cloudfront", "create_invalidation"): {"cloudfront:CreateInvalidation"},
    ("cloudwatch", "describe_alarms"): {"cloudwatch:DescribeAlarms"},
    ("sqs", "receive_message"): {"sqs:ReceiveMessage"},
    ("sqs", "delete_message_batch"): {"sqs:DeleteMessage"},
    REGISTRY: {"ecr:GetAuthorizationToken"} | PULL | PUSH,
    ("ecr", "describe_repositories"): {"ecr:DescribeRepositories"},
    ("ecr", "create_repository"): {"ecr:CreateRepository"},
    ("ecr", "get_lifecycle_policy"): {"ecr:GetLifecyclePolicy"},
    ("ecr", "put_lifecycle_policy"): {"ecr:PutLifecyclePolicy"},
}

COMMANDS: dict[str, set[str]] = {
    "aws ecr describe-repositories": {"ecr:DescribeRepositories"},
    "aws ecr create-repository": {"ecr:CreateRepository"},
    "aws ecr put-lifecycle-policy": {"ecr:PutLifecyclePolicy"},
    "aws ecr get-login-password": {"ecr:GetAuthorizationToken"},
    "aws ecr batch-get-image": {"ecr:BatchGetImage"},
    "aws ecr put-image": {"ecr:PutImage"},
    "aws s3api head-object": THERE_OR_NOT,
    "aws s3api get-object": {"s3:GetObject"},
    "aws s3api put-object": {"s3:PutObject"},
    "docker push": PUSH,
}

CODEBUILD_ITSELF: dict[str, set[str]] = {
    "https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-service-role.html": {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:GetBucketAcl",
        "s3:GetBucketLocation",
    },
    "https://docs.aws.amazon.com/codebuild/latest/userguide/test-permissions.html": {
        "codebuild:CreateReportGroup",
        "codebuild:CreateReport",
        "codebuild:UpdateReport",
        "codebuild:BatchPutTestCases",
        "codebuild:BatchPutCodeCoverages",
        "s3:PutObject",  # where a report group exports to
    },
    "https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.env.parameter-store": {
        "ssm:GetParameters",
        "secretsmanager:GetSecretValue",
    },
    # Not CodeBuild but docker, when a Dockerfile begins FROM an image that was published before.
    "https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-pull-iam.html": PULL,
}

INJECTED = {"copy", "upload_file", "upload_fileobj", "download_file", "download_fileobj"}
"""Methods that boto3 adds to the client of S3."""

POST_BUILD = Path("checks/runners/post_build.sh")
OTHERS = ("app/demo/", "checks/runners/local/")
"""Stand-ins for AWS, and the runner that runs elsewhere: none has the App's rights."""

BY_NAME = {"ask": "lambda", "get_paginator": "s3"}
"""Methods that are given the name of the method to call, and whose it is."""


def of_the_app() -> set[Call]:
    return {call for path in sources() for call in _calls(ast.parse(path.read_text()))}


def sources() -> list[Path]:
    found = (path for folder in ("app", "checks", "deploy") for path in Path(folder).rglob("*.py"))
    return sorted(path for path in found if not str(path).startswith(OTHERS))


def of_post_build() -> set[str]:
    code = "\n".join(line for line in POST_BUILD.read_text().splitlines() if not line.lstrip().startswith("#"))
    return set(re.findall(r"\b(?:aws (?:ecr|s3api|s3|ssm|sts) [a-z-]+|docker (?:push|pull|manifest|buildx))\b", code))


@cache
def services() -> list[str]:
    """Those that the App has clients for."""
    return sorted({name.rstrip("_") for name in dir(Session)} & set(get_session().get_available_services()))


@cache
def _methods() -> dict[str, list[str]]:
    """Each method of boto3's clients, and the services that know it."""
    session = get_session()
    methods: dict[str, list[str]] = {}
    for service in services():
        for operation in session.get_service_model(service).operation_names:
            methods.setdefault(xform_name(operation), []).append(service)
    return methods


def _calls(tree: ast.Module) -> Iterator[Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (known := _methods().get(node.attr)) and not _is_of_pydantic(node, tree):
            receiver = ast.unparse(node.value)
            told = [service for service in known if service in receiver] or known
            assert len(told) == 1, f"{receiver}.{node.attr} may be of {told}: call its client by the service's name"
            yield told[0], node.attr
        elif isinstance(node, ast.Call) and (named := _named(node)):
            yield named
        elif isinstance(node, ast.Attribute) and node.attr in INJECTED and ast.unparse(node.value).endswith("s3"):
            yield "s3", node.attr
        elif isinstance(node, ast.Constant) and node.value == ROLE[1]:
            yield ROLE


def _named(call: ast.Call) -> Call | None:
    """A call by name, such as `cloud.ask("GetAlias", "get_alias")`."""
    service = BY_NAME.get(call.func.attr) if isinstance(call.func, ast.Attribute) else None
    names = (each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str))
    return next(((service, name) for name in names if service and name in _methods()), None)


def _is_of_pydantic(method: ast.Attribute, tree: ast.Module) -> bool:
    """A SecretStr has a method of this name too, which takes nothing; Secrets Manager's cannot do without arguments."""
    called = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.func is method)
    return method.attr == "get_secret_value" and any(not (call.args or call.keywords) for call in called)
