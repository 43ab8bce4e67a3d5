"""What StartBuild is asked for an order: a pure function, and the same order gives the same bytes.

CodeBuild starts one build for one idempotency token only as long as nothing in the request changes:
https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html
"""

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from checks.build import Architecture
from checks.errors import Permanent
from checks.ports import Order
from checks.runners.codebuild.place import IMAGE_AARCH64, Place
from checks.runners.codebuild.report_groups import set_apart
from checks.runners.post_build import RUN

SHORTEST, LONGEST = 5, 2160
LONGEST_IN_QUEUE = 480
"""Minutes that CodeBuild allows. https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html"""

CURATED = "aws/codebuild/"

Parameters = dict[str, Any]


def start_parameters(order: Order, place: Place, source: Parameters, variables: Mapping[str, str]) -> Parameters:
    """`source` says where the commit is: `cloned`, `cloned_with` or `archived`. `variables` are those of the App."""
    given = {**order.variables, **variables, RUN: order.token}
    return {
        "projectName": place.project_for(order.architecture),
        "idempotencyToken": order.token,
        "buildspecOverride": order.buildspec if order.trusted else set_apart(order.buildspec),
        "environmentVariablesOverride": [
            {"name": name, "value": value, "type": "PLAINTEXT"} for name, value in sorted(given.items())
        ],
        "timeoutInMinutesOverride": _minutes(order.timeout),
        "queuedTimeoutInMinutesOverride": LONGEST_IN_QUEUE,
        "reportBuildStatusOverride": False,
        "autoRetryLimitOverride": 0,
        **source,
        **_machine(order.architecture, place),
        **({"privilegedModeOverride": True} if order.trusted else _powerless(place)),
    }


def cloned(order: Order) -> Parameters:
    """Pinned: without the ref CodeBuild fetches the whole repository, without the commit whatever the ref is by then.
    https://docs.aws.amazon.com/codebuild/latest/userguide/sample-source-version.html"""
    return {
        "sourceTypeOverride": server_type(order),
        "sourceLocationOverride": order.repository.clone_url,
        "sourceVersion": f"{order.ref}^{{{order.sha}}}",
        "gitCloneDepthOverride": 1,
    }


def cloned_with(order: Order, secret: str) -> Parameters:
    """`secret` is the ARN of what Secrets Manager keeps.
    https://docs.aws.amazon.com/codebuild/latest/userguide/asm-create-secret.html"""
    return {**cloned(order), "sourceAuthOverride": {"type": "SECRETS_MANAGER", "resource": secret}}


def archived(bucket: str, key: str, version: str = "") -> Parameters:
    """`version` pins the object in a bucket that keeps versions."""
    pinned = {"sourceVersion": version} if version else {}
    return {"sourceTypeOverride": "S3", "sourceLocationOverride": f"{bucket}/{key}", **pinned}


def server_type(order: Order) -> str:
    host = urlsplit(order.repository.clone_url).hostname
    if not host:
        raise Permanent(f"The address of {order.repository.full_name} is not known; push again to tell it")
    return "GITHUB" if host == "github.com" else "GITHUB_ENTERPRISE"


def _minutes(timeout: timedelta) -> int:
    return min(max(math.ceil(timeout.total_seconds() / 60), SHORTEST), LONGEST)


def _machine(architecture: Architecture, place: Place) -> Parameters:
    image = place.images.get(architecture, "")
    on_other_machine = architecture is Architecture.AARCH64 and not place.project_aarch64
    if on_other_machine:
        image = image or IMAGE_AARCH64
    parameters = {
        "environmentTypeOverride": "ARM_CONTAINER" if on_other_machine else "",
        "imageOverride": image,
        # AWS's own images can be pulled in no other way, whatever the project says.
        "imagePullCredentialsTypeOverride": "CODEBUILD" if image.startswith(CURATED) else "",
        "computeTypeOverride": place.compute_type,
    }
    return {name: value for name, value in parameters.items() if value}


def _powerless(place: Place) -> Parameters:
    if not place.untrusted_role:
        raise Permanent(
            "This code comes from outside, and there is no role without rights to run it with; "
            "set CODEBUILD_UNTRUSTED_ROLE"
        )
    group = {"groupName": place.untrusted_log_group} if place.untrusted_log_group else {}
    return {
        "serviceRoleOverride": place.untrusted_role,
        "privilegedModeOverride": False,
        "cacheOverride": {"type": "NO_CACHE"},
        "artifactsOverride": {"type": "NO_ARTIFACTS"},
        "logsConfigOverride": {"cloudWatchLogs": {"status": "ENABLED", **group}, "s3Logs": {"status": "DISABLED"}},
    }
