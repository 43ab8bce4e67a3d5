"""post_build.sh publishes nothing where it must not, and says what is wrong and what to do."""

import pytest

from tests.checks.runners.post_build.dockyard import SHA, Dockyard

OFF = "Publishing is off: neither PRX_CI_PUBLISH nor PRX_CI_PRERELEASE is true."
NOTHING = "There is nothing to publish: no image has the label org.prx.spire.publish.ecr or org.prx.spire.publish.s3."
NOT_ALLOWED = (
    "ECR allows no repository named github/acme/.github: "
    "a part of it begins or ends with a separator, or has two in a row."
)
ANOTHER_ACCOUNT = (
    "The AWS credentials reach 123456789012.dkr.ecr.us-east-1.amazonaws.com/github/prx/my-app, "
    "which is not in the account 999999999999 and the region us-east-1."
)


@pytest.mark.parametrize(
    ("changes", "last"),
    [
        ({"CODEBUILD_BUILD_SUCCEEDING": "0"}, "The build has failed: nothing is published."),
        ({"PRX_CI_PUBLISH": "false"}, OFF),
        ({"PRX_CI_PUBLISH": "false", "PRX_AWS_ACCOUNT_ID": None}, OFF),
        ({"PRX_CI_PUBLISH": None, "PRX_CI_PRERELEASE": "yes"}, OFF),
    ],
)
async def test_nothing_is_published_and_the_build_goes_on(
    dockyard: Dockyard, changes: dict[str, str | None], last: str
) -> None:
    done = await dockyard.source(**changes)
    assert (done.status, done.last, done.exported, dockyard.ecr.requests) == (0, last, {}, [])


@pytest.mark.parametrize(
    ("changes", "last"),
    [
        (
            {"CODEBUILD_BUILD_SUCCEEDING": None},
            "CODEBUILD_BUILD_SUCCEEDING is not set: source this script in the post_build phase of a build.",
        ),
        (
            {"PRX_AWS_ACCOUNT_ID": None},
            "PRX_AWS_ACCOUNT_ID is '': set it to the 12 digits of the AWS account to publish to.",
        ),
        ({"PRX_REPO": "my-app"}, "PRX_REPO is 'my-app': set it to the repository on GitHub, as owner/name."),
        ({"PRX_COMMIT": "main"}, "PRX_COMMIT is 'main': set it to the SHA of the commit that was built."),
        (
            {"AWS_DEFAULT_REGION": None},
            "AWS_DEFAULT_REGION is '': set it to the AWS region to publish to.",
        ),
        (
            {"PRX_TARGET_ARCHITECTURE": "z80"},
            "PRX_TARGET_ARCHITECTURE is 'z80': set it to x86_64 or aarch64.",
        ),
        ({"INTERLOCK_VALUE_FORMAT": "long"}, "INTERLOCK_VALUE_FORMAT is 'long': set it to full or short."),
        (
            {},
            NOTHING,
        ),
    ],
)
async def test_a_missing_or_wrong_setting_is_named(
    dockyard: Dockyard, changes: dict[str, str | None], last: str
) -> None:
    done = await dockyard.source(**changes)
    assert (done.status, done.last, done.exported, dockyard.ecr.requests) == (1, last, {}, [])


@pytest.mark.parametrize("label", ["my-app", "1st", "two words", "$(reboot)", "x\ny"])
async def test_a_label_that_is_no_shell_variable_is_refused(dockyard: Dockyard, label: str) -> None:
    image = dockyard.image(ecr=label)
    done = await dockyard.source("bash")
    assert (done.status, done.exported, dockyard.ecr.requests) == (1, {}, [])
    assert (
        f'The image sha256:{image} has the label org.prx.spire.publish.ecr="{label}", which cannot be the name'
        in done.output
    )


@pytest.mark.parametrize("label", ["PATH", "AWS_REGION", "aarch64"])
async def test_a_label_that_has_a_meaning_already_is_refused(dockyard: Dockyard, label: str) -> None:
    dockyard.image(s3=label)
    done = await dockyard.source()
    assert (done.status, done.last.endswith("a name that has a meaning already: choose another.")) == (1, True)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"ecr": "MY_APP"}, {"ecr": "MY_APP"}),
        ({"ecr": "MY_APP"}, {"s3": "MY_APP"}),
        ({"ecr": "MY_APP"}, {"ecr": "My_App"}),
        ({"s3": "MY_APP"}, {"s3": "MY_APP_DIGEST"}),
    ],
)
async def test_two_labels_that_ask_for_one_variable_are_refused(
    dockyard: Dockyard, first: dict[str, str], second: dict[str, str]
) -> None:
    dockyard.image("one", **first)
    dockyard.image("two", **second)
    done = await dockyard.source()
    assert (done.status, done.exported, dockyard.ecr.requests) == (1, {}, [])
    assert "More than one label asks for the variable my_app" in done.last


