"""post_build.sh publishes what is labelled, in both shells and both formats of values, and never replaces anything."""

import asyncio
import hashlib
import json

import pytest

from tests.checks.runners.post_build.dockyard import BUCKET, HOST, SHA, Dockyard
from tests.checks.runners.post_build.ecr import REGION

NAME = "github/prx/my-app"


def sha256(content: str) -> str:
    return "sha256:" + hashlib.sha256(content.encode()).hexdigest()


@pytest.mark.parametrize("shell", ["dash", "bash"])
async def test_an_image_and_a_zip_are_published_under_the_names_that_they_always_had(
    dockyard: Dockyard, shell: str
) -> None:
    dockyard.image("app", ecr="MY_APP")
    dockyard.image("zip", s3="MY_LAMBDA")
    done = await dockyard.source(shell)
    tags = await dockyard.ecr.tags(NAME)
    digest = tags[SHA]
    assert (done.status, done.exported) == (
        0,
        {
            "MY_APP": f"{HOST}/{NAME}:{SHA}",
            "MY_APP_DIGEST": digest,
            "MY_LAMBDA": f"GitHub/PRX/My-App/{SHA}.zip",
            "MY_LAMBDA_DIGEST": sha256("zip"),
        },
    ), done.output
    assert tags == {SHA: digest, f"{SHA}-x86_64": digest, f"release-{SHA}-x86_64": digest}
    assert dockyard.stored() == {f"GitHub/PRX/My-App/{SHA}.zip": "zip"}


async def test_a_new_registry_is_immutable_scans_and_keeps_releases(dockyard: Dockyard) -> None:
    dockyard.image(ecr="MY_APP")
    assert (await dockyard.source()).status == 0
    made = dockyard.ecr.repositories.describe_repositories(repositoryNames=[NAME])["repositories"][0]
    policy = json.loads(dockyard.ecr.repositories.get_lifecycle_policy(repositoryName=NAME)["lifecyclePolicyText"])
    assert made["imageTagMutability"] == "IMMUTABLE"
    assert made["imageScanningConfiguration"] == {"scanOnPush": True}
    rules = [(each["rulePriority"], each["selection"]) for each in policy["rules"]]
    assert [(priority, rule.get("tagPrefixList", "untagged"), rule["countNumber"]) for priority, rule in rules] == [
        (1, ["release-"], 1000),
        (2, ["prerelease-"], 30),
        (3, "untagged", 7),
    ]


async def test_the_shorter_values_say_architecture_and_label_and_a_prerelease_says_so(dockyard: Dockyard) -> None:
    dockyard.image("app", ecr="MY_APP")
    dockyard.image("zip", s3="MY_LAMBDA")
    changes = {"INTERLOCK_VALUE_FORMAT": "short", "PRX_CI_PUBLISH": "false", "PRX_CI_PRERELEASE": "true"}
    done = await dockyard.source(**changes)
    tags = await dockyard.ecr.tags(NAME)
    assert (done.exported["MY_APP"], done.exported["MY_LAMBDA"]) == (
        f"{NAME}:{SHA}-x86_64",
        f"GitHub/PRX/My-App/{SHA}/MY_LAMBDA.zip",
    )
    assert list(tags) == [f"{SHA}-x86_64", f"prerelease-{SHA}-x86_64"]


async def test_several_images_on_two_architectures_at_once_do_not_meet(dockyard: Dockyard) -> None:
    for name in ("Db_2", "APP"):
        dockyard.image(f"image {name}", ecr=name)
    for name in ("Y_ZIP", "X_ZIP"):
        dockyard.image(f"zip {name}", s3=name)
    x86, arm = await asyncio.gather(dockyard.source(), dockyard.source("bash", PRX_TARGET_ARCHITECTURE="aarch64"))
    image = f"{HOST}/{NAME}:{SHA}"
    archive = f"GitHub/PRX/My-App/{SHA}"
    assert [{name: value for name, value in each.exported.items() if "_DIGEST" not in name} for each in (x86, arm)] == [
        {
            "APP": image,
            "Db_2": f"{image}-db_2",
            "X_ZIP": f"{archive}.zip",
            "Y_ZIP": f"{archive}-y_zip.zip",
        },
        {
            "APP": f"{image}-aarch64",
            "Db_2": f"{image}-db_2-aarch64",
            "X_ZIP": f"{archive}-aarch64.zip",
            "Y_ZIP": f"{archive}-y_zip-aarch64.zip",
        },
    ], x86.output + arm.output
    tags = await dockyard.ecr.tags(NAME)
    parts = ("", "-db_2")
    both = [
        f"{kind}{SHA}{part}-{each}" for kind in ("", "release-") for part in parts for each in ("x86_64", "aarch64")
    ]
    assert set(tags) == {*both, *(f"{SHA}{part}" for part in parts)}
    assert tags[f"{SHA}-db_2"] == tags[f"release-{SHA}-db_2-x86_64"] == x86.exported["Db_2_DIGEST"]
    assert tags[SHA] == x86.exported["APP_DIGEST"] != x86.exported["Db_2_DIGEST"]
    assert dockyard.stored() == {
        f"{archive}{part}": f"zip {name}"
        for name, end in (("X_ZIP", ""), ("Y_ZIP", "-y_zip"))
        for part in (f"{end}.zip", f"{end}-aarch64.zip")
    }


