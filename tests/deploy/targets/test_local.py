"""A directory of releases: what a server on it shows, and that no kill and no zip breaks it."""

import asyncio
import stat
from functools import partial
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_LZMA, ZipFile, ZipInfo

import pytest
from aiohttp import ClientSession, web

from deploy.target import Live, Progress, State, Write
from deploy.targets.local import Local
from tests.deploy.targets.places import OnThisMachine, dies_at
from tests.deploy.targets.world import version, write, zip_artifact, zipped


@pytest.fixture
def place(tmp_path: Path) -> OnThisMachine:
    return OnThisMachine(None, tmp_path)  # type: ignore[arg-type]  # nothing is asked over HTTP


async def test_a_server_shows_the_release_that_is_current(place: OnThisMachine) -> None:
    site = web.Application()
    (place.directory).mkdir(parents=True)
    site.router.add_static("/", place.directory, follow_symlinks=True)
    runner = web.AppRunner(site, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    pages = []
    async with ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as http:
        for number in (1, 2):
            await place.target.deploy(write(place.version(number), f"d{number}"))
            async with http.get("/current/index.html") as page, http.get("/current/css/site.css") as css:
                pages.append((await page.text(), await css.text()))
    await runner.cleanup()
    assert pages == [("<p>1</p>", "p { order: 1 }"), ("<p>2</p>", "p { order: 2 }")]


async def test_releases_lie_side_by_side(place: OnThisMachine) -> None:
    versions = [place.version(1), place.version(2)]
    for number, each in enumerate(versions):
        await place.target.deploy(write(each, f"d{number}"))
    assert {path.name for path in (place.directory / "releases").iterdir()} == {each.id for each in versions}
    assert {path.name for path in place.directory.iterdir()} == {"releases", "current"}


def test_killed_at_any_change_of_a_file_something_whole_is_live_and_a_repetition_finishes(
    place: OnThisMachine,
) -> None:
    page = place.directory / "current" / "index.html"
    _deploy(place, write(place.version(1), "d1"))
    kills = 0
    while True:
        last = write(place.version(kills + 2), f"d{kills + 2}", asyncio.run(_live(place)))
        if not dies_at(kills, partial(_deploy, place, last)):
            break
        assert page.read_text() in (f"<p>{kills + 1}</p>", f"<p>{kills + 2}</p>")
        kills += 1
        assert _deploy(place, last).state is State.DONE
        assert page.read_text() == f"<p>{kills + 1}</p>"
        assert (page.parent / "css" / "site.css").is_file()
    assert kills >= 8


def _deploy(place: OnThisMachine, what: Write) -> Progress:
    async def once() -> Progress:
        return await place.target.deploy(what)

    return asyncio.run(once())


async def _live(place: OnThisMachine) -> Live:
    return await place.target.live()


# --- zips ---------------------------------------------------------------------------------------


def of(content: bytes, place: OnThisMachine) -> Write:
    place.around.publish(content)
    return write(version(1, zip_artifact(1, content)), "d1")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../evil", "which would be written outside of its place"),
        ("a/../../evil", "which would be written outside of its place"),
        ("/etc/evil", "which would be written outside of its place"),
        ("a//b", "which would be written outside of its place"),
        ("..\\evil", "whose name is not safe everywhere"),
        ("C:evil", "whose name is not safe everywhere"),
        ("a\nb", "whose name is not safe everywhere"),
    ],
)
async def test_a_zip_that_would_write_elsewhere_is_refused_whole(place: OnThisMachine, name: str, why: str) -> None:
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "fine")
        archive.writestr(name, "evil")
    progress = await place.target.deploy(of(buffer.getvalue(), place))
    assert progress.why == f"the zip has a file {name!r}, {why}: nothing was deployed"
    assert [path for path in place.tmp.rglob("*") if path.name in ("evil", "a.txt")] == []


async def test_a_link_in_a_zip_is_refused(place: OnThisMachine) -> None:
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        link = ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc")
    progress = await place.target.deploy(of(buffer.getvalue(), place))
    assert progress.why == "the zip has a file 'link', which is no plain file: nothing was deployed"


async def test_a_name_that_is_a_file_and_a_folder_is_refused(place: OnThisMachine) -> None:
    progress = await place.target.deploy(of(zipped(a="file", a__b="in it"), place))
    assert progress.why == "the zip has 'a' twice: nothing was deployed"