async def test_a_bucket_has_to_be_named_before_anything_is_published(dockyard: Dockyard) -> None:
    dockyard.image("one", ecr="MY_APP", s3="MY_ZIP")
    done = await dockyard.source(PRX_APPLICATION_CODE_BUCKET=None)
    last = "PRX_APPLICATION_CODE_BUCKET is not set: set it to the S3 bucket for the zips."
    assert (done.status, done.last, dockyard.ecr.requests) == (1, last, [])


async def test_an_image_without_the_zip_is_named_and_leaves_no_container(dockyard: Dockyard) -> None:
    dockyard.image(path="/elsewhere.zip", s3="MY_ZIP")
    done = await dockyard.source()
    assert (done.status, done.exported, dockyard.stored()) == (1, {}, {})
    assert done.last == (
        "The image of MY_ZIP has no file /.prxci/build.zip: "
        "put the zip there, or set PRX_S3_ARCHIVE_BUILD_PATH to where it is."
    )
    assert dockyard.docker("ps", "--all", "--quiet") == ""


async def test_a_name_that_ecr_does_not_allow_is_told(dockyard: Dockyard) -> None:
    dockyard.image(ecr="MY_APP")
    done = await dockyard.source(PRX_REPO="acme/.github")
    assert (done.status, done.last) == (1, NOT_ALLOWED)


async def test_credentials_of_another_account_are_noticed(dockyard: Dockyard) -> None:
    dockyard.image(ecr="MY_APP")
    done = await dockyard.source(PRX_AWS_ACCOUNT_ID="999999999999")
    assert (done.status, done.last) == (1, ANOTHER_ACCOUNT)


async def test_a_program_that_is_missing_is_named(dockyard: Dockyard) -> None:
    (dockyard.bin / "docker").unlink()
    for name in ("printf", "grep", "wc", "tr", "mktemp", "rm", "env"):
        (dockyard.bin / name).symlink_to(f"/usr/bin/{name}")
    done = await dockyard.source(PATH=str(dockyard.bin))
    assert (done.status, done.last) == (1, "There is no program docker here; publishing needs it.")


async def test_what_goes_wrong_on_the_way_is_tried_again(dockyard: Dockyard) -> None:
    dockyard.image("app", ecr="MY_APP")
    dockyard.ecr.faults = [("GetAuthorizationToken", 500), (f"PUT /v2/github/prx/my-app/manifests/{SHA}", 500)]
    dockyard.ecr.faults += [("PutImage", 503)]
    done = await dockyard.source()
    assert (done.status, dockyard.ecr.faults, len(await dockyard.ecr.tags("github/prx/my-app"))) == (0, [], 3), (
        done.output
    )
    assert "Attempt 1 of 3 failed; the next one begins in 0 s." in done.output


async def test_a_registry_that_stays_away_fails_the_build(dockyard: Dockyard) -> None:
    dockyard.image("app", ecr="MY_APP")
    dockyard.ecr.faults = [("PUT /v2/", 403)] * 3
    done = await dockyard.source("bash")
    image = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/github/prx/my-app:{SHA}"
    assert (done.status, done.last, done.exported) == (1, f"The image of MY_APP could not be pushed as {image}.", {})


@pytest.mark.parametrize("speaks", ["docker", "podman"])
async def test_a_digest_that_is_not_the_pushed_one_fails_the_build(dockyard: Dockyard, speaks: str) -> None:
    dockyard.speak(speaks)
    dockyard.image("app", ecr="MY_APP")
    await dockyard.source(PRX_COMMIT="0" * 40)
    _, _, dockyard.ecr.forged = await dockyard.ecr.manifest("github/prx/my-app", "0" * 40)
    dockyard.docker("rmi", "--all", "--force")
    dockyard.image("another app", ecr="MY_APP")
    done = await dockyard.source()
    assert (done.status, done.last.endswith("what was published is not what was built."), done.exported) == (
        1,
        True,
        {},
    )


async def test_a_bucket_that_cannot_be_asked_fails_the_build_and_says_which_rights_it_takes(dockyard: Dockyard) -> None:
    dockyard.image("zip", s3="MY_ZIP")
    dockyard.ecr.faults = [("HEAD /application-code/", 403)]
    done = await dockyard.source()
    assert (done.status, dockyard.stored()) == (1, {})
    assert "(it takes s3:GetObject and s3:ListBucket)" in done.output
