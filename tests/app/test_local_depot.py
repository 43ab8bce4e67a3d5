"""What builds published to this machine is found by its name, known by its bytes, and nothing else is read."""

import hashlib
from pathlib import Path

import pytest

from app.local_depot import LocalDepot
from checks.errors import Permanent
from deploy.artifact import Artifact, Export, Kind

NAME = f"GitHub/acme/web/{'4f' * 20}.zip"
BYTES = b"PK" + b"x" * 100_000
DIGEST = f"sha256:{hashlib.sha256(BYTES).hexdigest()}"


@pytest.fixture
def depot(tmp_path: Path) -> LocalDepot:
    lay(tmp_path / "depot" / NAME)
    return LocalDepot(tmp_path / "depot")


def lay(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(BYTES)


def export(name: str = NAME) -> Export:
    return Export(kind=Kind.ZIP, label="WEB", value=name, place=name)


def artifact(name: str = NAME) -> Artifact:
    return Artifact(repository=42, sha="4f" * 20, build="b", export=export(name), digest=DIGEST)


async def test_what_lies_there_is_known_by_its_bytes(depot: LocalDepot) -> None:
    found = [await depot.digest(export(name), depot.home) for name in (NAME, NAME.replace("acme", "other"))]
    assert (found, depot.further) == ([DIGEST, None], ())


async def test_a_target_gets_all_of_it(depot: LocalDepot, tmp_path: Path) -> None:
    await depot.fetch(artifact(), tmp_path / "got.zip")
    assert (tmp_path / "got.zip").read_bytes() == BYTES


async def test_what_is_gone_has_to_be_built_again(depot: LocalDepot, tmp_path: Path) -> None:
    with pytest.raises(Permanent, match=r"^GitHub/acme/gone\.zip is not in LOCAL_DEPOT any more: build again$"):
        await depot.fetch(artifact("GitHub/acme/gone.zip"), tmp_path / "got.zip")


@pytest.mark.parametrize("name", ["../secret.zip", "GitHub/../../secret.zip", "/etc/passwd", "", "."])
async def test_a_name_that_leads_elsewhere_is_no_name(depot: LocalDepot, tmp_path: Path, name: str) -> None:
    lay(tmp_path / "secret.zip")
    with pytest.raises(Permanent, match="is no name in LOCAL_DEPOT"):
        await depot.digest(export(name), depot.home)


@pytest.mark.parametrize("link", ["GitHub/acme/web/link.zip", "GitHub/acme/link"])
async def test_links_are_not_followed(depot: LocalDepot, tmp_path: Path, link: str) -> None:
    lay(tmp_path / "outside" / "secret.zip")
    path = tmp_path / "depot" / link
    outside = tmp_path / "outside"
    path.symlink_to(outside / "secret.zip" if link.endswith(".zip") else outside)
    with pytest.raises(Permanent, match="leads out of LOCAL_DEPOT"):
        await depot.digest(export(link if link.endswith(".zip") else f"{link}/secret.zip"), depot.home)


async def test_the_depot_itself_may_be_behind_a_link(depot: LocalDepot, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "depot")
    assert await LocalDepot(tmp_path / "link").digest(export(), "local") == DIGEST


async def test_an_image_is_none_of_its_things(depot: LocalDepot) -> None:
    image = Export(
        kind=Kind.IMAGE, label="WEB", value="github/acme/web:4f2a91c", place="github/acme/web", tag="4f2a91c"
    )
    with pytest.raises(Permanent, match="LOCAL_DEPOT keeps zips"):
        await depot.digest(image, depot.home)
