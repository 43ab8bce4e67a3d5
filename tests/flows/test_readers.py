"""Who sees a build follows what GitHub says of its repository."""

import asyncio
from http import HTTPStatus

import aiohttp

from tests.flows.town import PASSING, PATIENCE, Town

OPEN, CLOSED = HTTPStatus.OK, HTTPStatus.UNAUTHORIZED


async def test_a_builds_page_closes_and_opens_with_its_repository(town: Town) -> None:
    vault = await town.github.create_repository("acme/vault", private=True)
    check = await town.check(vault, await town.push(vault, {"buildspec.yml": PASSING}))
    url = check.details_url or ""
    await until_answered(url, CLOSED)
    for private, status in ((False, OPEN), (True, CLOSED)):
        await town.github.change_visibility(vault, private=private)
        await until_answered(url, status)


async def test_a_push_tells_too_that_a_repository_became_private(town: Town) -> None:
    web = await town.repository()
    url = (await town.check(web, await town.push(web, {"buildspec.yml": PASSING}))).details_url or ""
    await until_answered(url, OPEN)
    web.private = True  # as if its webhook had been lost

    await town.push(web, {"README.md": "Ours."})

    await until_answered(url, CLOSED)


async def until_answered(url: str, status: HTTPStatus) -> None:
    """A stranger is answered with this status, once the App has heard."""
    async with aiohttp.ClientSession() as stranger, asyncio.timeout(PATIENCE):
        while True:
            async with stranger.get(url) as answer:
                if answer.status == status:
                    return
