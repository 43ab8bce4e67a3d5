"""A directory of releases on this machine, with a link to the one that is live: for the demo, and for one server."""

import asyncio
import os
import re
import shutil
import time
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Literal
from zipfile import ZipFile

from checks.errors import Permanent
from deploy.archive import files, opened
from deploy.artifact import Artifact
from deploy.target import Kind, Live, Progress, Refused, Surroundings, Write, artifact_of, done, failed, unknown

CURRENT, RELEASES, UNFINISHED = "current", "releases", ".unfinished-"
LONG_AGO = 3600.0
"""Seconds."""
RELEASE = re.compile(r"[\w.-]+", re.ASCII)
PLACE = re.compile(r"[\w.-]+", re.ASCII)
INSTANT = timedelta(seconds=5)
"""A link is set in one call of the system."""


class Local(Kind):
    """Unpacks a zip into `releases/<version>` and sets the link `current` to it."""

    type: Literal["local"] = "local"
    artifact: str
    """The label of the zip."""

    def open(self, service: str, environment: str, around: Surroundings) -> "Directory":
        for name in (service, environment):
            if not PLACE.fullmatch(name) or name in (".", ".."):
                raise ValueError(f"{name!r} cannot be the name of a directory")
        return Directory(around.home / service / environment, self.artifact, around)

    def problems(self, labels: Collection[str]) -> list[str]:
        return unknown(self.artifact, labels)

    def labels(self) -> Collection[str]:
        return (self.artifact,)


class Directory:
    """The link alone says what is live. A release is complete when it has its name: it is unpacked under another."""

    longest = INSTANT

    def __init__(self, place: Path, label: str, around: Surroundings) -> None:
        self._place = place
        self._label = label
        self._around = around

    async def live(self) -> Live:
        release = await asyncio.to_thread(self._current)
        return Live(values={CURRENT: release}, mark=release) if release else Live(values={})

    async def deploy(self, write: Write) -> Progress:
        try:
            artifact = artifact_of(write.version, self._label)
            if not self._release(write.version.id).is_dir():
                await self._unpack(artifact, write.version.id)
            return await self._switch(write, write.version.id)
        except (Refused, Permanent, OSError) as refusal:
            return failed(_why(refusal), await self.live())

    async def observe(self, write: Write) -> Progress:
        live = await self.live()
        if live.values.get(CURRENT) == write.version.id:
            return done(f"{CURRENT} is {write.version.id}", live)
        return failed(
            f"{CURRENT} is {live.mark or 'nothing'}: somebody else set it, deploy again to put it right", live
        )

    async def roll_back(self, write: Write, to: Live) -> Progress:
        release = to.values.get(CURRENT, "")
        if not release:
            return failed(
                "nothing was live before: nothing is rolled back; deploy a version instead", await self.live()
            )
        if not RELEASE.fullmatch(release) or not self._release(release).is_dir():
            return failed(f"{RELEASES}/{release} is not there any more: deploy that version again", await self.live())
        try:
            return await self._switch(write, release, may_be=write.version.id)
        except (Refused, OSError) as refusal:
            return failed(_why(refusal), await self.live())

    async def _unpack(self, artifact: Artifact, release: str) -> None:
        with TemporaryDirectory() as folder:
            archive = Path(folder) / "archive.zip"
            await self._around.fetch(artifact, "", archive)
            await asyncio.to_thread(_unpack, archive, artifact.digest, self._release(release))

    async def _switch(self, write: Write, release: str, may_be: str = "") -> Progress:
        now = await asyncio.to_thread(self._current)
        if write.before is not None and now not in ("", release, may_be, write.before.values.get(CURRENT, "")):
            was = write.before.values.get(CURRENT, "nothing")
            why = f"somebody else set {CURRENT} to {now}, and it was {was} when this deployment began"
            raise Refused(f"{why}: nothing was overwritten; deploy again if it should be")
        if now == release:
            return done(f"{CURRENT} is {release} already", await self.live())
        write.begins(INSTANT)
        await asyncio.to_thread(self._link, release)
        return done(f"{CURRENT} is {release}", await self.live())

    def _link(self, release: str) -> None:
        """A link cannot be changed, only replaced: https://pubs.opengroup.org/onlinepubs/9799919799/functions/rename.html"""
        new = self._place / f".{CURRENT}-{os.getpid()}"
        new.unlink(missing_ok=True)
        new.symlink_to(Path(RELEASES, release))
        new.replace(self._place / CURRENT)

    def _current(self) -> str:
        link = self._place / CURRENT
        if link.is_symlink():
            return link.readlink().name
        return "no link" if link.exists() else ""

    def _release(self, release: str) -> Path:
        return self._place / RELEASES / release


def _why(refusal: Exception) -> str:
    if not isinstance(refusal, OSError):
        return str(refusal)
    return f"this machine said {refusal.strerror} of {refusal.filename}: mend that, then deploy again"


def _unpack(archive: Path, digest: str, release: Path) -> None:
    """In the same file system, so that the release gets its name at once, and whole."""
    release.parent.mkdir(parents=True, exist_ok=True)
    _sweep(release.parent)
    folder = Path(mkdtemp(prefix=UNFINISHED, dir=release.parent))
    folder.chmod(0o755)
    try:
        with opened(archive, digest) as zipped:
            _extract(zipped, folder)
        folder.rename(release)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        if not release.is_dir():  # else somebody was faster, with the same
            raise


def _extract(zipped: ZipFile, folder: Path) -> None:
    for info in files(zipped):
        path = folder / info.filename
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipped.open(info) as content, path.open("wb") as file:
            shutil.copyfileobj(content, file)


def _sweep(releases: Path) -> None:
    """What those left who were killed, and nobody works on any more."""
    for left in releases.glob(f"{UNFINISHED}*"):
        if time.time() - left.stat().st_mtime > LONG_AGO:
            shutil.rmtree(left, ignore_errors=True)
