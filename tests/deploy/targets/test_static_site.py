"""A site in a bucket: how its files lie there, and how the pointer moves."""

import json
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from aiohttp import ClientSession, web
from pydantic import ValidationError

from checks.errors import Permanent
from deploy.target import Live, State
from deploy.targets.static_site import StaticSite
from deploy.targets.static_site.content import content_type
from tests.deploy.targets.front import Clients, Front
from tests.deploy.targets.places import InABucket
from tests.deploy.targets.world import version, write, zip_artifact


@pytest.fixture
def place(door: Front, tmp_path: Path) -> InABucket:
    return InABucket(door, tmp_path)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("a/b.CSS", "text/css; charset=utf-8"),
        ("app.js", "text/javascript; charset=utf-8"),
        ("app.mjs", "text/javascript; charset=utf-8"),
        ("app.js.map", "application/json"),
        ("logo.svg", "image/svg+xml"),
        ("photo.webp", "image/webp"),
        ("font.woff2", "font/woff2"),
        ("site.webmanifest", "application/manifest+json"),
        ("data.json", "application/json"),
        ("pack.tar.gz", "application/octet-stream"),
        ("LICENSE", "application/octet-stream"),
    ],
)
def test_the_kind_of_content_follows_from_the_name(name: str, kind: str) -> None:
    assert content_type(name) == kind


@pytest.mark.parametrize(
    "wrong",
    [
        {"bucket": "No"},
        {"prefix": "/shop/"},
        {"prefix": "shop"},
        {"prefix": "shop/../bank/"},
        {"prefix": "./"},
        {"pointer": ".."},
        {"pointer": "a/b.json"},
        {"distribution": "abc"},
        {"invalidate": ["index.html"]},
        {"url": "ftp://example.org"},
        {"unknown": 1},
    ],
)
def test_what_cannot_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        StaticSite.model_validate({"artifact": "SITE", "bucket": "site", **wrong})


async def test_files_lie_below_their_release_and_the_pointer_names_it(place: InABucket) -> None:
    place.said["prefix"] = "shop/"
    first = write(place.version(1), "d1")
    await place.target.deploy(first)
    release = first.version.id
    assert place.keys == [
        "shop/current.json",
        f"shop/releases/{release}/css/site.css",
        f"shop/releases/{release}/index.html",
    ]
    pointer = place.behind.get_object(Bucket=place.name, Key="shop/current.json")
    assert json.loads(pointer["Body"].read()) == {
        "release": release,
        "path": f"releases/{release}/",
        "sha": first.version.sha,
        "deployment": "d1",
    }
    page = place.behind.get_object(Bucket=place.name, Key=f"shop/releases/{release}/index.html")
    assert page["Body"].read() == b"<p>1</p>"
    assert (page["ContentType"], page["CacheControl"]) == (
        "text/html; charset=utf-8",
        "public, max-age=31536000, immutable",
    )
    assert (pointer["ContentType"], pointer["CacheControl"]) == ("application/json", "no-cache")


async def test_files_that_are_there_are_not_uploaded_again(place: InABucket) -> None:
    before, first = Live(values={}), write(place.version(1), "d1")
    await place.target.deploy(first)
    place.behind.delete_object(Bucket=place.name, Key="current.json")
    place.door.reset()
    await place.target.deploy(write(first.version, "d2", before))
    assert place.door.writes == [f"PUT /{place.name}/current.json"]


@pytest.mark.parametrize("had", [True, False])
async def test_who_moves_the_pointer_at_the_same_moment_is_not_overwritten(place: InABucket, had: bool) -> None:
    if had:
        await place.target.deploy(write(place.version(1), "d1"))

    def meddle(operation: str) -> None:
        if operation == f"PUT /{place.name}/current.json":
            place.meddle()

    place.door.meanwhile = meddle
    progress = await place.target.deploy(write(place.version(2), "d2", await place.target.live()))
    assert progress.state is State.FAILED
    assert progress.why == (
        "somebody else changed current.json at the same moment: it names by-hand, nothing was overwritten; "
        "deploy again if it should be"
    )
    assert (await place.target.live()).values == {"current": "by-hand"}


async def test_a_pointer_that_nobody_can_read_is_not_ours(place: InABucket) -> None:
    place.behind.put_object(Bucket=place.name, Key="current.json", Body=b"[]")
    assert (await place.target.live()).values == {"current": "something unknown"}


async def test_a_zip_that_would_write_elsewhere_is_refused_whole(place: InABucket) -> None:
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "fine")
        archive.writestr("../evil", "evil")
    place.around.publish(buffer.getvalue())
    progress = await place.target.deploy(write(version(1, zip_artifact(1, buffer.getvalue())), "d1"))
    assert progress.why == (
        "the zip has a file '../evil', which would be written outside of its place: nothing was deployed"
    )
    assert place.keys == []


