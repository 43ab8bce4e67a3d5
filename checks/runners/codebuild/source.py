"""Brings the commit of an order to where CodeBuild finds it, and says where that is."""

import asyncio
import json
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from checks.ports import Order
from checks.runners.codebuild.archive import repack
from checks.runners.codebuild.parameters import Parameters, archived, cloned, cloned_with, server_type
from checks.runners.codebuild.place import Clients, Sources
from checks.runners.codebuild.refusal import Refused, ask

FRESH = 20 * 60.0
"""Seconds in which a token in Secrets Manager is good enough for another build: it lives an hour, and a secret keeps
at most a hundred versions of a day. https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html"""


LASTING = timedelta(hours=12)
"""A bucket for sources forgets after a day, and a build may wait for eight hours before it fetches its source."""


def now() -> datetime:
    return datetime.now(UTC)


class Deliveries:
    """What was delivered lately is not delivered again."""

    def __init__(self, clients: Clients, sources: Sources, clock: Callable[[], datetime] = now) -> None:
        self._clock = clock
        self._clients = clients
        self._sources = sources
        self._secrets: dict[int, tuple[float, str]] = {}

    async def deliver(self, order: Order) -> Parameters:
        """The part of StartBuild's parameters that says where the source is. Raises `Transient` or `Permanent`."""
        match self._sources.way(order):
            case "clone":
                return cloned(order)
            case "secret":
                return cloned_with(order, await self._secret(order))
            case "s3":
                key = key_of(order)
                return archived(self._sources.bucket, key, await self._object(order, key))

    async def _object(self, order: Order, key: str) -> str:
        """The version of the archive in the bucket, if the bucket keeps versions."""
        place = {"Bucket": self._sources.bucket, "Key": key}
        try:
            found = await asyncio.to_thread(ask, self._clients.s3.head_object, **place)
        except Refused as refused:
            # Who may not list a bucket is told 403 for what is not there.
            if not (refused.is_missing or refused.code == "403"):
                raise
            found = {}
        if not self._is_lasting(found):
            found = await self._upload(order, place)
        return version_of(found)

    def _is_lasting(self, found: Parameters) -> bool:
        """Whether the archive is there, and will be when the build has come through the queue."""
        return bool(found) and self._clock() - found["LastModified"] < LASTING

    async def _upload(self, order: Order, place: Parameters) -> Any:
        with tempfile.TemporaryDirectory(prefix="interlock-source-") as folder:
            given, made = Path(folder, "given.zip"), Path(folder, "made.zip")
            await self._sources.archive(order, given)
            digest = await asyncio.to_thread(repack, given, made)
            return await asyncio.to_thread(self._put, made, digest, place)

    def _put(self, made: Path, digest: str, place: Parameters) -> Any:
        with made.open("rb") as file:
            return ask(
                self._clients.s3.put_object, **place, Body=file, ContentType="application/zip", ChecksumSHA256=digest
            )

    async def _secret(self, order: Order) -> str:
        """The ARN of the secret with a token that outlives the queue and the download."""
        repository = order.repository.id
        put_at, arn = self._secrets.get(repository, (0.0, ""))
        if not arn or order.lost or time.monotonic() - put_at > FRESH:
            token = await self._sources.token_for(order)
            arn = await asyncio.to_thread(self._keep, f"interlock/source/{repository}", secret_of(order, token), order)
            self._secrets[repository] = time.monotonic(), arn
        return arn

    def _keep(self, name: str, value: str, order: Order) -> str:
        manager = self._clients.secretsmanager
        try:
            kept = ask(manager.put_secret_value, SecretId=name, SecretString=value)
        except Refused as refused:
            if not refused.is_missing:
                raise
            kept = ask(manager.create_secret, Name=name, SecretString=value, Tags=tags(order))
        return str(kept["ARN"])


def key_of(order: Order) -> str:
    """Trusted builds of a commit share its archive; what comes from outside has one of its own."""
    if order.trusted:
        return f"source/{order.repository.id}/{order.sha}.zip"
    return f"source/untrusted/{order.token}.zip"


def secret_of(order: Order, token: str) -> str:
    """https://docs.aws.amazon.com/codebuild/latest/userguide/asm-create-secret.html"""
    return json.dumps({"ServerType": server_type(order), "AuthType": "PERSONAL_ACCESS_TOKEN", "Token": token})


def tags(order: Order) -> list[dict[str, str]]:
    """By these the console knows the secret."""
    told = {"provider": server_type(order).lower(), "type": "personal_access_token"}
    return [{"Key": f"codebuild:source:{name}", "Value": value} for name, value in told.items()]


def version_of(answer: Any) -> str:
    """S3 calls the one version of a bucket without versions `null`."""
    version = str(answer.get("VersionId") or "")
    return "" if version == "null" else version
