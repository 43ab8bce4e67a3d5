"""Two regions of AWS on this machine: a real registry in each, and S3 and ECR of a moto server."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]  # no stubs
import msgspec
from aiohttp import ClientSession
from yarl import URL

from app.aws.depots.registry import Blob, Manifest

EAST, WEST = "us-east-1", "us-west-2"
ACCOUNT = "123456789012"
OCI = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
_numbers = count(1)
PROGRAM = "docker-registry"
MISSING = "copies between registries are tried with docker-registry of Debian: apt-get install docker-registry"


def is_there() -> bool:
    return shutil.which(PROGRAM) is not None


def host(region: str) -> str:
    return f"{ACCOUNT}.dkr.ecr.{region}.amazonaws.com"


@contextmanager
def registry(folder: Path) -> Iterator[str]:
    """A registry that keeps everything in `folder`; its URL."""
    folder.mkdir()
    settings, log = folder / "settings.yml", folder / "log"
    settings.write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder}}}, delete: {{enabled: true}}}}\n"
        "http: {addr: 127.0.0.1:0}\nlog: {level: info}\n"
    )
    with (
        log.open("wb") as output,
        subprocess.Popen([PROGRAM, "serve", settings], stdout=output, stderr=output) as process,
    ):
        try:
            yield f"http://{_address(log)}"
        finally:
            process.kill()


def _address(log: Path) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if found := re.search(r"listening on (127[\d.:]+)", log.read_text()):
            return found[1]
        time.sleep(0.01)
    raise AssertionError(log.read_text())


def s3(aws: str, region: str) -> Any:
    return boto3.client("s3", region_name=region, endpoint_url=aws)


def new_buckets(aws: str) -> dict[str, str]:
    """A bucket in each of the two regions, that no other test uses."""
    names = {region: f"code-{region}-{next(_numbers)}" for region in (EAST, WEST)}
    s3(aws, EAST).create_bucket(Bucket=names[EAST])
    s3(aws, WEST).create_bucket(Bucket=names[WEST], CreateBucketConfiguration={"LocationConstraint": WEST})
    return names


def digest_of(content: bytes) -> str:
    return f"sha256:{sha256(content).hexdigest()}"


async def push(http: ClientSession, url: str, name: str, reference: str, *layers: bytes) -> Manifest:
    """An image, as any client pushes it."""
    parts = [b"{}" + name.encode(), *layers]
    for content in parts:
        async with http.post(f"{url}/v2/{name}/blobs/uploads/") as answer:
            place = URL(url).join(URL(answer.headers["Location"]))
        async with http.put(place.update_query(digest=digest_of(content)), data=BytesIO(content)) as answer:
            assert answer.status == 201
    config, *others = [{"mediaType": "x", "digest": digest_of(each), "size": len(each)} for each in parts]
    return await _put(
        http, url, name, reference, {"schemaVersion": 2, "mediaType": OCI, "config": config, "layers": others}
    )


async def push_list(http: ClientSession, url: str, name: str, tag: str, *images: Manifest) -> Manifest:
    listed = [{"mediaType": OCI, "digest": each.digest, "size": len(each.body)} for each in images]
    return await _put(http, url, name, tag, {"schemaVersion": 2, "mediaType": INDEX, "manifests": listed})


async def _put(http: ClientSession, url: str, name: str, reference: str, document: dict[str, Any]) -> Manifest:
    manifest = Manifest(msgspec.json.encode(document), str(document["mediaType"]))
    where = f"{url}/v2/{name}/manifests/{reference or manifest.digest}"
    async with http.put(where, data=manifest.body, headers={"Content-Type": manifest.media_type}) as answer:
        assert answer.status == 201, await answer.text()
    return manifest


async def read(http: ClientSession, url: str, name: str, blob: Blob) -> bytes:
    async with http.get(f"{url}/v2/{name}/blobs/{blob.digest}") as answer:
        assert answer.status == 200
        return await answer.read()


def blob_file(folder: Path, digest: str) -> Path:
    hexadecimal = digest.removeprefix("sha256:")
    return folder / "docker/registry/v2/blobs/sha256" / hexadecimal[:2] / hexadecimal / "data"
