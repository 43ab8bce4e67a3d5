"""Nobody is led to an address that the operator did not open, neither by a name nor by a redirect."""

from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest
from aiohttp import ClientConnectorError, ClientSession, web
from aiohttp.test_utils import TestServer

from app.connections import careful
from deploy.promotion import Network

LOOPBACK = (ip_network("127.0.0.1/32"),)


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/elsewhere":
            raise web.HTTPFound(f"http://127.0.0.2:{request.url.port}/")
        return web.Response(text="here")

    site = web.Application()
    site.router.add_get("/{path:.*}", answer)
    server = TestServer(site, host="0.0.0.0")
    async with server:
        yield server


async def asked(url: str, networks: tuple[Network, ...]) -> str:
    async with ClientSession(connector=careful(networks)) as session, session.get(url) as answer:
        return await answer.text()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_private_address_is_asked_only_where_its_network_is_open(server: TestServer, host: str) -> None:
    url = f"http://{host}:{server.port}/"
    with pytest.raises(ClientConnectorError, match="none that the operator lets webhooks ask"):
        await asked(url, ())
    assert await asked(url, LOOPBACK) == "here"


async def test_a_redirect_leads_nowhere_else(server: TestServer) -> None:
    url = f"http://127.0.0.1:{server.port}/elsewhere"
    with pytest.raises(ClientConnectorError, match=r"127\.0\.0\.2 is a private address"):
        await asked(url, LOOPBACK)


async def test_what_hands_out_credentials_is_asked_in_no_network() -> None:
    with pytest.raises(ClientConnectorError, match="nobody's public address"):
        await asked("http://169.254.169.254/latest/meta-data/", (ip_network("0.0.0.0/0"),))
