"""A town whose builds run on a local AWS."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.demo.aws.fleets.scripted import Script
from app.demo.aws.server import LocalAWS
from app.demo.cloud import prepare
from app.demo.stage import UNHURRIED, Stage, stage
from app.github.lane import Limits
from tests import moto
from tests.flows.town import Town, settle


@dataclass
class Cloud:
    """The town, its AWS, and the App between them."""

    town: Town
    aws: LocalAWS
    stage: Stage

    @property
    def started(self) -> list[dict[str, Any]]:
        """What StartBuild was told, the oldest first."""
        return [asked.params for asked in self.aws.asked if asked.operation == "StartBuild"]


@asynccontextmanager
async def cloud(
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    script: Script | None = None,
    poll: float = 1.0,
    limits: Limits = UNHURRIED,
    seed: int = 0,
    more: Mapping[str, object] | None = None,
) -> AsyncIterator[Cloud]:
    async with LocalAWS(directory / "aws", script=script, seed=seed, moto=moto.shared()) as aws:
        for name, value in aws.environment.items():
            monkeypatch.setenv(name, value)
        settings = {**await prepare(aws), "codebuild_poll_seconds": poll, **(more or {})}
        async with stage(directory / "stage", owner="acme", settle=settle, limits=limits, more=settings) as on:
            await on.github.install_app(on.registered, "acme", by="ana")
            yield Cloud(Town(on.github, directory / "people"), aws, on)
