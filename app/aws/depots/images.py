"""Images in ECR: copied from region to region part by part, and known by the digest of their manifest."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from aiohttp import ClientSession
from yarl import URL

from app.aws.depots.registry import Manifest, Registry, Unauthorized
from app.aws.regions import Absent, Regions
from app.aws.session import Session
from checks.errors import Permanent, Transient
from deploy.artifact import Artifact, Export

NO_REPOSITORY = frozenset({"RepositoryNotFoundException"})
NO_POLICY = frozenset({"LifecyclePolicyNotFoundException"})
EXISTS = frozenset({"RepositoryAlreadyExistsException"})
MARGIN = timedelta(minutes=10)
"""ECR's tokens live for 12 hours; none is used in its last minutes."""
UNTAGGED_FOR_A_WEEK = (
    '{"rules": [{"rulePriority": 1, "description": "Expire what has no tag after 7 days", "selection": '
    '{"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7}, '
    '"action": {"type": "expire"}}]}'
)


class _Opened(NamedTuple):
    """`host` is what values of builds call the registry."""

    host: str
    registry: Registry
    until: datetime


class Images:
    """`reached_at` turns the URL that ECR gives for a registry into the one to ask: a stand-in is elsewhere."""

    def __init__(self, regions: Regions, http: ClientSession, reached_at: Callable[[str], str] = str) -> None:
        self._regions = regions
        self._http = http
        self._reached_at = reached_at
        self._open: dict[str, _Opened] = {}

    async def digest(self, export: Export, region: str) -> str | None:
        async with self._registries(region) as (opened,):
            if export.registry and region == self._regions.home and export.registry != opened.host:
                raise Permanent(f"it names the registry {export.registry}, and builds publish to {opened.host}")
            manifest = await opened.registry.manifest(export.place, export.tag)
            return manifest.digest if manifest and await _is_whole(opened.registry, export.place, manifest) else None

    async def copy(self, artifact: Artifact, region: str) -> None:
        """Parts before what names them: what was cut off is gone on with, and nobody sees half an image."""
        export = artifact.export
        async with self._registries(self._regions.home, region) as (home, there):
            await self._make_repository(export.place, region)
            manifest = await _copy(home.registry, there.registry, export.place, artifact.digest)
            await _put(there.registry, export.place, export.tag, manifest)

    @asynccontextmanager
    async def _registries(self, *regions: str) -> AsyncIterator[list[_Opened]]:
        """A token that is not taken any more is not used again."""
        try:
            yield [await self._registry(region) for region in regions]
        except Unauthorized:
            for region in regions:
                self._open.pop(region, None)
            raise

    async def _registry(self, region: str) -> _Opened:
        known = self._open.get(region)
        if known is None or known.until < datetime.now(UTC):
            answer = await self._regions.call(region, "ecr:GetAuthorizationToken", _token)
            data = answer["authorizationData"][0]
            endpoint, headers = str(data["proxyEndpoint"]), {"Authorization": f"Basic {data['authorizationToken']}"}
            registry = Registry(self._http, self._reached_at(endpoint), headers)
            known = _Opened(URL(endpoint).host or "", registry, data["expiresAt"] - MARGIN)
            self._open[region] = known
        return known

    async def _make_repository(self, name: str, region: str) -> None:
        """Like the one at home, which CI made: with its lifecycle policy."""
        describe = "ecr:DescribeRepositories"
        try:
            await self._regions.call(region, describe, lambda aws: _describe(aws, name), NO_REPOSITORY)
        except Absent:
            policy = await self._policy(name)
            with suppress(Absent):  # somebody else was faster
                await self._regions.call(region, "ecr:CreateRepository", lambda aws: _create(aws, name), EXISTS)
            await self._regions.call(region, "ecr:PutLifecyclePolicy", lambda aws: _put_policy(aws, name, policy))

    async def _policy(self, name: str) -> str:
        absent = NO_REPOSITORY | NO_POLICY
        try:
            return await self._regions.call(
                self._regions.home, "ecr:GetLifecyclePolicy", lambda aws: _get_policy(aws, name), absent
            )
        except Absent:
            return UNTAGGED_FOR_A_WEEK


async def _is_whole(registry: Registry, name: str, manifest: Manifest) -> bool:
    for digest in manifest.children:
        child = await registry.manifest(name, digest)
        if child is None or child.digest != digest or not await _is_whole(registry, name, child):
            return False
    return all([await registry.has(name, blob) for blob in manifest.blobs])


async def _copy(source: Registry, target: Registry, name: str, digest: str) -> Manifest:
    """All that the manifest names, and not yet the manifest."""
    manifest = await source.manifest(name, digest)
    if manifest is None or manifest.digest != digest:
        raise Transient(f"{name}@{digest} cannot be read where it was published")
    for each in manifest.children:
        await _put(target, name, each, await _copy(source, target, name, each))
    for blob in manifest.blobs:
        if not await target.has(name, blob):
            async with source.read(name, blob) as pieces:
                await target.write(name, blob, pieces)
    return manifest


async def _put(target: Registry, name: str, reference: str, manifest: Manifest) -> None:
    """A tag that may not move refuses even what it names already, as when replication was faster."""
    try:
        await target.put(name, reference, manifest)
    except Permanent:
        there = await target.manifest(name, reference)
        if there is None or there.digest != manifest.digest:
            raise


def _token(aws: Session) -> Any:
    return aws.ecr.get_authorization_token()


def _describe(aws: Session, name: str) -> None:
    aws.ecr.describe_repositories(repositoryNames=[name])


def _create(aws: Session, name: str) -> None:
    aws.ecr.create_repository(
        repositoryName=name,
        imageTagMutability="IMMUTABLE",
        imageScanningConfiguration={"scanOnPush": True},
    )


def _get_policy(aws: Session, name: str) -> str:
    return str(aws.ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"])


def _put_policy(aws: Session, name: str, policy: str) -> None:
    aws.ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=policy)
