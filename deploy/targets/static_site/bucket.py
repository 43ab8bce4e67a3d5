"""What S3 and CloudFront are asked about a site, and what they tell of it."""

import json
from functools import partial
from typing import Any

from msgspec import Struct

from deploy.announcement import brief
from deploy.target import Refused
from deploy.targets.asking import ask


class Place(Struct, frozen=True, kw_only=True):
    """What people wrote, see `kind.StaticSite`. `releases` and `pointer` are keys."""

    bucket: str
    releases: str
    pointer: str
    distribution: str = ""
    invalidate: tuple[str, ...] = ()
    url: str = ""
    region: str = ""


class Pointer(Struct, frozen=True, kw_only=True):
    """ "" where there is none."""

    release: str = ""
    etag: str = ""


class Bucket:
    def __init__(self, place: Place, aws: Any) -> None:
        self._place = place
        self._aws = aws

    async def sizes(self, release: str) -> dict[str, int]:
        """Name → bytes of a release's files that are there."""
        prefix = f"{self._place.releases}{release}/"

        def pages() -> list[Any]:
            return list(
                self._aws.s3.get_paginator("list_objects_v2").paginate(Bucket=self._place.bucket, Prefix=prefix)
            )

        found = await self._ask("s3:ListBucket", pages)
        return {each["Key"].removeprefix(prefix): each["Size"] for page in found for each in page.get("Contents", [])}

    async def pointer(self) -> Pointer:
        def read() -> tuple[bytes, str]:
            answer = self._aws.s3.get_object(Bucket=self._place.bucket, Key=self._place.pointer)
            return answer["Body"].read(), answer["ETag"]

        try:
            body, etag = await self._ask("s3:GetObject", read)
        except Refused as refusal:
            if refusal.code == "NoSuchKey":
                return Pointer()
            raise
        return Pointer(release=release_in(body), etag=etag)

    async def forget(self, reference: str) -> None:
        """The same reference again is the same invalidation."""
        paths = list(self._place.invalidate)
        await ask(
            f"cloudfront:CreateInvalidation on {self._place.distribution}", self._aws.cloudfront.create_invalidation,
            DistributionId=self._place.distribution,
            InvalidationBatch={"CallerReference": reference, "Paths": {"Quantity": len(paths), "Items": paths}},
        )  # fmt: skip

    async def put(self, key: str, body: bytes, **more: str) -> None:
        await self._ask(
            "s3:PutObject", partial(self._aws.s3.put_object, Bucket=self._place.bucket, Key=key, Body=body, **more)
        )

    async def _ask(self, action: str, make: Any) -> Any:
        try:
            return await ask(f"{action} in {self._place.bucket}", make)
        except Refused as refusal:
            if refusal.code == "NoSuchBucket":
                why = f"there is no bucket {self._place.bucket}: create it or correct its name, then deploy again"
                raise Refused(why, refusal.code) from refusal
            raise


def release_in(body: bytes) -> str:
    """The release that a pointer names. Whoever answers in its place may answer anything, and as long as they like."""
    try:
        return brief(str(json.loads(body)["release"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return "something unknown"
