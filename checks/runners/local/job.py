"""What a supervisor is told: the job, which is kept on disk, and the secrets, which never are."""

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct


class GitSource(Struct, frozen=True, kw_only=True, tag="git"):
    """The commit `sha`, which has to be part of `ref`."""

    url: str
    ref: str
    sha: str


class DirectorySource(Struct, frozen=True, kw_only=True, tag="directory"):
    """A directory of this machine; in place means that the build may change it."""

    path: str
    in_place: bool = False


class Shelf(Struct, frozen=True, kw_only=True):
    """Where a run's zips are kept once it has succeeded: below `folder`, under names that are `prefix` and a rest."""

    folder: str
    prefix: str


class Job(Struct, frozen=True, kw_only=True):
    """`repository` names the cache that the run shares with others; `timeout` is in seconds; `path` is the
    search path for programs. `codebuild` are variables that CodeBuild sets itself, where it is more than this runner.
    With `keeps_reports` the report files of the build stay in the run's directory. `value_format` is how post_build.sh
    writes what it exports, full or short. Only a run that may publish to this machine has a `shelf`.
    """

    project: str
    repository: str
    source: GitSource | DirectorySource
    buildspec: str
    timeout: float
    variables: dict[str, str] = {}
    trusted: bool = True
    places: int = 1
    codebuild: dict[str, str] = {}
    keeps_reports: bool = False
    value_format: str = "full"
    shelf: Shelf | None = None
    path: str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Secrets(Struct, frozen=True, kw_only=True):
    """A token that reads the repository, and how to ask AWS. They reach the supervisor on its standard input."""

    token: str = ""
    aws: dict[str, str] = {}

    def __repr__(self) -> str:
        return "Secrets(…)"


def read_job(path: Path) -> Job:
    return msgspec.json.decode(path.read_bytes(), type=Job)


def read_secrets(message: bytes) -> Secrets | None:
    """None if the message is cut short, because whoever sent it died."""
    return msgspec.json.decode(message, type=Secrets) if message.endswith(b"\n") else None


def written(value: Any) -> bytes:
    return msgspec.json.encode(value) + b"\n"
