"""A registry of images through its HTTP API: manifests, their blobs, and how both are written.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

import json
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from io import BytesIO
from typing import Any

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout
from yarl import URL

from checks.errors import Permanent, Transient
from deploy.artifact import DIGEST

MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
TIMEOUT = ClientTimeout(total=None, sock_connect=10, sock_read=60)
"""A layer may take as long as it takes, if only it moves."""
PIECE = 1 << 20
LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


class Unauthorized(Transient):
    """The registry does not take the token: another one may do."""


@dataclass(frozen=True, slots=True)
class Blob:
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """`digest` is ours, made of the bytes: what the registry says of them is not believed."""

    body: bytes
    media_type: str

    @property
    def digest(self) -> str:
        return f"sha256:{sha256(self.body).hexdigest()}"

    @property
    def blobs(self) -> list[Blob]:
        """Configuration and layers; those that are fetched from elsewhere are in no registry."""
        document = self._document()
        listed = [document["config"], *document.get("layers", [])] if "config" in document else []
        return [_blob(each) for each in listed if not each.get("urls")]

    @property
    def children(self) -> list[str]:
        """The digests of the manifests that a list names, one a platform."""
        return [_blob(each).digest for each in self._document().get("manifests", [])]

    def _document(self) -> dict[str, Any]:
        try:
            document = json.loads(self.body)
        except ValueError:
            raise Permanent(f"the manifest {self.digest} is not JSON") from None
        return document if isinstance(document, dict) else {}


def _blob(listed: Mapping[str, Any]) -> Blob:
    digest, size = str(listed.get("digest")), listed.get("size")
    if not DIGEST.fullmatch(digest) or not isinstance(size, int):
        raise Permanent(f"a manifest names a part in a way that is not known: {digest}")
    return Blob(digest, size)


class Registry:
    """`url` is `https://<host>`; `name` in what follows is the repository, `github/acme/web`.

    Raises `Transient` when it is out of reach, `Permanent` when it refuses.
    """

    def __init__(self, http: ClientSession, url: str, headers: Mapping[str, str]) -> None:
        self._http = http
        self._url = URL(url)
        self._headers = headers

    async def manifest(self, name: str, reference: str) -> Manifest | None:
        """By tag or digest."""
        async with self._asked("GET", f"{name}/manifests/{reference}", {"Accept": ", ".join(MANIFESTS)}) as answer:
            if answer.status == HTTPStatus.NOT_FOUND:
                return None
            await self._agreed(answer)
            return Manifest(await answer.read(), answer.headers.get("Content-Type", MANIFESTS[-1]))

    async def has(self, name: str, blob: Blob) -> bool:
        """Whether the blob is there in its full length. Registries take none in whose digest does not fit."""
        async with self._asked("HEAD", f"{name}/blobs/{blob.digest}") as answer:
            if answer.status == HTTPStatus.NOT_FOUND:
                return False
            await self._agreed(answer)
            return answer.content_length in (None, blob.size)

    @asynccontextmanager
    async def read(self, name: str, blob: Blob) -> AsyncIterator[AsyncIterable[bytes]]:
        async with self._asked("GET", f"{name}/blobs/{blob.digest}") as answer:
            await self._agreed(answer)
            yield answer.content.iter_chunked(PIECE)

    async def write(self, name: str, blob: Blob, pieces: AsyncIterable[bytes]) -> None:
        """In one stream: ECR loses what comes in a second chunk, and says 201 where 202 is meant.
        https://github.com/aws/containers-roadmap/issues/2831"""
        async with self._asked("POST", f"{name}/blobs/uploads/") as answer:
            place = await self._place(answer)
        length = {"Content-Type": "application/octet-stream", "Content-Length": str(blob.size)}
        async with self._asked("PATCH", place, length, pieces) as answer:
            place = await self._place(answer)
        async with self._asked("PUT", place.update_query(digest=blob.digest)) as answer:
            await self._agreed(answer)

    async def put(self, name: str, reference: str, manifest: Manifest) -> None:
        """The registry refuses it while a blob or a child is missing, and where a tag that may not move names
        something else."""
        media_type = {"Content-Type": manifest.media_type}
        async with self._asked("PUT", f"{name}/manifests/{reference}", media_type, BytesIO(manifest.body)) as answer:
            await self._agreed(answer)

    @asynccontextmanager
    async def _asked(
        self, method: str, path: str | URL, headers: Mapping[str, str] | None = None, data: Any = None
    ) -> AsyncIterator[ClientResponse]:
        url = path if isinstance(path, URL) else self._url / "v2" / path
        try:
            async with self._http.request(
                method,
                url,
                headers={**self._headers, **(headers or {})},
                data=data,
                timeout=TIMEOUT,
                # ECR sends readers of blobs on to S3, which answers a GET alone; aiohttp keeps the token from it.
                allow_redirects=method == "GET",
            ) as answer:
                yield answer
        except (ClientError, TimeoutError) as error:
            raise Transient(f"{self._url.host} is out of reach: {error or type(error).__name__}") from error

    async def _place(self, answer: ClientResponse) -> URL:
        await self._agreed(answer)
        return self._url.join(URL(answer.headers["Location"]))

    async def _agreed(self, answer: ClientResponse) -> None:
        if answer.status < HTTPStatus.BAD_REQUEST:
            return
        said = _message(await answer.text(errors="replace"))
        sentence = f"{self._url.host} answered {answer.status} to {answer.method} {answer.url.path}: {said}"
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise Unauthorized(sentence)
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status in LATER:
            raise Transient(sentence)
        raise Permanent(sentence)


def _message(said: str) -> str:
    try:
        return str(json.loads(said)["errors"][0]["message"])
    except (ValueError, LookupError, TypeError):
        return said[:200]
