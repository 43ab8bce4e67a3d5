"""The site: files that never change, under names of their own, and a pointer that only changes from what it was."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile, ZipInfo

from checks.errors import Permanent
from deploy.archive import files, opened
from deploy.artifact import Artifact
from deploy.target import Live, Progress, Refused, Surroundings, Write, artifact_of, done, failed, going
from deploy.targets.asking import REQUEST
from deploy.targets.static_site.bucket import Bucket, Place, Pointer, release_in
from deploy.targets.static_site.content import content_type

CURRENT = "current"
AT_ONCE = 4
LARGEST_FILE = 256 << 20
"""Bytes: a file is in memory while it is uploaded."""

MOST_READ = 1 << 16
"""Bytes of an answer: a pointer is a line of JSON."""

SOON = timedelta(seconds=5)
PATIENCE = timedelta(seconds=20)
"""For an answer of the site: the lease is held meanwhile."""

FOR_EVER, ASK_AGAIN = "public, max-age=31536000, immutable", "no-cache"
"""https://www.rfc-editor.org/rfc/rfc8246, https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2.4"""


class Site:
    longest = REQUEST
    """Only the pointer's change counts: files of a release may arrive whenever they like."""

    def __init__(self, place: Place, label: str, around: Surroundings) -> None:
        self._place = place
        self._label = label
        self._around = around
        self._bucket = Bucket(place, around.in_region(place.region) if place.region else around.aws)

    async def live(self) -> Live:
        try:
            return _live(await self._bucket.pointer())
        except Refused as refusal:
            raise Permanent(str(refusal)) from refusal

    async def deploy(self, write: Write) -> Progress:
        try:
            artifact = artifact_of(write.version, self._label)
            pointer = await self._bucket.pointer()
            if pointer.release != write.version.id:
                self._refuse_foreign(write, pointer, {write.version.id})
                await self._upload(artifact, write.version.id)
            return await self._point(write, pointer, write.version.id)
        except (Refused, Permanent) as refusal:
            return failed(str(refusal))

    async def observe(self, write: Write) -> Progress:
        try:
            pointer = await self._bucket.pointer()
        except Refused as refusal:
            return failed(str(refusal))
        if pointer.release == write.version.id:
            return await self._seen(pointer, f"{self._place.pointer} names {pointer.release}")
        why = f"{self._place.pointer} names {pointer.release or 'nothing'}: somebody else changed it"
        return failed(f"{why}, deploy again to put it right", _live(pointer))

    async def roll_back(self, write: Write, to: Live) -> Progress:
        release = to.values.get(CURRENT, "")
        if not release:
            return failed("nothing was live before: nothing is rolled back; deploy a version instead")
        try:
            pointer = await self._bucket.pointer()
            self._refuse_foreign(write, pointer, {release, write.version.id})
            await self._refuse_gone(release)
            return await self._point(write, pointer, release)
        except Refused as refusal:
            return failed(str(refusal))

    # --- files -----------------------------------------------------------------------------------

    async def _upload(self, artifact: Artifact, release: str) -> None:
        """What has the right name and size is there already: an object appears whole or not at all."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / "archive.zip"
            await self._around.fetch(artifact, self._place.region, path)
            with opened(path, artifact.digest) as archive:
                infos = files(archive)
                _refuse_large(infos)
                there = await self._bucket.sizes(release)
                due = [each for each in infos if there.get(each.filename) != each.file_size]
                await self._put_due(archive, due, release)

    async def _put_due(self, archive: ZipFile, due: Sequence[ZipInfo], release: str) -> None:
        left = iter(due)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(self._put_all(archive, left, release))
        except ExceptionGroup as troubles:
            raise troubles.exceptions[0] from None

    async def _put_all(self, archive: ZipFile, left: Iterator[ZipInfo], release: str) -> None:
        for info in left:
            await self._bucket.put(
                f"{self._place.releases}{release}/{info.filename}",
                await asyncio.to_thread(archive.read, info),
                CacheControl=FOR_EVER,
                ContentType=content_type(info.filename),
            )

    # --- the pointer -----------------------------------------------------------------------------

    async def _point(self, write: Write, pointer: Pointer, release: str) -> Progress:
        if pointer.release != release:
            pointer = await self._change(write, pointer, release)
        if self._place.distribution:
            await self._bucket.forget(f"{write.token}-{release}")
        return await self._seen(pointer, f"{self._place.pointer} names {release}")

    async def _change(self, write: Write, pointer: Pointer, release: str) -> Pointer:
        path = f"{self._place.releases.rpartition('releases/')[1]}{release}/"
        body = {"release": release, "path": path, "sha": write.version.sha, "deployment": write.token}
        only_if = {"IfMatch": pointer.etag} if pointer.etag else {"IfNoneMatch": "*"}
        write.begins(REQUEST)
        try:
            await self._bucket.put(
                self._place.pointer,
                json.dumps(body).encode(),
                CacheControl=ASK_AGAIN,
                ContentType="application/json",
                **only_if,
            )
        except Refused as refusal:
            if refusal.code not in ("PreconditionFailed", "NoSuchKey"):
                raise
        # A repetition of our own, whose first answer was lost, is refused too: what is there says who it was.
        now = await self._bucket.pointer()
        if now.release != release:
            why = f"somebody else changed {self._place.pointer} at the same moment: it names {now.release or 'nothing'}"
            raise Refused(f"{why}, nothing was overwritten; deploy again if it should be")
        return now

    async def _seen(self, pointer: Pointer, why: str) -> Progress:
        if not self._place.url:
            return done(why, _live(pointer))
        answered = await self._answered()
        if answered == pointer.release:
            return done(why, _live(pointer), self._place.url)
        return going(f"{self._place.url} answers {answered}, not yet {pointer.release}", SOON, _live(pointer))

    async def _answered(self) -> str:
        """The release that everybody sees, or what is answered instead."""
        from aiohttp import ClientError, ClientTimeout  # noqa: PLC0415  only where a site is looked at

        patience = ClientTimeout(total=PATIENCE.total_seconds())
        try:
            async with self._around.http.get(
                self._place.url, headers={"Cache-Control": "no-cache"}, timeout=patience
            ) as answer:
                return release_in(await answer.content.read(MOST_READ)) if answer.ok else str(answer.status)
        except (ClientError, TimeoutError) as error:
            return type(error).__name__

    async def _refuse_gone(self, release: str) -> None:
        if not await self._bucket.sizes(release):
            raise Refused(f"the files of {release} are not there any more: deploy that version again")

    def _refuse_foreign(self, write: Write, pointer: Pointer, ours: set[str]) -> None:
        before = write.before.values.get(CURRENT, "") if write.before else pointer.release
        if pointer.release in {"", before, *ours}:
            return
        why = f"somebody else changed {self._place.pointer}, which named {before or 'nothing'} when this began"
        raise Refused(f"{why}: it names {pointer.release}, nothing was overwritten; deploy again if it should be")


def _live(pointer: Pointer) -> Live:
    return Live(values={CURRENT: pointer.release} if pointer.release else {}, mark=pointer.etag)


def _refuse_large(infos: Sequence[ZipInfo]) -> None:
    for info in infos:
        if info.file_size > LARGEST_FILE:
            why = f"has {info.file_size} bytes, and {LARGEST_FILE} are the most for a file of a site"
            raise Refused(f"{info.filename} {why}: nothing was deployed")
