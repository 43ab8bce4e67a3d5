"""Where and with what builds run on CodeBuild: what the settings say of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from checks.build import Architecture
from checks.errors import Permanent
from checks.ports import Order

IMAGE_AARCH64 = "aws/codebuild/amazonlinux-aarch64-standard:3.0"
"""https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-available.html"""


class Clients(Protocol):
    """boto3's clients, made where settings are known."""

    @property
    def codebuild(self) -> Any: ...
    @property
    def logs(self) -> Any: ...
    @property
    def s3(self) -> Any: ...
    @property
    def secretsmanager(self) -> Any: ...
    @property
    def sts(self) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The projects, and what a build of ours overrides there. What is empty is left to the project.

    Builds of untrusted code run with `untrusted_role`, and their logs go to `untrusted_log_group`: the role should
    be allowed nothing but to write there.
    """

    project: str
    project_aarch64: str = ""
    images: Mapping[Architecture, str] = field(default_factory=dict)
    compute_type: str = ""
    untrusted_role: str = ""
    untrusted_log_group: str = ""

    def project_for(self, architecture: Architecture) -> str:
        return (architecture is Architecture.AARCH64 and self.project_aarch64) or self.project


Way = Literal["clone", "s3", "secret"]


async def nothing_to_give(order: Order) -> str:
    raise Permanent(f"{order.repository.full_name} is private, and nobody gives this runner a token for it")


async def nothing_to_fetch(order: Order, _: Path) -> None:
    await nothing_to_give(order)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """How a build gets the commit.

    clone: CodeBuild clones it, with whatever credential the project or the account has, or none. s3: it is put into
    `bucket` as an archive, and the build sees no credential at all. secret: CodeBuild clones it with a token out of
    Secrets Manager. auto: public repositories are cloned, private ones archived.

    `archive` writes GitHub's zip archive of the order's commit to the path. `token_for` gives a token, good for an
    hour, that reads the order's repository alone. Both may raise `Transient` or `Permanent`.
    """

    how: Literal["auto", "s3", "secret", "clone"] = "auto"
    bucket: str = ""
    archive: Callable[[Order, Path], Awaitable[None]] = nothing_to_fetch
    token_for: Callable[[Order], Awaitable[str]] = nothing_to_give

    def way(self, order: Order) -> Way:
        """Untrusted code gets no credential, and a clone may use one that the account has stored: a buildspec gets
        hold of it with `git-credential-helper: yes`. An archive needs none.
        https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.env.git-credential-helper
        """
        if not order.trusted and not self.bucket:
            raise Permanent(
                "This code comes from outside: it is built from an archive only, and CODEBUILD_SOURCE_BUCKET is not set"
            )
        if not order.trusted:
            return "s3"
        if self.how != "auto":
            return self.how
        return "s3" if order.repository.private else "clone"
