"""Images go from region to region through two real registries, and count only when they are there whole."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import boto3  # type: ignore[import-untyped]  # no stubs
import pytest
from aiohttp import ClientSession, TraceConfig, web
from msgspec.structs import replace

from app.aws.depots.images import UNTAGGED_FOR_A_WEEK, Images
from app.aws.depots.registry import Registry
from app.aws.regions import Regions
from app.aws.session import Session
from checks.errors import Permanent, Transient
from deploy.artifact import Artifact, Export, Kind
from tests.app.aws import ports
from tests.app.aws.ports import EAST, WEST, host
from tests.needs import needs

SHA = "4f2a91c0de" * 4
LAYER, OTHER_LAYER = b"layer" * 300_000, b"another" * 1000
_numbers = count(1)


class Places(NamedTuple):
    """A registry a region: its URL and the folder with what it keeps."""

    urls: dict[str, str]
    folders: dict[str, Path]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    needs(ports.is_there(), ports.MISSING)
    folders = {region: tmp_path_factory.mktemp("registries") / region for region in (EAST, WEST)}
    with ExitStack() as stack:
        yield Places({region: stack.enter_context(ports.registry(folders[region])) for region in folders}, folders)


@pytest.fixture
def export() -> Export:
    """A repository of its own for each test."""
    place = f"github/acme/web-{next(_numbers)}"
    return Export(kind=Kind.IMAGE, label="WEB", value=f"{place}:{SHA}", place=place, tag=SHA)


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession() as http:
        yield http


@pytest.fixture
def regions(aws: str) -> Regions:
    return Regions(Session(lambda *_: None), EAST)


def images(regions: Regions, places: Places, http: ClientSession) -> Images:
    def reached_at(url: str) -> str:
        return next(places.urls[region] for region in places.urls if region in url)

    return Images(regions, http, reached_at)


@pytest.fixture
def shelf(regions: Regions, places: Places, http: ClientSession) -> Images:
    return images(regions, places, http)


def artifact(export: Export, digest: str) -> Artifact:
    return Artifact(repository=42, sha=SHA, build="b1", export=export, digest=digest)


def ecr(aws: str, region: str) -> Any:
    return boto3.client("ecr", region_name=region, endpoint_url=aws)


# --- what is there -----------------------------------------------------------------------------


async def test_an_image_is_known_by_the_digest_of_its_manifest(
    shelf: Images, places: Places, http: ClientSession, export: Export
) -> None:
    pushed = await ports.push(http, places.urls[EAST], export.place, SHA, LAYER)

    assert await shelf.digest(export, EAST) == pushed.digest
    assert await shelf.digest(export, WEST) is None


async def test_an_image_with_a_layer_missing_is_not_there(
    shelf: Images, places: Places, http: ClientSession, export: Export
) -> None:
    layer = export.place.encode()
    await ports.push(http, places.urls[EAST], export.place, SHA, layer)
    ports.blob_file(places.folders[EAST], ports.digest_of(layer)).unlink()

    assert await shelf.digest(export, EAST) is None


async def test_an_image_with_a_layer_cut_short_is_not_there(
    shelf: Images, places: Places, http: ClientSession, export: Export
) -> None:
    layer = export.place.encode()
    await ports.push(http, places.urls[EAST], export.place, SHA, layer)
    ports.blob_file(places.folders[EAST], ports.digest_of(layer)).write_bytes(layer[:-1])

    assert await shelf.digest(export, EAST) is None


async def test_the_registry_that_is_named_has_to_be_that_of_the_builds(
    shelf: Images, places: Places, http: ClientSession, export: Export
) -> None:
    pushed = await ports.push(http, places.urls[EAST], export.place, SHA, LAYER)

    assert await shelf.digest(replace(export, registry=host(EAST)), EAST) == pushed.digest
    foreign = "999999999999.dkr.ecr.us-east-1.amazonaws.com"
    with pytest.raises(Permanent, match=f"it names the registry {foreign}, and builds publish to {host(EAST)}"):
        await shelf.digest(replace(export, registry=foreign), EAST)


# --- copies ------------------------------------------------------------------------------------


async def test_an_image_is_copied_with_all_its_layers(
    shelf: Images, places: Places, http: ClientSession, export: Export
) -> None:
    pushed = await ports.push(http, places.urls[EAST], export.place, SHA, LAYER, OTHER_LAYER)

    for _ in range(2):
        await shelf.copy(artifact(export, pushed.digest), WEST)

    assert await shelf.digest(export, WEST) == pushed.digest
    there = [await ports.read(http, places.urls[WEST], export.place, blob) for blob in pushed.blobs]
    assert there[1:] == [LAYER, OTHER_LAYER]
    assert await Registry(http, places.urls[WEST], {}).manifest(export.place, SHA) == pushed


async def test_a_list_of_images_is_copied_with_the_image_of_each_platform(
    shelf: Images, places: Places, http: ClientSession, export: Export
) -> None:
    url = places.urls[EAST]
    some = [await ports.push(http, url, export.place, "", layer) for layer in (LAYER, OTHER_LAYER)]
    listed = await ports.push_list(http, url, export.place, SHA, *some)

    await shelf.copy(artifact(export, listed.digest), WEST)

    assert await shelf.digest(export, WEST) == listed.digest
    west = Registry(http, places.urls[WEST], {})
    assert [await west.manifest(export.place, each.digest) for each in some] == some


async def test_a_copy_that_is_cut_off_anywhere_does_not_count_and_is_gone_on_with(
    shelf: Images, regions: Regions, places: Places, http: ClientSession, export: Export
) -> None:
    url = places.urls[EAST]
    some = [await ports.push(http, url, export.place, "", layer) for layer in (LAYER, OTHER_LAYER)]
    listed = await ports.push_list(http, url, export.place, SHA, *some)
    wanted = artifact(export, listed.digest)

    for survived in count():
        async with ClientSession(trace_configs=[killer(survived)]) as mortal:
            try:
                await images(regions, places, mortal).copy(wanted, WEST)
                break
            except Killed:
                assert await shelf.digest(export, WEST) is None

    assert survived > 10
    assert await shelf.digest(export, WEST) == listed.digest


class Killed(BaseException):
    """SIGKILL in the middle of a copy."""


def killer(survives: int) -> TraceConfig:
    """Lets so many requests pass."""
    left = [survives]

    async def on_start(*_: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Killed

    config = TraceConfig()
    config.on_request_start.append(on_start)
    return config


async def test_a_layer_that_is_damaged_at_home_never_arrives(
    shelf: Images, places: Places, http: ClientSession, export: Export
) -> None:
    layer = export.place.encode()
    pushed = await ports.push(http, places.urls[EAST], export.place, SHA, layer)
    ports.blob_file(places.folders[EAST], ports.digest_of(layer)).write_bytes(b"x" * len(layer))

    with pytest.raises(Permanent, match=r"answered 400 to PUT .*digest did not match"):
        await shelf.copy(artifact(export, pushed.digest), WEST)
    assert await shelf.digest(export, WEST) is None


async def test_what_replication_brings_later_is_found(
    shelf: Images, places: Places, http: ClientSession, export: Export
) -> None:
    pushed = await ports.push(http, places.urls[EAST], export.place, SHA, LAYER)
    before = await shelf.digest(export, WEST)

    await ports.push(http, places.urls[WEST], export.place, SHA, LAYER)

    assert (before, await shelf.digest(export, WEST)) == (None, pushed.digest)


@pytest.mark.parametrize("same", [True, False])
async def test_replication_may_be_faster_than_the_copy(
    regions: Regions, places: Places, http: ClientSession, export: Export, same: bool
) -> None:
    pushed = await ports.push(http, places.urls[EAST], export.place, SHA, OTHER_LAYER)

    async def replicate() -> None:
        await ports.push(http, places.urls[WEST], export.place, SHA, OTHER_LAYER if same else b"different")

    async with immutable(places.urls[WEST], http, replicate) as url:
        shelf = images(regions, Places({**places.urls, WEST: url}, places.folders), http)
        if same:
            await shelf.copy(artifact(export, pushed.digest), WEST)
        else:
            with pytest.raises(Permanent, match="the tag is immutable"):
                await shelf.copy(artifact(export, pushed.digest), WEST)
        assert (await shelf.digest(export, WEST) == pushed.digest) is same


@asynccontextmanager
async def immutable(url: str, http: ClientSession, before: Callable[[], Awaitable[None]]) -> AsyncIterator[str]:
    """A registry whose tags do not move, as ECR's may not; `before` happens just before one is set."""

    async def answer(request: web.BaseRequest) -> web.Response:
        if request.method == "PUT" and request.path.endswith(f"/manifests/{SHA}"):
            await before()
            error = {"code": "TAG_INVALID", "message": "the tag is immutable"}
            return web.json_response({"errors": [error]}, status=400)
        body = BytesIO(await request.read())
        async with http.request(request.method, url + request.path_qs, headers=request.headers, data=body) as told:
            return web.Response(status=told.status, body=await told.read(), headers=told.headers)

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