async def test_a_second_run_of_the_commit_publishes_nothing_and_says_the_same(dockyard: Dockyard) -> None:
    dockyard.image("app", ecr="MY_APP")
    dockyard.image("zip", s3="MY_LAMBDA")
    first = await dockyard.source()
    dockyard.ecr.requests.clear()
    second = await dockyard.source()
    assert (second.status, second.exported) == (0, first.exported)
    assert [line for line in dockyard.ecr.requests if line.startswith(("PUT", "PATCH", "Put"))] == []


async def test_another_content_for_the_same_commit_is_left_out_and_what_is_published_exported(
    dockyard: Dockyard,
) -> None:
    old = dockyard.image("app", ecr="MY_APP", s3="MY_LAMBDA")
    first = await dockyard.source()
    dockyard.docker("rmi", "--force", old)
    dockyard.image("another app", ecr="MY_APP", s3="MY_LAMBDA")
    second = await dockyard.source(PRX_CI_PUBLISH="false", PRX_CI_PRERELEASE="true")
    digest = first.exported["MY_APP_DIGEST"]
    assert (second.status, second.exported) == (0, first.exported)
    assert second.output.count("What is published is never replaced") == 2
    assert (await dockyard.ecr.tags(NAME))[f"prerelease-{SHA}-x86_64"] == digest
    assert dockyard.stored() == {f"GitHub/PRX/My-App/{SHA}.zip": "app"}


async def test_who_is_overtaken_by_another_build_keeps_what_that_one_published(dockyard: Dockyard) -> None:
    dockyard.image("app", ecr="MY_APP")
    await dockyard.source(PRX_COMMIT="0" * 40)
    _, _, other = await dockyard.ecr.manifest(NAME, "0" * 40)
    dockyard.docker("rmi", "--all", "--force")
    dockyard.image("another app", ecr="MY_APP")
    dockyard.ecr.pushed_before[SHA] = other
    done = await dockyard.source()
    assert (done.status, done.exported["MY_APP_DIGEST"]) == (0, (await dockyard.ecr.tags(NAME))["0" * 40]), done.output
    assert "What is published is never replaced" in done.output


async def test_a_zip_without_a_checksum_is_read_to_know_it(dockyard: Dockyard) -> None:
    """The older script stored none."""
    key = f"GitHub/PRX/My-App/{SHA}.zip"
    dockyard.s3.put_object(Bucket=BUCKET, Key=key, Body=b"zip", ChecksumAlgorithm="CRC32")
    dockyard.image("another zip", s3="MY_LAMBDA")
    done = await dockyard.source()
    assert done.exported == {"MY_LAMBDA": key, "MY_LAMBDA_DIGEST": sha256("zip")}, done.output


async def test_the_zip_may_be_elsewhere_in_the_image_and_the_bucket_in_another_region(dockyard: Dockyard) -> None:
    dockyard.image("zip", path="/out/site.zip", s3="SITE")
    where = {"AWS_DEFAULT_REGION": None, "AWS_REGION": REGION, "PRX_TARGET_ARCHITECTURE": "arm64"}
    done = await dockyard.source(PRX_S3_ARCHIVE_BUILD_PATH="/out/site.zip", PRX_REPO="Acme/a.b_c-D", **where)
    assert done.exported["SITE"] == f"GitHub/Acme/a.b_c-D/{SHA}-aarch64.zip", done.output


async def test_podman_that_does_not_say_its_digest_is_believed_by_the_manifest(dockyard: Dockyard) -> None:
    dockyard.speak("podman")
    dockyard.image("app", ecr="MY_APP")
    done = await dockyard.source(PRX_REPO="Acme/a.b_c-D")
    assert done.exported == {
        "MY_APP": f"{HOST}/github/acme/a.b_c-d:{SHA}",
        "MY_APP_DIGEST": (await dockyard.ecr.tags("github/acme/a.b_c-d"))[SHA],
    }, done.output


async def test_images_that_say_they_are_of_this_run_are_published_alone(dockyard: Dockyard) -> None:
    dockyard.image("of an earlier build", s3="MY_LAMBDA")
    dockyard.image("of another repository", ecr="no-name")
    dockyard.image("of this build", labels=("interlock.run=run-1",), s3="MY_LAMBDA")
    done = await dockyard.source(INTERLOCK_RUN="run-1")
    assert (done.status, done.exported.get("MY_LAMBDA_DIGEST")) == (0, sha256("of this build")), done.output
    assert dockyard.ecr.requests == [
        f"{verb} /application-code/GitHub/PRX/My-App/{SHA}.zip" for verb in ("HEAD", "PUT")
    ]