async def test_an_empty_zip_and_one_that_is_too_large_are_refused(
    place: OnThisMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await place.target.deploy(of(zipped(), place))).why == "the zip is empty: nothing was deployed"
    monkeypatch.setattr("deploy.archive.LARGEST", 10)
    progress = await place.target.deploy(of(zipped(a_txt="twelve bytes"), place))
    assert progress.why == "the zip has 12 bytes unpacked, and 10 are the most: nothing was deployed"
    monkeypatch.setattr("deploy.archive.MOST_FILES", 1)
    progress = await place.target.deploy(of(zipped(a_txt="", b_txt=""), place))
    assert progress.why == "the zip has 2 files, and 1 are the most: nothing was deployed"


async def test_what_is_no_zip_or_a_broken_one_is_told(place: OnThisMachine) -> None:
    broken = zipped(a_txt="content").replace(b"content", b"contend")
    for content, why in ((b"<html>", "File is not a zip file"), (broken, "Bad CRC-32 for file 'a.txt'")):
        progress = await place.target.deploy(of(content, place))
        assert progress.why == f"what was published is not a zip that can be read ({why}): let the build mend it"
        assert progress.live == Live(values={})


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (zipped(é="").replace("é".encode(), b"\xe9\xe9"), "'utf-8' codec can't decode byte 0xe9 in position 0"),
        (zipped(a="")[:-6] + b"\x2f\0\0\0\0\0", "Invalid argument"),
    ],
    ids=["name", "offset"],
)
async def test_a_zip_that_is_broken_on_purpose_is_told(place: OnThisMachine, content: bytes, why: str) -> None:
    progress = await place.target.deploy(of(content, place))
    assert progress.why.startswith("what was published is not a zip that can be read (")
    assert why in progress.why


async def test_what_not_everybody_unpacks_is_refused(place: OnThisMachine) -> None:
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_LZMA) as archive:
        archive.writestr("a.txt", "content")
    progress = await place.target.deploy(of(packed.getvalue(), place))
    why = "which is packed in a way that not everybody unpacks: nothing was deployed"
    assert progress.why == f"the zip has a file 'a.txt', {why}"


async def test_other_bytes_than_were_published_are_refused(place: OnThisMachine) -> None:
    what = of(zipped(a_txt="published"), place)
    digest = what.version.artifacts[0].digest
    (place.tmp / "zips" / digest).write_bytes(zipped(a_txt="tampered"))
    progress = await place.target.deploy(what)
    assert progress.why.endswith(f", and {digest} was published: nothing was deployed")


async def test_a_zip_that_is_gone_is_told(place: OnThisMachine) -> None:
    gone = zip_artifact(1, b"gone")
    progress = await place.target.deploy(write(version(1, gone), "d1"))
    assert (progress.state, progress.why) == (State.FAILED, f"{gone.export.name} is not there")


async def test_a_version_without_the_label_is_told(place: OnThisMachine) -> None:
    progress = await place.target.deploy(write(version(7), "d1"))
    assert progress.why == "this version has no SITE: let the build of 0000000 export it, and push"


async def test_a_release_that_is_gone_cannot_be_put_back(place: OnThisMachine) -> None:
    await place.target.deploy(write(place.version(1), "d1"))
    before = await place.target.live()
    second = write(place.version(2), "d2", before)
    await place.target.deploy(second)
    (place.directory / "releases" / before.mark).rename(place.tmp / "moved")
    progress = await place.target.roll_back(second, before)
    assert progress.why == f"releases/{before.mark} is not there any more: deploy that version again"


async def test_a_place_that_cannot_be_written_is_told(place: OnThisMachine) -> None:
    what = write(place.version(1), "d1")
    place.directory.parent.parent.mkdir()
    place.directory.parent.write_text("a file")
    progress = await place.target.deploy(what)
    assert progress.state is State.FAILED
    assert progress.why.startswith("this machine said Not a directory of ")


@pytest.mark.parametrize("name", ["..", "a/b", "", "ä"])
def test_a_service_whose_name_is_no_directory_has_no_place(place: OnThisMachine, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name of a directory"):
        Local(artifact="SITE").open(name, "staging", place.around)
