"""Zips in S3, one bucket a region: copied by S3 itself, and known by the SHA-256 of their bytes."""

from base64 import b64decode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from app.aws.regions import Absent, Regions
from app.aws.session import Session
from checks.errors import Permanent
from deploy.artifact import Artifact, Export

NOT_THERE = frozenset({"404", "NoSuchKey", "NotFound"})
LARGEST_COPY = 5 * 1024**3
"""Bytes that S3 copies in one request; what is larger goes in parts.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html"""
PIECE = 1 << 20
LOOK = "s3:GetObject and s3:ListBucket"
"""Who may not list is told 403 of what is not there."""


class Zips:
    """`buckets` has the bucket of each region."""

    def __init__(self, regions: Regions, buckets: Mapping[str, str]) -> None:
        self._regions = regions
        self._buckets = buckets

    async def digest(self, export: Export, region: str) -> str | None:
        bucket, key = self._bucket(region), export.place
        try:
            return await self._regions.call(region, LOOK, lambda aws: _digest(aws, bucket, key), NOT_THERE)
        except Absent:
            return None

    async def copy(self, artifact: Artifact, region: str) -> None:
        """Asked of the region that it goes to. An object is there whole or not at all."""
        source = {"Bucket": self._bucket(self._regions.home), "Key": artifact.export.place}
        bucket = self._bucket(region)
        home = self._regions.clients(self._regions.home)
        await self._regions.call(region, "s3:PutObject", lambda aws: _copy(aws, home, source, bucket))

    def _bucket(self, region: str) -> str:
        if region not in self._buckets:
            raise Permanent(f"no bucket is set for zips in {region}: add it to PUBLISH_BUCKETS, as {region}=<bucket>")
        return self._buckets[region]


def _digest(aws: Session, bucket: str, key: str) -> str:
    """From the checksum that S3 made when the object came; where there is none of the whole, by reading it. What
    came in parts has only one of its parts' checksums, and a number of parts in its ETag.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html"""
    head = aws.s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    checksum = head.get("ChecksumSHA256", "")
    if checksum and "-" not in head["ETag"]:
        return f"sha256:{b64decode(checksum).hex()}"
    found = sha256()
    for piece in aws.s3.get_object(Bucket=bucket, Key=key)["Body"].iter_chunks(PIECE):
        found.update(piece)
    return f"sha256:{found.hexdigest()}"


def _copy(aws: Session, home: Session, source: Mapping[str, str], bucket: str) -> None:
    from boto3.s3.transfer import TransferConfig  # type: ignore[import-untyped]  # no stubs  # noqa: PLC0415  half a second, and only where AWS is asked

    extra: dict[str, Any] = {"ChecksumAlgorithm": "SHA256"}
    config = TransferConfig(multipart_threshold=LARGEST_COPY, use_threads=False)
    aws.s3.copy(dict(source), bucket, source["Key"], ExtraArgs=extra, SourceClient=home.s3, Config=config)
