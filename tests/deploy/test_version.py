"""A version is named by what is in it, and by nothing else."""

from itertools import permutations

from msgspec.structs import replace

from deploy.artifact import Artifact, Export, Kind
from deploy.version import version_of

SHA = "4f2a91c" + "0" * 33


def artifact(label: str, digest: str = "a") -> Artifact:
    export = Export(kind=Kind.IMAGE, label=label, value=f"github/acme/web:{label}", place="github/acme/web", tag=label)
    return Artifact(repository=7, sha=SHA, build="b1", export=export, digest=f"sha256:{digest * 64}")


WEB, DB, SITE = artifact("WEB"), artifact("DB"), artifact("SITE")


def test_the_same_contents_are_the_same_version_in_whatever_order_they_come() -> None:
    assert len({version_of(7, SHA, order).id for order in permutations((WEB, DB, SITE))}) == 1


def test_who_built_it_makes_no_difference() -> None:
    assert version_of(7, SHA, [replace(WEB, build="b2")]).id == version_of(7, SHA, [WEB]).id


def test_other_contents_are_another_version() -> None:
    others = [
        version_of(7, SHA, [WEB]),
        version_of(7, SHA, [WEB, DB]),
        version_of(7, SHA, [artifact("WEB", digest="b")]),
        version_of(8, SHA, [WEB]),
        version_of(7, SHA[::-1], [WEB]),
        version_of(7, SHA, []),
    ]

    assert len({version.id for version in others}) == len(others)


def test_an_artifact_is_found_by_its_label() -> None:
    version = version_of(7, SHA, [WEB, DB])

    assert (version.artifact("DB"), version.artifact("SITE")) == (DB, None)
