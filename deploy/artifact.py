"""One immutable thing that a build published: an image in a registry or a zip in a bucket."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from hashlib import sha256

from msgspec import Struct

from checks.change import short

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
SUFFIX = "_DIGEST"
"""`WEB_DIGEST` is the digest of what `WEB` names."""

_PATH = r"(?P<owner>[\w.-]+)/(?P<repo>[\w.-]+)"
_REGISTRY = r"(?P<registry>\d+\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?)"
_COMMIT = r"(?P<sha>[0-9a-f]{6,64})"
_REST = r"(?:-[\w.-]+)?"
"""What comes after the commit: the label where a repository has several, and the architecture."""
_IMAGE = re.compile(rf"(?:{_REGISTRY}/)?(?P<place>github/{_PATH}):(?P<tag>{_COMMIT}{_REST})", re.ASCII)
_ZIP = re.compile(rf"(?P<place>GitHub/{_PATH}/{_COMMIT}(?:{_REST}|/[\w.-]+)\.zip)", re.ASCII)


class Kind(StrEnum):
    IMAGE = "image"
    ZIP = "zip"


class Export(Struct, frozen=True, kw_only=True):
    """An artifact as a build exported it: by place, not yet by contents.

    `label` is the variable's name and `value` exactly what was exported. `place` is the repository of an image
    in its registry, or the key of a zip in its bucket; `tag` is an image's. `registry` (a host) and `digest` are
    empty where the build did not say.
    """

    kind: Kind
    label: str
    value: str
    place: str
    tag: str = ""
    registry: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """What it is called wherever it lies: without registry or bucket."""
        return f"{self.place}:{self.tag}" if self.tag else self.place


class Artifact(Struct, frozen=True, kw_only=True):
    """An export whose contents are known. `digest` is `sha256:` and 64 hexadecimal digits: an image's manifest,
    a zip's bytes. `build` is the one that published it first."""

    repository: int
    sha: str
    build: str
    export: Export
    digest: str

    @property
    def id(self) -> str:
        """The same contents under the same name are the same artifact, however often they are published."""
        identity = f"{self.repository}\n{self.export.label}\n{self.export.name}\n{self.digest}"
        return sha256(identity.encode()).hexdigest()[:26]


class NotOurs(Struct, frozen=True, kw_only=True):
    """Something that looks like an artifact and may not be handed over by this build."""

    label: str
    value: str
    why: str


def exports(exported: Mapping[str, str], repository: str, sha: str) -> Sequence[Export | NotOurs]:
    """What a build of `repository` (owner/name) at `sha` hands over, in the order of its labels.

    Everything that a build exports and that has not the form of an artifact is left alone.
    """
    return [
        _checked(label, value, match, exported.get(label + SUFFIX, ""), repository, sha)
        for label, value in sorted(exported.items())
        if (match := _IMAGE.fullmatch(value) or _ZIP.fullmatch(value))
    ]


def _checked(label: str, value: str, match: re.Match[str], digest: str, repository: str, sha: str) -> Export | NotOurs:
    facts = match.groupdict()
    kind = Kind.IMAGE if facts.get("tag") else Kind.ZIP
    ours = repository.lower() if kind is Kind.IMAGE else repository
    named = f"{facts['owner']}/{facts['repo']}"
    why = ""
    if named != ours:
        why = f"it names {named}, and this is a build of {ours}"
    elif not sha.startswith(facts["sha"]):
        why = f"it names {short(facts['sha'])}, and this is a build of {short(sha)}"
    elif digest and not DIGEST.fullmatch(digest):
        why = f"{label}{SUFFIX} is not sha256: and 64 hexadecimal digits"
    if why:
        return NotOurs(label=label, value=value, why=why)
    return Export(
        kind=kind,
        label=label,
        value=value,
        place=facts["place"],
        tag=facts.get("tag") or "",
        registry=facts.get("registry") or "",
        digest=digest,
    )
