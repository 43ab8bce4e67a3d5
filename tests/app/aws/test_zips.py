"""Zips are copied by S3 from bucket to bucket, and known by the SHA-256 of their bytes."""

from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from app.aws.depots import AwsDepot
from app.aws.depots.zips import Zips
from app.aws.regions import Regions
from app.aws.session import Session
from checks.errors import Permanent, Transient
from deploy.artifact import Artifact, Export, Kind
from tests.app.aws.ports import EAST, WEST, digest_of, new_buckets, s3

SHA = "4f2a91c0de" * 4
KEY = f"GitHub/acme/web/{SHA}/WEB.zip"
EXPORT = Export(kind=Kind.ZIP, label="WEB", value=KEY, place=KEY)
CONTENT = b"PK" + b"zip" * 100_000
ARTIFACT = Artifact(repository=42, sha=SHA, build="b1", export=EXPORT, digest=digest_of(CONTENT))


@pytest.fixture
def buckets(aws: str) -> dict[str, str]:
    return new_buckets(aws)


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def zips(buckets: dict[str, str], asked: list[str]) -> Zips:
    return Zips(Regions(Session(lambda _, operation: asked.append(operation)), EAST), buckets)


@pytest.fixture
def put(aws: str, buckets: dict[str, str]) -> Callable[..., Any]:
    def put(region: str, content: bytes, **more: str) -> Any:
        return s3(aws, region).put_object(Bucket=buckets[region], Key=KEY, Body=content, **more)

    return put


async def test_a_zip_is_known_by_the_checksum_that_s3_keeps(
    zips: Zips, put: Callable[..., Any], asked: list[str]
) -> None:
    put(EAST, CONTENT, ChecksumAlgorithm="SHA256")

    assert await zips.digest(EXPORT, EAST) == digest_of(CONTENT)
    assert asked == ["HeadObject"]


async def test_a_zip_without_a_checksum_is_read(zips: Zips, put: Callable[..., Any], asked: list[str]) -> None:
    put(EAST, CONTENT, ChecksumAlgorithm="CRC32")

    assert await zips.digest(EXPORT, EAST) == digest_of(CONTENT)
    assert asked == ["HeadObject", "GetObject"]


async def test_a_zip_of_several_parts_is_read_because_its_checksum_is_not_that_of_its_bytes(
    zips: Zips, aws: str, buckets: dict[str, str]
) -> None:
    where = {"Bucket": buckets[EAST], "Key": KEY}
    client = s3(aws, EAST)
    upload = {**where, "UploadId": client.create_multipart_upload(**where, ChecksumAlgorithm="SHA256")["UploadId"]}
    content = [b"a" * (5 << 20), b"b"]
    parts = [
        {"PartNumber": n, "ETag": client.upload_part(**upload, PartNumber=n, Body=each)["ETag"]}
        for n, each in enumerate(content, start=1)
    ]
    client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})

    assert await zips.digest(EXPORT, EAST) == digest_of(b"".join(content))


async def test_a_zip_that_is_not_there_has_no_digest(zips: Zips) -> None:
    assert await zips.digest(EXPORT, WEST) is None


async def test_a_zip_is_copied_with_its_checksum_as_often_as_one_likes(
    zips: Zips, put: Callable[..., Any], asked: list[str]
) -> None:
    put(EAST, CONTENT)

    for _ in range(2):
        await zips.copy(ARTIFACT, WEST)
    asked.clear()

    assert await zips.digest(EXPORT, WEST) == digest_of(CONTENT)
    assert asked == ["HeadObject"]


async def test_other_bytes_in_the_further_region_show(zips: Zips, put: Callable[..., Any]) -> None:
    put(EAST, CONTENT)
    put(WEST, CONTENT[:-1])

    assert await zips.digest(EXPORT, WEST) == digest_of(CONTENT[:-1])


async def test_a_copy_of_nothing_is_tried_again_later(zips: Zips) -> None:
    with pytest.raises(Transient, match="404"):
        await zips.copy(ARTIFACT, WEST)


async def test_a_region_without_a_bucket_says_which_setting_is_missing(zips: Zips) -> None:
    with pytest.raises(Permanent) as refusal:
        await zips.digest(EXPORT, "eu-north-1")

    assert str(refusal.value) == (
        "no bucket is set for zips in eu-north-1: add it to PUBLISH_BUCKETS, as eu-north-1=<bucket>"
    )


async def test_a_missing_right_is_named(monkeypatch: pytest.MonkeyPatch, buckets: dict[str, str]) -> None:
    async def deny(_: web.BaseRequest) -> web.Response:
        return web.Response(status=403, text="<Error><Code>AccessDenied</Code></Error>")

    runner = web.ServerRunner(web.Server(deny))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{runner.addresses[0][1]}")
    closed = Zips(Regions(Session(lambda *_: None), EAST), buckets)
    try:
        with pytest.raises(Permanent) as refused:
            await closed.digest(EXPORT, EAST)
        with pytest.raises(Permanent) as also_refused:
            await closed.copy(ARTIFACT, WEST)
    finally:
        await runner.cleanup()
    assert [str(each.value) for each in (refused, also_refused)] == [
        "AWS does not let the App do s3:GetObject and s3:ListBucket in us-east-1: give its role this right",
        "AWS does not let the App do s3:PutObject in us-west-2: give its role this right",
    ]


async def test_a_service_that_is_down_is_tried_again_later(
    monkeypatch: pytest.MonkeyPatch, aws: str, unused_tcp_port: int
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{unused_tcp_port}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    with pytest.raises(Transient, match="s3:GetObject and s3:ListBucket in us-east-1"):
        await Zips(Regions(Session(lambda *_: None), EAST), {EAST: "code"}).digest(EXPORT, EAST)


def test_home_is_no_further_region() -> None:
    assert AwsDepot(EAST, [EAST, WEST], {}).further == (WEST,)
