"""What builds of this machine publish to this machine: zips in a directory, known by the SHA-256 of their bytes."""

import asyncio
import os
import shutil
from collections.abc import Callable, Sequence
from hashlib import file_digest
from io import BufferedReader
from pathlib import Path
from typing import TypeVar

from checks.errors import Permanent, Transient
from deploy.artifact import Artifact, Export, Kind
from deploy.ports import Depot

Found = TypeVar("Found")


class LocalDepot(Depot):
    """`GitHub/owner/name/<commit>.zip` lies below `folder` under that name. There is one machine, and so no region."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    @property
    def home(self) -> str:
        return "local"

    @property
    def further(self) -> Sequence[str]:
        return ()

    async def digest(self, export: Export, region: str) -> str | None:
        if export.kind is not Kind.ZIP:
            raise Permanent(f"{export.name} is an image, and LOCAL_DEPOT keeps zips: publish a zip, or name a registry")
        return await self._read(export.place, _digest)

    async def copy(self, artifact: Artifact, region: str) -> None:
        raise Permanent(f"{artifact.export.name} stays on this machine: LOCAL_DEPOT knows no region {region}")

    async def fetch(self, artifact: Artifact, into: Path) -> None:
        def copy(file: BufferedReader) -> bool:
            with into.open("wb") as copied:
                shutil.copyfileobj(file, copied)
            return True

        if not await self._read(artifact.export.place, copy):
            raise Permanent(f"{artifact.export.place} is not in LOCAL_DEPOT any more: build again")

    async def _read(self, name: str, read: Callable[[BufferedReader], Found]) -> Found | None:
        """None where there is no such file. Links are not followed: they may lead out of the depot."""
        path = self._folder / name
        if ".." in path.parts or path == self._folder or not path.is_relative_to(self._folder):
            raise Permanent(f"{name} is no name in LOCAL_DEPOT")

        def read_it() -> Found | None:
            if path.resolve() != self._folder.resolve() / name:
                raise Permanent(f"{name} leads out of LOCAL_DEPOT: ask the operator to remove the link")
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
                return read(file)

        try:
            return await asyncio.to_thread(read_it)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Transient(f"{name} in LOCAL_DEPOT cannot be read: this machine said {error.strerror}") from None


def _digest(file: BufferedReader) -> str:
    return f"sha256:{file_digest(file, 'sha256').hexdigest()}"
