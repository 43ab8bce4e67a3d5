"""ECR in front of a real registry: ECR's rules for pushes, the AWS API for what is in there, and moto for the rest."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import boto3  # type: ignore[import-untyped]  # no stubs
from aiohttp import ClientSession, web
from botocore.exceptions import ClientError  # type: ignore[import-untyped]  # no stubs

ACCOUNT = "123456789012"
REGION = "us-east-1"
OCI = "application/vnd.oci.image.manifest.v1+json"
MANIFESTS = f"{OCI}, application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.index.v1+json"
OWN_HEADERS = {"content-length", "transfer-encoding", "connection", "date", "server"}


def client(service: str, url: str) -> Any:
    keys = {"aws_access_key_id": "id", "aws_secret_access_key": "key"}
    return boto3.client(service, endpoint_url=url, region_name=REGION, **keys)


class Ecr:
    """`faults` are answers to come, as words and a status: a request that contains the first one's words gets it.

    `pushed_before` holds manifests that arrive, under a tag, just before somebody pushes it. `forged` is kept
    in the place of the next manifest.
    """

    url = ""

    def __init__(self, moto: str, registry: str, session: ClientSession) -> None:
        self._moto = moto
        self._registry = registry
        self._session = session
        self.repositories = client("ecr", moto)
        self.faults: list[tuple[str, int]] = []
        self.pushed_before: dict[str, bytes] = {}
        self.forged = b""
        self.requests: list[str] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        operation = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        line = operation or f"{request.method} {request.path}"
        self.requests.append(line)
        if self.faults and self.faults[0][0] in line:
            return web.json_response({"__type": "ServerException"}, status=self.faults.pop(0)[1])
        if request.path.startswith("/v2/"):
            return await self._registry_api(request)
        if operation == "BatchGetImage":
            return await self._images(await request.json())
        if operation == "PutImage":
            return await self._put_image(await request.json())
        return await self._pass_on(request, self._moto)

    async def _registry_api(self, request: web.Request) -> web.StreamResponse:
        """https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html#registry_auth_http"""
        token = self.repositories.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        if request.headers.get("Authorization") != f"Basic {token}":
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="ECR"'})
        name, _, rest = request.path.removeprefix("/v2/").partition("/manifests/")
        if request.method == "PUT" and rest:
            if rest in self.pushed_before:
                await self._put(name, rest, self.pushed_before.pop(rest), OCI)
            if self.forged:
                await self._put(name, rest, self.forged, OCI)
                return web.Response(status=201, headers={"Docker-Content-Digest": _digest(await request.read())})
            if refusal := await self._refusal(name, rest):
                return web.json_response({"errors": [{"code": "TAG_INVALID", "message": refusal}]}, status=400)
        return await self._pass_on(request, self._registry)

    async def _refusal(self, name: str, tag: str) -> str:
        try:
            found = self.repositories.describe_repositories(repositoryNames=[name])["repositories"][0]
        except ClientError as error:
            return str(error)
        held, _, _ = await self.manifest(name, tag)
        immutable = held and found["imageTagMutability"] == "IMMUTABLE"
        return f"The image tag '{tag}' already exists and cannot be overwritten" if immutable else ""

    async def _images(self, asked: dict[str, Any]) -> web.Response:
        images, failures = [], []
        for wanted in asked["imageIds"]:
            digest, kind, manifest = await self.manifest(
                asked["repositoryName"], wanted.get("imageDigest") or wanted["imageTag"]
            )
            if not digest:
                failures.append({"imageId": wanted, "failureCode": "ImageNotFound", "failureReason": "not found"})
                continue
            identity = {**wanted, "imageDigest": digest}
            images.append({"imageId": identity, "imageManifest": manifest.decode(), "imageManifestMediaType": kind})
        return web.json_response({"images": images, "failures": failures})

    async def _put_image(self, asked: dict[str, Any]) -> web.Response:
        name, tag, manifest = asked["repositoryName"], asked["imageTag"], asked["imageManifest"].encode()
        if _digest(manifest) != asked["imageDigest"]:
            return web.json_response({"__type": "ImageDigestDoesNotMatchException"}, status=400)
        if await self._refusal(name, tag):
            return web.json_response({"__type": "ImageTagAlreadyExistsException"}, status=400)
        await self._put(name, tag, manifest, asked["imageManifestMediaType"])
        return web.json_response({"image": {"imageId": {"imageTag": tag, "imageDigest": _digest(manifest)}}})

    async def _put(self, name: str, tag: str, manifest: bytes, kind: str) -> None:
        url = f"{self._registry}/v2/{name}/manifests/{tag}"
        async with self._session.put(url, data=manifest, headers={"Content-Type": kind}) as answer:
            assert answer.status == 201, await answer.text()

    async def manifest(self, name: str, reference: str) -> tuple[str, str, bytes]:
        """Digest, media type and bytes; empty if there is none."""
        url = f"{self._registry}/v2/{name}/manifests/{reference}"
        async with self._session.get(url, headers={"Accept": MANIFESTS}) as answer:
            body = await answer.read()
            return (_digest(body), answer.content_type, body) if answer.status == 200 else ("", "", b"")

    async def tags(self, name: str) -> dict[str, str]:
        """The tags of a repository, and their digests."""
        async with self._session.get(f"{self._registry}/v2/{name}/tags/list") as answer:
            listed = (await answer.json()).get("tags") or []
        return {tag: (await self.manifest(name, tag))[0] for tag in sorted(listed)}

    async def _pass_on(self, request: web.Request, to: str) -> web.Response:
        """With the Host that was asked, as both make addresses of it."""
        body = await request.read()
        headers = {name: value for name, value in request.headers.items() if name.lower() not in OWN_HEADERS}
        url = to + request.path_qs
        async with self._session.request(
            request.method, url, data=body, headers=headers, allow_redirects=False
        ) as answer:
            kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in OWN_HEADERS]
            head = request.method == "HEAD" and {"Content-Length": answer.headers.get("Content-Length", "0")}
            return web.Response(status=answer.status, body=await answer.read(), headers=[*kept, *(head or {}).items()])


def _digest(manifest: bytes) -> str:
    return "sha256:" + hashlib.sha256(manifest).hexdigest()


@asynccontextmanager
async def ecr(moto: str, registry: str) -> AsyncIterator[Ecr]:
    async with ClientSession(auto_decompress=False) as session:
        found = Ecr(moto, registry, session)
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/{path:.*}", found.answer)
        runner = web.AppRunner(app, access_log=None, auto_decompress=False)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        found.url = f"http://{host}:{port}"
        yield found
        await runner.cleanup()
