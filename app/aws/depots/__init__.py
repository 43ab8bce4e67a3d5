"""Where published artifacts lie on AWS: one kind of artifact a file, each in every region."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from app.aws.depots.images import Images
from app.aws.depots.zips import Zips
from deploy.artifact import Artifact, Export, Kind
from deploy.ports import Depot

__all__ = ["AwsDepot", "Images", "Zips"]


class Shelf(Protocol):
    """What a kind of artifact has to know; `Depot` says what the answers mean."""

    async def digest(self, export: Export, region: str) -> str | None: ...

    async def copy(self, artifact: Artifact, region: str) -> None: ...


class AwsDepot(Depot):
    def __init__(self, home: str, further: Sequence[str], shelves: Mapping[Kind, Shelf]) -> None:
        self._home = home
        self._further = tuple(region for region in further if region != home)
        self._shelves = shelves

    @property
    def home(self) -> str:
        return self._home

    @property
    def further(self) -> Sequence[str]:
        return self._further

    async def digest(self, export: Export, region: str) -> str | None:
        return await self._shelves[export.kind].digest(export, region)

    async def copy(self, artifact: Artifact, region: str) -> None:
        await self._shelves[artifact.export.kind].copy(artifact, region)
