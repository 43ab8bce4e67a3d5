"""What StartBuild is asked, held against AWS's own description of it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.session  # type: ignore[import-untyped]  # no stubs
import pytest
from botocore.validate import ParamValidator  # type: ignore[import-untyped]  # no stubs
from hypothesis import given
from hypothesis import strategies as st

from checks.build import Architecture
from checks.errors import Permanent
from checks.ports import Order
from checks.repository import Repository
from checks.runners.codebuild import Place, Sources
from checks.runners.codebuild.parameters import archived, cloned, cloned_with, start_parameters
from tests.checks.runners.aws_town import BUILDSPEC, ROLE, SHA, order

REQUEST = botocore.session.get_session().get_service_model("codebuild").operation_model("StartBuild").input_shape
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:interlock/source/42-AbCdEf"

texts = st.text(st.characters(codec="utf-8"), max_size=30)
names = st.from_regex(r"[a-z][a-z0-9-]{1,20}", fullmatch=True)
places = st.builds(
    Place,
    project=names,
    project_aarch64=st.just("") | names,
    images=st.dictionaries(st.sampled_from(Architecture), st.just("aws/codebuild/standard:7.0") | names),
    compute_type=st.sampled_from(["", "BUILD_GENERAL1_SMALL", "BUILD_GENERAL1_2XLARGE"]),
    untrusted_role=st.just(ROLE),
    untrusted_log_group=st.just("") | names,
)
orders = st.builds(
    Order,
    token=st.from_regex(r"[0-9a-z]{26}-[0-2]", fullmatch=True),
    build=names,
    since=st.just(datetime(2026, 11, 21, tzinfo=UTC)),
    architecture=st.sampled_from(Architecture),
    repository=st.builds(
        Repository,
        id=st.integers(1, 2**40),
        full_name=st.just("acme/web"),
        installation=st.just(7),
        private=st.booleans(),
        clone_url=st.sampled_from(["https://github.com/acme/web.git", "https://git.acme.example/acme/web.git"]),
    ),
    ref=st.sampled_from(["refs/heads/main", "refs/pull/7/head", "refs/heads/gh-readonly-queue/main/pr-1-a"]),
    sha=st.just(SHA),
    buildspec=texts,
    variables=st.dictionaries(st.from_regex(r"PRX_[A-Z_]{1,20}", fullmatch=True), texts),
    trusted=st.booleans(),
    timeout=st.timedeltas(timedelta(seconds=1), timedelta(days=10)),
)
sources = st.sampled_from(["clone", "secret", "s3", "version"])


def given_source(wanted: Order, way: str) -> dict[str, Any]:
    match way:
        case "clone":
            return cloned(wanted)
        case "secret":
            return cloned_with(wanted, SECRET)
        case "s3":
            return archived("sources", "source/42/a.zip")
        case _:
            return archived("sources", "source/42/a.zip", "v1")


def parameters(wanted: Order, place: Place | None = None, way: str = "clone") -> dict[str, Any]:
    place = place or Place(project="web", untrusted_role=ROLE)
    return start_parameters(wanted, place, given_source(wanted, way), {"INTERLOCK_VALUE_FORMAT": "full"})


@given(orders, places, sources)
def test_every_order_is_a_request_that_aws_understands(wanted: Order, place: Place, way: str) -> None:
    asked = parameters(wanted, place, way)
    assert ParamValidator().validate(asked, REQUEST).generate_report() == ""
    assert 5 <= asked["timeoutInMinutesOverride"] <= 2160


@given(orders, places, sources, st.randoms())
def test_the_same_order_gives_the_same_bytes(wanted: Order, place: Place, way: str, random: Any) -> None:
    shuffled = list(wanted.variables.items())
    random.shuffle(shuffled)
    again = type(wanted)(
        **{**{name: getattr(wanted, name) for name in wanted.__struct_fields__}, "variables": dict(shuffled)}
    )
    assert json.dumps(parameters(wanted, place, way)) == json.dumps(parameters(again, place, way))


@given(orders, places, sources)
def test_untrusted_code_never_gets_rights(wanted: Order, place: Place, way: str) -> None:
    asked = parameters(wanted, place, way)
    powerless = {
        "serviceRoleOverride": ROLE,
        "privilegedModeOverride": False,
        "cacheOverride": {"type": "NO_CACHE"},
        "artifactsOverride": {"type": "NO_ARTIFACTS"},
    }
    if wanted.trusted:
        assert asked["privilegedModeOverride"] is True
        assert "serviceRoleOverride" not in asked
    else:
        assert {name: asked[name] for name in powerless} == powerless
        assert asked["logsConfigOverride"]["s3Logs"] == {"status": "DISABLED"}


def test_a_trusted_build_of_a_push_is_asked_for_like_this() -> None:
    assert parameters(order()) == {
        "projectName": "web",
        "idempotencyToken": "b1-0",
        "buildspecOverride": BUILDSPEC,
        "environmentVariablesOverride": [
            {"name": "INTERLOCK_RUN", "value": "b1-0", "type": "PLAINTEXT"},
            {"name": "INTERLOCK_VALUE_FORMAT", "value": "full", "type": "PLAINTEXT"},
            {"name": "PRX_COMMIT", "value": SHA, "type": "PLAINTEXT"},
            {"name": "PRX_REPO", "value": "acme/web", "type": "PLAINTEXT"},
        ],
        "timeoutInMinutesOverride": 60,
        "queuedTimeoutInMinutesOverride": 480,
        "reportBuildStatusOverride": False,
        "autoRetryLimitOverride": 0,
        "sourceTypeOverride": "GITHUB",
        "sourceLocationOverride": "https://github.com/acme/web.git",
        "sourceVersion": f"refs/heads/main^{{{SHA}}}",
        "gitCloneDepthOverride": 1,
        "privilegedModeOverride": True,
    }


def test_a_variable_of_the_repository_cannot_take_the_name_of_the_run() -> None:
    asked = parameters(order(variables={"INTERLOCK_RUN": "another", "INTERLOCK_VALUE_FORMAT": "short"}))
    assert [each["value"] for each in asked["environmentVariablesOverride"]] == ["b1-0", "full"]


def test_a_server_of_ones_own_is_named_as_such() -> None:
    assert cloned(order(clone_url="https://git.acme.example/acme/web.git"))["sourceTypeOverride"] == "GITHUB_ENTERPRISE"
    with pytest.raises(Permanent, match="The address of acme/web is not known"):
        cloned(order(clone_url=""))


@pytest.mark.parametrize(
    ("place", "machine"),
    [
        (
            Place(project="web"),
            {
                "environmentTypeOverride": "ARM_CONTAINER",
                "imageOverride": "aws/codebuild/amazonlinux-aarch64-standard:3.0",
                "imagePullCredentialsTypeOverride": "CODEBUILD",
            },
        ),
        (
            Place(project="web", images={Architecture.AARCH64: "acme/arm:1"}, compute_type="BUILD_GENERAL1_LARGE"),
            {
                "environmentTypeOverride": "ARM_CONTAINER",
                "imageOverride": "acme/arm:1",
                "computeTypeOverride": "BUILD_GENERAL1_LARGE",
            },
        ),
        (Place(project="web", project_aarch64="arm"), {}),
        (
            Place(project="web", project_aarch64="arm", images={Architecture.AARCH64: "acme/arm:1"}),
            {"imageOverride": "acme/arm:1"},
        ),
    ],
)
def test_the_other_architecture_is_another_machine_of_the_project_or_another_project(
    place: Place, machine: dict[str, str]
) -> None:
    asked = parameters(order(architecture=Architecture.AARCH64), place)
    about = ("environmentTypeOverride", "imageOverride", "imagePullCredentialsTypeOverride", "computeTypeOverride")
    assert {name: asked[name] for name in about if name in asked} == machine
    assert asked["projectName"] == (place.project_aarch64 or "web")


@pytest.mark.parametrize(
    ("how", "bucket", "private", "trusted", "way"),
    [
        ("auto", "sources", False, True, "clone"),
        ("auto", "sources", True, True, "s3"),
        ("auto", "sources", False, False, "s3"),
        ("auto", "sources", True, False, "s3"),
        ("s3", "sources", False, True, "s3"),
        ("secret", "", True, True, "secret"),
        ("secret", "sources", True, False, "s3"),
        ("secret", "sources", False, False, "s3"),
        ("clone", "", True, True, "clone"),
        ("clone", "sources", False, False, "s3"),
    ],
)
def test_the_source_is_given_without_a_credential_where_the_code_is_not_trusted(
    how: Any, bucket: str, private: bool, trusted: bool, way: str
) -> None:
    assert Sources(how=how, bucket=bucket).way(order(private=private, trusted=trusted)) == way


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize("how", ["secret", "clone"])
def test_code_from_outside_needs_a_bucket(how: Any, private: bool) -> None:
    with pytest.raises(Permanent, match="CODEBUILD_SOURCE_BUCKET is not set"):
        Sources(how=how).way(order(private=private, trusted=False))
