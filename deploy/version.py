"""What is released together: the artifacts of one commit, named by their contents."""

from collections.abc import Iterable
from hashlib import sha256

from msgspec import Struct

from checks.change import short
from deploy.artifact import Artifact


class Version(Struct, frozen=True, kw_only=True):
    """`id` says what is in it: the same contents are the same version, however often they are registered."""

    id: str
    repository: int
    sha: str
    artifacts: tuple[Artifact, ...]

    @property
    def name(self) -> str:
        """What people call it."""
        return short(self.sha)

    def artifact(self, label: str) -> Artifact | None:
        return next((each for each in self.artifacts if each.export.label == label), None)


def version_of(repository: int, sha: str, artifacts: Iterable[Artifact]) -> Version:
    """The version that these artifacts are; they have one label each."""
    ordered = tuple(sorted(artifacts, key=lambda each: each.export.label))
    contents = [f"{each.export.label} {each.export.name} {each.digest}" for each in ordered]
    identity = "\n".join([str(repository), sha, *contents])
    return Version(id=sha256(identity.encode()).hexdigest()[:26], repository=repository, sha=sha, artifacts=ordered)