# --- the repository in the other region --------------------------------------------------------


async def test_a_repository_is_made_like_the_one_at_home(
    shelf: Images, places: Places, http: ClientSession, export: Export, aws: str
) -> None:
    policy = UNTAGGED_FOR_A_WEEK.replace("7", "3")
    ecr(aws, EAST).create_repository(repositoryName=export.place)
    ecr(aws, EAST).put_lifecycle_policy(repositoryName=export.place, lifecyclePolicyText=policy)
    pushed = await ports.push(http, places.urls[EAST], export.place, SHA, LAYER)

    await shelf.copy(artifact(export, pushed.digest), WEST)

    [made] = ecr(aws, WEST).describe_repositories(repositoryNames=[export.place])["repositories"]
    assert made["imageTagMutability"] == "IMMUTABLE"
    assert made["imageScanningConfiguration"] == {"scanOnPush": True}
    assert ecr(aws, WEST).get_lifecycle_policy(repositoryName=export.place)["lifecyclePolicyText"] == policy


async def test_a_repository_that_is_there_stays_as_it_is(
    shelf: Images, places: Places, http: ClientSession, export: Export, aws: str
) -> None:
    ecr(aws, WEST).create_repository(repositoryName=export.place)
    pushed = await ports.push(http, places.urls[EAST], export.place, SHA, LAYER)

    await shelf.copy(artifact(export, pushed.digest), WEST)

    [kept] = ecr(aws, WEST).describe_repositories(repositoryNames=[export.place])["repositories"]
    assert kept["imageTagMutability"] == "MUTABLE"


# --- trouble -----------------------------------------------------------------------------------


async def test_a_registry_that_is_down_is_tried_again_later(
    regions: Regions, http: ClientSession, export: Export, unused_tcp_port: int
) -> None:
    shelf = Images(regions, http, lambda _: f"http://127.0.0.1:{unused_tcp_port}")

    with pytest.raises(Transient, match=r"127\.0\.0\.1 is out of reach"):
        await shelf.digest(export, EAST)


async def test_a_missing_right_is_named(
    monkeypatch: pytest.MonkeyPatch, aws: str, http: ClientSession, export: Export
) -> None:
    async def deny(_: web.BaseRequest) -> web.Response:
        return web.json_response({"__type": "AccessDeniedException", "message": "no"}, status=400)

    runner = web.ServerRunner(web.Server(deny))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{runner.addresses[0][1]}")
    try:
        with pytest.raises(Permanent) as refusal:
            await Images(Regions(Session(lambda *_: None), EAST), http).digest(export, EAST)
    finally:
        await runner.cleanup()
    assert str(refusal.value) == (
        "AWS does not let the App do ecr:GetAuthorizationToken in us-east-1: give its role this right"
    )
