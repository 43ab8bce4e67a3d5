"""Where deployments may go, as the operator lets them, and what a target may touch."""

import asyncio
import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
from pydantic import ValidationError

from app.allowed import Allowed, allowed
from app.aws.errors import code_of, explained, is_of_aws
from app.aws.session import Session
from app.local_depot import LocalDepot
from app.settings import REGION, Settings
from checks.errors import Permanent
from checks.repository import Repository
from deploy.artifact import Artifact
from deploy.deployment import Deployment
from deploy.ports import Targets
from deploy.target import Kind, Target
from deploy.targets import KINDS
from deploy.targets.function import Function
from deploy.targets.local import Local
from deploy.targets.parameter_store import ParameterStore
from deploy.targets.static_site import StaticSite

MOST_REGIONS = 32
NOT_THERE = frozenset({"404", "NoSuchKey", "NoSuchBucket"})

PARAMETERS, FUNCTIONS = "HAND_OFF_PARAMETERS", "DEPLOY_FUNCTIONS"
BUCKETS, DISTRIBUTIONS = "DEPLOY_BUCKETS", "DEPLOY_DISTRIBUTIONS"


class Around:
    """`deploy.target.Surroundings`, from the settings; `of` narrows them to a repository. `http` asks where
    repositories say, so its connections are `careful`."""

    def __init__(self, settings: Settings, aws: Session, http: ClientSession) -> None:
        self.aws = aws
        self.http = http
        self.settings = settings
        self.home: Path = settings.local_targets or settings.home
        self.parameters: Sequence[str] = ()
        self._depot = LocalDepot(settings.local_depot) if settings.local_depot else None
        self._buckets: Mapping[str, str] = settings.publish_buckets
        self._regions = lru_cache(MOST_REGIONS)(aws.in_region)

    def of(self, repository: Repository, parameters: Sequence[str]) -> "Around":
        """Two repositories may have a service of the same name: each has a directory of its own."""
        narrowed = copy.copy(self)
        narrowed.home = self.home / repository.full_name
        narrowed.parameters = parameters
        return narrowed

    @cached_property
    def has_region(self) -> bool:
        return bool(self.aws.region)

    def in_region(self, name: str) -> Session:
        return self._regions(name)

    def bucket(self, region: str) -> str:
        region = region or self.aws.region
        if region not in self._buckets:
            raise Permanent(f"PUBLISH_BUCKETS names no bucket for {region}")
        return self._buckets[region]

    async def fetch(self, artifact: Artifact, region: str, into: Path) -> None:
        if self._depot:
            await self._depot.fetch(artifact, into)
            return
        bucket, key = self.bucket(region), artifact.export.place
        clients: Any = self.in_region(region) if region else self.aws
        try:
            await asyncio.to_thread(clients.s3.download_file, bucket, key, str(into))
        except Exception as error:
            if code_of(error) in NOT_THERE:
                raise Permanent(f"{key} is not in {bucket} any more: build again") from None
            if not is_of_aws(error):
                raise
            raise explained(error, f"GetObject of {key} in {bucket}") from None


class AllowedTargets(Targets):
    """Opens what people wrote, where the operator lets their repository deploy to it."""

    def __init__(self, around: Around) -> None:
        settings = around.settings
        self._around = around
        self._allowed: Mapping[str, Allowed] = {
            each.setting: each
            for each in (
                allowed(PARAMETERS, settings.hand_off_parameters, "*"),
                allowed(FUNCTIONS, settings.deploy_functions),
                allowed(BUCKETS, (f"{entry.removesuffix('/')}/" for entry in settings.deploy_buckets), "*"),
                allowed(DISTRIBUTIONS, settings.deploy_distributions),
            )
        }

    def open(self, deployment: Deployment, repository: Repository) -> Target | None:
        environment = deployment.environment
        return self.opened(environment.target, repository, deployment.service, environment.name)

    def hands_over(self, repository: Repository) -> bool:
        return bool(self._allowed[PARAMETERS].of(repository.full_name))

    def opened(self, spec: Mapping[str, Any], repository: Repository, service: str, environment: str) -> Target | None:
        """None if somebody else deploys and reports. `Permanent` with a sentence if it cannot or may not be opened."""
        kind = _kind(spec)
        self._refuse(kind, repository.full_name)
        places = self._allowed[PARAMETERS].of(repository.full_name)
        prefixes = [each.pattern.removesuffix("*") for each in places]
        try:
            return kind.open(service, environment, self._around.of(repository, prefixes))
        except ValueError as wrong:
            raise Permanent(str(wrong)) from None

    def _refuse(self, kind: Kind, repository: str) -> None:
        for setting, name in _changed_by(kind):
            if why := self._allowed[setting].refusal(repository, name):
                raise Permanent(why)
        if isinstance(kind, Local) and self._around.settings.local_targets is None:
            raise Permanent("nothing may be deployed to this machine: the operator sets LOCAL_TARGETS to a directory")
        region = getattr(kind, "region", None)
        if region and not re.fullmatch(REGION, region):
            raise Permanent(f"{region!r} is no region of AWS: write one such as us-west-2")
        if region == "" and not self._around.has_region:
            raise Permanent("AWS_REGION is not set: ask the operator, or write the region of the target")


def _changed_by(kind: Kind) -> Iterator[tuple[str, str]]:
    """What a target changes, each with the setting that has to allow it."""
    match kind:
        case ParameterStore():
            yield from ((PARAMETERS, name) for names in kind.parameters.values() for name in names)
        case Function():
            yield FUNCTIONS, kind.function
        case StaticSite():
            yield BUCKETS, f"{kind.bucket}/{kind.prefix}"
            if kind.distribution:
                yield DISTRIBUTIONS, kind.distribution


def _kind(spec: Mapping[str, Any]) -> Kind:
    wanted = str(spec.get("type", ""))
    if wanted not in KINDS:
        raise Permanent(f"there is no target {wanted!r}: write one of {', '.join(KINDS)}")
    try:
        return KINDS[wanted].model_validate(dict(spec))
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        where = ".".join(str(each) for each in (wanted, *first["loc"]))
        raise Permanent(f"{where}: {first['msg'].removeprefix('Value error, ')}") from None
