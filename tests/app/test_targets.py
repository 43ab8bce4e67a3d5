"""Every kind of target is opened from what people wrote, where the operator lets their repository deploy to it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from app.aws.session import Session
from app.settings import Settings
from app.targets import AllowedTargets, Around
from checks.errors import Permanent, Transient
from checks.repository import Repository
from deploy.artifact import Artifact, Export, Kind
from deploy.deployment import Deployment
from deploy.pipeline import Environment
from deploy.target import State, Target, Write
from deploy.version import version_of
from tests.app.aws.ports import EAST, WEST, digest_of, new_buckets, s3

GIVEN: dict[str, Any] = {
    "github_app_id": 1,
    "github_private_key": "-----BEGIN PRIVATE KEY-----",
    "github_webhook_secret": "s",
}
WEB = Repository(id=42, full_name="acme/web", installation=7)
DOCS = Repository(id=43, full_name="acme/docs", installation=7)
SHA = "4f2a91c" + "0" * 33

NAME = "/prx/stag/Spire/Web/tag"
PARAMETERS = {"type": "parameter_store", "parameters": {"WEB": NAME}}
FUNCTION = {"type": "function", "function": "web-api", "artifact": "WEB"}
SITE = {"type": "static_site", "artifact": "SITE", "bucket": "acme-sites", "prefix": "web/"}
LOCAL = {"type": "local", "artifact": "SITE"}
OPEN = {
    "hand_off_parameters": "/prx/stag/Spire/",
    "deploy_functions": "web-*",
    "deploy_buckets": "acme-sites",
    "deploy_distributions": "E2EXAMPLE",
}


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", EAST)


def targets(http: ClientSession, **settings: Any) -> AllowedTargets:
    return AllowedTargets(Around(Settings(**GIVEN, **settings), Session(lambda *_: None), http))


def opened(of: AllowedTargets, spec: dict[str, Any], repository: Repository = WEB) -> Target | None:
    return of.opened(spec, repository, "web", "staging")


def refusal(of: AllowedTargets, spec: dict[str, Any], repository: Repository = WEB) -> str:
    with pytest.raises(Permanent) as refused:
        opened(of, spec, repository)
    return str(refused.value)


@pytest.mark.parametrize("spec", [PARAMETERS, FUNCTION, SITE, SITE | {"distribution": "E2EXAMPLE"}, LOCAL])
async def test_what_the_operator_opens_is_opened(http: ClientSession, tmp_path: Path, spec: dict[str, Any]) -> None:
    assert opened(targets(http, **OPEN, local_targets=tmp_path), spec)


async def test_a_deployment_is_opened_as_its_environment_says(http: ClientSession) -> None:
    deployment = Deployment(
        id="d1",
        version=version_of(42, SHA, []),
        service="web",
        environment=Environment(name="staging", shown="staging", target=FUNCTION),
        asked_at=datetime.now(UTC),
    )
    assert targets(http, deploy_functions="web-*").open(deployment, WEB)
    with pytest.raises(Permanent, match="DEPLOY_FUNCTIONS lets acme/web change nothing"):
        targets(http).open(deployment, WEB)


async def test_where_somebody_else_deploys_there_is_nothing_to_open(http: ClientSession) -> None:
    assert opened(targets(http), {"type": "external", "app": "github-actions"}) is None


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (PARAMETERS, f"{NAME} may not be changed: HAND_OFF_PARAMETERS lets acme/web change nothing; ask the operator"),
        (FUNCTION, "web-api may not be changed: DEPLOY_FUNCTIONS lets acme/web change nothing; ask the operator"),
        (SITE, "acme-sites/web/ may not be changed: DEPLOY_BUCKETS lets acme/web change nothing; ask the operator"),
        (LOCAL, "nothing may be deployed to this machine: the operator sets LOCAL_TARGETS to a directory"),
    ],
)
async def test_nothing_is_open_unless_the_operator_says_so(http: ClientSession, spec: dict[str, Any], why: str) -> None:
    assert refusal(targets(http), spec) == why


async def test_a_distribution_has_to_be_open_as_well_as_the_bucket(http: ClientSession) -> None:
    of = targets(http, **OPEN)
    assert refusal(of, SITE | {"distribution": "E3EXAMPLE"}) == (
        "E3EXAMPLE may not be changed: DEPLOY_DISTRIBUTIONS lets acme/web change E2EXAMPLE; ask the operator"
    )


async def test_one_name_that_is_not_open_is_enough(http: ClientSession) -> None:
    names = [NAME, "/prx/prod/Spire/Web/tag"]
    why = refusal(targets(http, **OPEN), {"type": "parameter_store", "parameters": {"WEB": names}})
    assert why.startswith("/prx/prod/Spire/Web/tag may not be changed: HAND_OFF_PARAMETERS lets acme/web change /prx/")


@pytest.mark.parametrize(
    ("settings", "spec"),
    [
        ({"hand_off_parameters": "/prx/stag/Spire/, acme/web=/prx/stag/Spire/Web/"}, PARAMETERS),
        ({"deploy_functions": "*, acme/web=web-api"}, FUNCTION),
        ({"deploy_buckets": "acme-sites, acme/web=acme-sites/web/"}, SITE),
    ],
)
async def test_what_is_kept_for_one_repository_is_closed_to_the_others(
    http: ClientSession, settings: dict[str, str], spec: dict[str, Any]
) -> None:
    of = targets(http, **settings)
    assert opened(of, spec)
    assert refusal(of, spec, DOCS).endswith("keeps it for acme/web; ask the operator")


async def test_a_bucket_of_a_similar_name_is_another_one(http: ClientSession) -> None:
    of = targets(http, deploy_buckets="acme-sites")
    assert "may not be changed" in refusal(of, SITE | {"bucket": "acme-sites-2"})
    assert opened(of, SITE | {"prefix": ""})


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (
            {"type": "ftp"},
            "there is no target 'ftp': write one of external, function, local, parameter_store, static_site",
        ),
        (
            {"parameters": {}},
            "there is no target '': write one of external, function, local, parameter_store, static_site",
        ),
        ({"type": "function", "artifact": "WEB"}, "function.function: Field required"),
        (FUNCTION | {"speed": 1}, "function.speed: Extra inputs are not permitted"),
        (FUNCTION | {"alarms": ["slow"]}, "function: alarms are asked between steps: add steps, or wait for an alarm"),
        (FUNCTION | {"region": "us-east-1.evil.example/"}, "'us-east-1.evil.example/' is no region of AWS: write one"),
    ],
)
async def test_what_cannot_be_read_says_what_is_wrong_with_it(
    http: ClientSession, spec: dict[str, Any], why: str
) -> None:
    assert refusal(targets(http, **OPEN), spec).startswith(why)


async def test_without_a_region_aws_is_not_asked(http: ClientSession, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    of = targets(http, **OPEN)
    assert refusal(of, FUNCTION) == "AWS_REGION is not set: ask the operator, or write the region of the target"
    assert opened(of, FUNCTION | {"region": WEST})


async def test_two_repositories_with_one_name_for_a_service_have_two_places_on_this_machine(
    http: ClientSession, tmp_path: Path
) -> None:
    of = targets(http, local_targets=tmp_path)
    for repository, release in ((WEB, "v1"), (DOCS, "v2")):
        current = tmp_path / repository.full_name / "web" / "staging" / "current"
        current.parent.mkdir(parents=True)
        current.symlink_to(Path("releases", release))
    live = [await target.live() for each in (WEB, DOCS) if (target := opened(of, LOCAL, each))]
    assert [each.mark for each in live] == ["v1", "v2"]


async def test_a_name_that_is_no_directory_is_refused(http: ClientSession, tmp_path: Path) -> None:
    of = targets(http, local_targets=tmp_path)
    with pytest.raises(Permanent, match=r"'\.\.' cannot be the name of a directory"):
        of.opened(LOCAL, WEB, "..", "staging")


# --- with an AWS that answers ---------------------------------------------------------------------------------------


def artifact(key: str, content: bytes) -> Artifact:
    export = Export(kind=Kind.ZIP, label="SITE", value=key, place=key)
    return Artifact(repository=42, sha=SHA, build="b1", export=export, digest=digest_of(content))


async def test_a_hand_off_is_written(http: ClientSession, aws: str) -> None:
    key = "GitHub/acme/web/1.zip"
    name = f"{NAME}-{digest_of(str(datetime.now(UTC)).encode())[-12:]}"
    target = opened(targets(http, **OPEN), {"type": "parameter_store", "parameters": {"SITE": name}})
    assert target
    version = version_of(42, SHA, [artifact(key, b"")])
    until = datetime.now(UTC) + timedelta(hours=1)
    write = Write(token="d1", service="web", environment="staging", version=version, fence=1, until=until)
    assert (await target.deploy(write)).state is State.DONE
    assert (await target.live()).values == {name: key}


async def test_a_zip_is_fetched_from_the_bucket_of_its_region(http: ClientSession, aws: str, tmp_path: Path) -> None:
    buckets, key = new_buckets(aws), "GitHub/acme/web/1.zip"
    s3(aws, WEST).put_object(Bucket=buckets[WEST], Key=key, Body=b"PK")
    around = Around(Settings(**GIVEN, publish_buckets=buckets), Session(lambda *_: None), http)
    await around.fetch(artifact(key, b"PK"), WEST, tmp_path / "zip")
    assert (tmp_path / "zip").read_bytes() == b"PK"
    with pytest.raises(Permanent, match=rf"{key} is not in {buckets[EAST]} any more: build again"):
        await around.fetch(artifact(key, b"PK"), "", tmp_path / "zip")


async def test_what_was_published_to_this_machine_is_fetched_from_it(http: ClientSession, tmp_path: Path) -> None:
    key = "GitHub/acme/web/1.zip"
    (tmp_path / "depot" / key).parent.mkdir(parents=True)
    (tmp_path / "depot" / key).write_bytes(b"PK")
    around = Around(Settings(**GIVEN, local_depot=tmp_path / "depot"), Session(lambda *_: None), http)
    await around.fetch(artifact(key, b"PK"), "", tmp_path / "zip")
    assert (tmp_path / "zip").read_bytes() == b"PK"


async def test_an_aws_that_cannot_be_asked_for_a_zip_is_asked_again_later(
    http: ClientSession, aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    around = Around(Settings(**GIVEN, publish_buckets={EAST: "code"}), Session(lambda *_: None), http)
    with pytest.raises(Transient, match=r"could not be asked for GetObject of 1\.zip in code"):
        await around.fetch(artifact("1.zip", b"PK"), "", tmp_path / "zip")
