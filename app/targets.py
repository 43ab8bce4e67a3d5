"""Where deployments may go, as the operator lets them, and what a target may touch."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from app.aws.session import Session
from app.settings import Settings
from checks.errors import Permanent
from deploy.artifact import Artifact
from deploy.deployment import Deployment
from deploy.ports import Targets
from deploy.target import Target
from deploy.targets.parameter_store import ParameterStore


class Around:
    """`deploy.target.Surroundings`, from the settings."""

    def __init__(self, settings: Settings, aws: Session, http: ClientSession) -> None:
        self.aws = aws
        self.http = http
        self.home: Path = settings.home
        self.parameters: Sequence[str] = settings.hand_off_parameters
        self._buckets: Mapping[str, str] = settings.publish_buckets

    def in_region(self, name: str) -> Session:
        return self.aws.in_region(name)

    def bucket(self, region: str) -> str:
        region = region or self.aws.region
        if region not in self._buckets:
            raise Permanent(f"PUBLISH_BUCKETS names no bucket for {region}")
        return self._buckets[region]

    async def fetch(self, artifact: Artifact, region: str, into: Path) -> None:
        clients: Any = self.in_region(region) if region else self.aws
        await asyncio.to_thread(clients.s3.download_file, self.bucket(region), artifact.export.place, str(into))


class AllowedTargets(Targets):
    """The hand-off to parameters, where the operator says which names may be written."""

    def __init__(self, around: Around) -> None:
        self._around = around

    def open(self, deployment: Deployment) -> Target | None:
        if not self._around.parameters:
            return None
        place = ParameterStore(parameters=deployment.parameters)
        return place.open(str(deployment.version.repository), deployment.environment, self._around)