async def test_a_file_that_is_too_large_is_refused_before_anything_is_uploaded(
    place: InABucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.targets.static_site.site.LARGEST_FILE", 7)
    progress = await place.target.deploy(write(place.version(1), "d1"))
    assert progress.why == ("css/site.css has 14 bytes, and 7 are the most for a file of a site: nothing was deployed")
    assert place.keys == []


async def test_a_bucket_that_is_not_there_is_told_with_what_to_do(place: InABucket) -> None:
    target = place.opened(bucket="nobodys-bucket")
    why = "there is no bucket nobodys-bucket: create it or correct its name, then deploy again"
    assert (await target.deploy(write(place.version(1), "d1"))).why == why
    with pytest.raises(Permanent, match=f"^{why}$"):
        await target.live()


async def test_a_release_whose_files_are_gone_cannot_be_put_back(place: InABucket) -> None:
    await place.target.deploy(write(place.version(1), "d1"))
    before = await place.target.live()
    release = before.values["current"]
    second = write(place.version(2), "d2", before)
    await place.target.deploy(second)
    for key in place.keys:
        if release in key:
            place.behind.delete_object(Bucket=place.name, Key=key)
    progress = await place.target.roll_back(second, before)
    assert progress.why == f"the files of {release} are not there any more: deploy that version again"


# --- the CDN ------------------------------------------------------------------------------------


@pytest.fixture
def distribution(place: InABucket) -> str:
    origin = {
        "Id": "s3",
        "DomainName": f"{place.name}.s3.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    made = Clients(place.door.behind).cloudfront.create_distribution(
        DistributionConfig={
            "CallerReference": place.name,
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": {"TargetOriginId": "s3", "ViewerProtocolPolicy": "https-only"},
            "Comment": "",
            "Enabled": True,
        }
    )
    return str(made["Distribution"]["Id"])


def invalidations(place: InABucket, distribution: str) -> list[str]:
    cloudfront = Clients(place.door.behind).cloudfront
    found = cloudfront.list_invalidations(DistributionId=distribution)["InvalidationList"].get("Items", [])
    each = [cloudfront.get_invalidation(DistributionId=distribution, Id=one["Id"]) for one in found]
    return sorted(one["Invalidation"]["InvalidationBatch"]["CallerReference"] for one in each)


async def test_the_cdn_forgets_once_for_each_move_even_if_it_was_cut_off_before(
    place: InABucket, distribution: str
) -> None:
    place.said["distribution"] = distribution
    first = write(place.version(1), "d1")
    await place.target.deploy(first)
    before = await place.target.live()
    second = write(place.version(2), "d2", before)
    place.door.reset()
    place.door.deny = {6}
    assert (await place.target.deploy(second)).why == (
        f"AWS does not let the App do cloudfront:CreateInvalidation on {distribution}: "
        "give its role this right, then deploy again"
    )
    assert (await place.target.deploy(second)).state is State.DONE
    assert (await place.target.roll_back(second, before)).state is State.DONE
    assert invalidations(place, distribution) == sorted(
        [f"d1-{first.version.id}", f"d2-{second.version.id}", f"d2-{first.version.id}"]
    )


async def test_a_distribution_that_is_not_there_is_told(place: InABucket) -> None:
    place.said["distribution"] = "NOBODY"
    progress = await place.target.deploy(write(place.version(1), "d1"))
    assert progress.why.startswith("AWS said NoSuchDistribution on cloudfront:CreateInvalidation on NOBODY")


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession() as http:
        yield http


async def test_the_deployment_waits_until_everybody_sees_the_release(place: InABucket, http: ClientSession) -> None:
    answers: list[web.Response] = []
    site = web.Application()

    async def pointer(_: web.Request) -> web.Response:
        return answers.pop(0)

    site.router.add_get("/current.json", pointer)
    runner = web.AppRunner(site, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/current.json"
    place.http = http
    target, first = place.opened(url=url), write(place.version(1), "d1")
    answers += [
        web.json_response({"release": "former"}),
        web.Response(status=503),
        web.Response(text="[" * 50_000),
        web.json_response({"release": "x" * 50_000}),
        web.json_response({"release": first.version.id}),
    ]
    told = [await target.deploy(first) for _ in range(5)]
    await runner.cleanup()
    told.append(await target.observe(first))
    assert [(each.state, each.why) for each in told] == [
        (State.GOING, f"{url} answers former, not yet {first.version.id}"),
        (State.GOING, f"{url} answers 503, not yet {first.version.id}"),
        (State.GOING, f"{url} answers something unknown, not yet {first.version.id}"),
        (State.GOING, f"{url} answers {'x' * 139}…, not yet {first.version.id}"),
        (State.DONE, f"current.json names {first.version.id}"),
        (State.GOING, f"{url} answers ClientConnectorError, not yet {first.version.id}"),
    ]
    assert told[4].evidence == url
