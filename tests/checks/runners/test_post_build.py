"""post_build.sh publishes what is labelled, in both shells and both formats of values."""

import hashlib

import pytest

from tests.checks.runners.dockyard import HOST, SHA, Dockyard

NAME = "github/prx/my-app"


def sha256(content: str) -> str:
    return "sha256:" + hashlib.sha256(content.encode()).hexdigest()


@pytest.mark.parametrize("shell", ["dash", "bash"])
async def test_an_image_and_a_zip_are_published_as_ever(dockyard: Dockyard, shell: str) -> None:
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
