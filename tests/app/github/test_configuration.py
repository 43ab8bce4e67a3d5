"""What people wrote about delivery is read from a repository at a commit, and from its organisation's as it is now."""

from base64 import b64encode
from typing import Any

import pytest

from app.demo.github.repository import Repository as Hosted
from app.github.configuration import GitHubConfiguration
from app.github.repository import RepositoryCalls
from checks.errors import Permanent, Transient
from checks.repository import Repository
from tests.app.github.endpoint import Endpoint, Reply
from tests.app.github.local import Local

SERVICE, PROMOTION = "artifacts: [WEB]\n", "type: manual\n"


@pytest.fixture
def written(local: Local) -> GitHubConfiguration:
    return GitHubConfiguration(local.calls)


@pytest.fixture
async def hosted(local: Local) -> Hosted:
    return await local.github.create_repository("acme/.github")


@pytest.fixture
def organisation(local: Local, hosted: Hosted) -> Repository:
    return Repository(id=hosted.id, full_name="acme/.github", installation=local.repository.installation)


@pytest.mark.parametrize("name", ["interlock.yml", "interlock.yaml"])
async def test_a_repositorys_file_is_read_at_the_commit(local: Local, written: GitHubConfiguration, name: str) -> None:
    files: dict[str, str | None] = {f".github/{name}": "services: {}\n"}
    sha = await local.github.commit_files(local.hosted, "main", files, "Deliver", "ana")
    assert await written.text(local.repository, sha) == "services: {}\n"
    assert await written.text(local.repository, local.sha) is None


async def test_of_an_organisation_the_files_about_delivery_are_read(
    local: Local, hosted: Hosted, organisation: Repository, written: GitHubConfiguration
) -> None:
    files: dict[str, str | None] = {
        "interlock/services/web.yml": SERVICE,
        "deploydb/promotions/ana und bo.yaml": PROMOTION,
        "interlock/README.md": "# Read me\n",
        "profile/README.md": "# Acme\n",
        ".github/workflows/interlock.yml": "on: push\n",
    }
    await local.github.commit_files(hosted, "main", files, "Begin", "ana")
    assert await written.defaults(organisation) == {
        "interlock/services/web.yml": SERVICE,
        "deploydb/promotions/ana und bo.yaml": PROMOTION,
    }


async def test_only_what_has_changed_is_read_again(
    local: Local, hosted: Hosted, organisation: Repository, written: GitHubConfiguration
) -> None:
    files: dict[str, str | None] = {"interlock/services/a.yml": SERVICE, "interlock/services/b.yml": "artifacts: B\n"}
    await local.github.commit_files(hosted, "main", files, "Begin", "ana")
    first = await written.defaults(organisation)
    asked = len(local.asked())
    assert await written.defaults(organisation) == first
    assert local.asked()[asked:] == ["GET /repos/acme/.github/git/trees/HEAD?recursive=1"]
    files = {"interlock/services/a.yml": None, "interlock/services/b.yml": PROMOTION}
    await local.github.commit_files(hosted, "main", files, "Change", "ana")
    asked = len(local.asked())
    assert await written.defaults(organisation) == {"interlock/services/b.yml": PROMOTION}
    assert [each.partition("/git/")[2].partition("/")[0] for each in local.asked()[asked:]] == ["trees", "blobs"]


async def test_an_organisation_may_have_written_nothing_and_that_is_not_to_be_unseen(
    local: Local, hosted: Hosted, organisation: Repository, written: GitHubConfiguration
) -> None:
    assert await written.defaults(organisation) == {}
    await local.github.commit_files(hosted, "main", {"README.md": "# Acme\n"}, "Begin", "ana")
    assert await written.defaults(organisation) == {}
    await local.github.delete_repository(hosted)
    assert await written.defaults(organisation) is None


# --- what GitHub seldom says ---------------------------------------------------------------------

TREE = "GET /repos/acme/web/git/trees/HEAD"
BLOB = "GET /repos/acme/web/git/blobs/b10b"


def entry(path: str = "interlock/services/web.yml", **told: Any) -> dict[str, Any]:
    return {"path": path, "mode": "100644", "type": "blob", "sha": "b10b", "size": 9, **told}


def tree(*entries: dict[str, Any], truncated: bool = False) -> Reply:
    return Reply(200, {"sha": "7ree", "tree": list(entries), "truncated": truncated})


async def test_what_is_not_a_file_of_its_own_is_left_alone(
    calls: RepositoryCalls, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on(TREE, tree(entry(mode="120000"), entry(type="commit"), entry("interlock/services", type="tree")))
    assert await GitHubConfiguration(calls).defaults(web_repository) == {}


async def test_a_text_in_no_known_encoding_is_read_as_far_as_possible(
    calls: RepositoryCalls, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on(TREE, tree(entry()))
    endpoint.on(BLOB, Reply(200, {"content": b64encode(b"a: \xff").decode(), "encoding": "base64"}))
    assert await GitHubConfiguration(calls).defaults(web_repository) == {"interlock/services/web.yml": "a: �"}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (
            tree(truncated=True),
            "acme/web has more files than GitHub lists at once: keep those about delivery by themselves",
        ),
        (
            tree(*(entry(f"interlock/services/s{number}.yml") for number in range(301))),
            "acme/web has 301 files about delivery, and 300 are the most that are read",
        ),
        (
            tree(entry(size=70_000)),
            "interlock/services/web.yml of acme/web has 70000 bytes, and 65536 are the most",
        ),
    ],
)
async def test_too_much_is_refused_before_it_is_fetched(
    calls: RepositoryCalls, endpoint: Endpoint, web_repository: Repository, answer: Reply, why: str
) -> None:
    endpoint.on(TREE, answer)
    with pytest.raises(Permanent) as refused:
        await GitHubConfiguration(calls).defaults(web_repository)
    assert (str(refused.value), endpoint.lines) == (why, [TREE])


@pytest.mark.parametrize("answer", [Reply(200, []), Reply(200, {"tree": [{}], "truncated": False})])
async def test_an_odd_listing_is_asked_for_again(
    calls: RepositoryCalls, endpoint: Endpoint, web_repository: Repository, answer: Reply
) -> None:
    endpoint.on(TREE, answer)
    with pytest.raises(Transient, match="cannot be read"):
        await GitHubConfiguration(calls).defaults(web_repository)


@pytest.mark.parametrize("blob", [Reply(200, {}), Reply(200, {"content": "a"}), Reply(200, [])])
async def test_a_damaged_file_is_asked_for_again(
    calls: RepositoryCalls, endpoint: Endpoint, web_repository: Repository, blob: Reply
) -> None:
    endpoint.on(TREE, tree(entry()))
    endpoint.on(BLOB, blob)
    with pytest.raises(Transient, match="damaged"):
        await GitHubConfiguration(calls).defaults(web_repository)
