"""How Lambda names code: which image or object it takes, and whether it is what was published."""

from base64 import b64encode
from typing import Any

from msgspec import Struct

from deploy.artifact import Artifact, Kind


class Code(Struct, frozen=True, kw_only=True):
    """One version of a function, $LATEST too, as GetFunction tells it."""

    arn: str
    version: str
    sha256: str
    image: str
    revision: str
    state: str
    update: str
    why: str

    @property
    def is_busy(self) -> bool:
        return self.state == "Pending" or self.update == "InProgress"

    @property
    def is_broken(self) -> bool:
        return "Failed" in (self.state, self.update)

    def is_of(self, artifact: Artifact) -> bool:
        if artifact.export.kind is Kind.IMAGE:
            return self.image.endswith(f"@{artifact.digest}")
        return self.sha256 == checksum(artifact.digest)


def code(answer: dict[str, Any]) -> Code:
    configuration = answer["Configuration"]
    return Code(
        arn=configuration["FunctionArn"],
        version=configuration["Version"],
        sha256=configuration.get("CodeSha256", ""),
        image=answer.get("Code", {}).get("ResolvedImageUri", ""),
        revision=configuration.get("RevisionId", ""),
        state=configuration.get("State", ""),
        update=configuration.get("LastUpdateStatus", ""),
        why=configuration.get("LastUpdateStatusReason") or configuration.get("StateReason") or "no reason",
    )


def checksum(digest: str) -> str:
    """As Lambda and S3 say it: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html"""
    return b64encode(bytes.fromhex(digest.removeprefix("sha256:"))).decode()


def image_uri(artifact: Artifact, arn: str) -> str:
    """The image by its digest, in the function's region, as Lambda takes images from no other. It is in the
    function's account unless the build named another one."""
    _, partition, _, region, account, *_ = arn.split(":")
    if artifact.export.registry:
        account = artifact.export.registry.partition(".")[0]
    domain = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    return f"{account}.dkr.ecr.{region}.{domain}/{artifact.export.place}@{artifact.digest}"
