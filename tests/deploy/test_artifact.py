"""What of a build's exported variables is an artifact, and whose."""

import pytest

from deploy.artifact import Artifact, Export, Kind, NotOurs, exports

SHA = "4f2a91c0de" * 4
REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
DIGEST = "sha256:" + "ab" * 32
REPOSITORY = "PRX/My-App"
IMAGE = f"github/prx/my-app:{SHA}"


def found(value: str) -> list[Export | NotOurs]:
    return list(exports({"WEB": value}, REPOSITORY, SHA))


@pytest.mark.parametrize("registry", ["", REGISTRY, "123456789.dkr.ecr.cn-north-1.amazonaws.com.cn"])
@pytest.mark.parametrize("tag", [SHA, f"{SHA}-x86_64", f"{SHA}-aarch64", f"{SHA}-my_db-aarch64", SHA[:7]])
def test_an_image_is_named_by_repository_and_tag(registry: str, tag: str) -> None:
    name = f"github/prx/my-app:{tag}"
    value = f"{registry}/{name}" if registry else name

    assert found(value) == [
        Export(kind=Kind.IMAGE, label="WEB", value=value, place="github/prx/my-app", tag=tag, registry=registry)
    ]


@pytest.mark.parametrize("end", [".zip", "-my_db.zip", "-aarch64.zip", "/WEB.zip", "/WEB-aarch64.zip"])
def test_a_zip_is_named_by_its_key(end: str) -> None:
    key = f"GitHub/PRX/My-App/{SHA}{end}"

    assert found(key) == [Export(kind=Kind.ZIP, label="WEB", value=key, place=key)]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "42",
        "WEB=/prx/stag/Spire/MyApp/pkg/docker-image-tag",
        DIGEST,
        "nginx:1.27",
        f"GITHUB/prx/my-app:{SHA}",
        f"github/prx/my-app@{DIGEST}",
        "github/prx/my-app:latest",
        f"github/prx/my-app:{SHA}\n",
        f"{IMAGE} {IMAGE}",
        f"evil.example.org/{IMAGE}",
        f"https://{REGISTRY}/{IMAGE}",
        f"github/prx/my-app/db:{SHA}",
        f"GitHub/PRX/My-App/{SHA}",
        f"GitHub/PRX/My-App/{SHA}/a/b.zip",
        f"s3://bucket/GitHub/PRX/My-App/{SHA}.zip",
        f"github/prx/my-äpp:{SHA}",
    ],
)
def test_whatever_else_is_exported_is_no_artifact(value: str) -> None:
    assert found(value) == []


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (f"github/prx/your-app:{SHA}", "it names prx/your-app, and this is a build of prx/my-app"),
        (f"{REGISTRY}/github/evil/my-app:{SHA}", "it names evil/my-app, and this is a build of prx/my-app"),
        (f"github/PRX/My-App:{SHA}", "it names PRX/My-App, and this is a build of prx/my-app"),
        (f"GitHub/PRX/my-app/{SHA}.zip", "it names PRX/my-app, and this is a build of PRX/My-App"),
        (f"github/prx/my-app:{'9be01d2' * 5}", "it names 9be01d2, and this is a build of 4f2a91c"),
        (f"GitHub/PRX/My-App/{'9be01d2' * 5}/WEB.zip", "it names 9be01d2, and this is a build of 4f2a91c"),
    ],
)
def test_a_build_hands_over_nothing_of_another_repository_or_commit(value: str, why: str) -> None:
    assert found(value) == [NotOurs(label="WEB", value=value, why=why)]


def test_the_digest_beside_a_label_belongs_to_it() -> None:
    several = {"DB_DIGEST": DIGEST, "DB": f"{IMAGE}-db", "WEB": IMAGE, "PRX_REPO": REPOSITORY}

    assert [(each.label, each.digest) for each in exports(several, REPOSITORY, SHA) if isinstance(each, Export)] == [
        ("DB", DIGEST),
        ("WEB", ""),
    ]


@pytest.mark.parametrize("digest", ["latest", "sha256:" + "AB" * 32, DIGEST + "0", "sha512:" + "ab" * 32])
def test_a_digest_that_is_none_is_refused(digest: str) -> None:
    assert list(exports({"WEB": IMAGE, "WEB_DIGEST": digest}, REPOSITORY, SHA)) == [
        NotOurs(label="WEB", value=IMAGE, why="WEB_DIGEST is not sha256: and 64 hexadecimal digits")
    ]


def test_the_same_contents_under_the_same_name_are_one_artifact_whoever_built_them() -> None:
    export = Export(kind=Kind.IMAGE, label="WEB", value=IMAGE, place="github/prx/my-app", tag=SHA)
    fully = Export(
        kind=Kind.IMAGE, label="WEB", value=f"{REGISTRY}/{IMAGE}", place=export.place, tag=SHA, registry=REGISTRY
    )

    def artifact(build: str, export: Export, digest: str = DIGEST) -> Artifact:
        return Artifact(repository=42, sha=SHA, build=build, export=export, digest=digest)

    assert artifact("b1", export).id == artifact("b2", fully).id
    assert artifact("b1", export).id != artifact("b1", export, "sha256:" + "cd" * 32).id
