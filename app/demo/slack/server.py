"""The local Slack as it is started: one port on loopback for the Web API, response URLs, Socket Mode and pages."""

from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler

from app.demo.slack import api, pages
from app.demo.slack.api.call import SLACK
from app.demo.slack.platform import Platform

LARGEST_REQUEST = 4 * 1024 * 1024


class LocalSlack(Platform):
    """`async with LocalSlack() as slack:` and it answers at `slack.url`; the Web API is at `slack.api_url`.

    `listen` is where the App is told what people do. State lives as long as the object.
    """

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, **options: Any) -> None:
        super().__init__(**options)
        self.host = host
        self.port = port
        self._runner: web.AppRunner | None = None
        self._door: web.TCPSite | None = None

    async def __aenter__(self) -> Self:
        site = web.Application(client_max_size=LARGEST_REQUEST, middlewares=[self._called_by_its_name])
        platform: Platform = self
        site[SLACK] = platform
        site.add_routes(api.ROUTES)
        pages.setup(site)
        self.client = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        self._runner = web.AppRunner(site, handler_cancellation=True, shutdown_timeout=0.5, access_log=None)
        await self._runner.setup()
        await self.open_door()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_closing = True
        self.stir()
        await self.drop()
        await self.disconnect_sockets("link_disabled")
        if self._runner is not None:
            await self._runner.cleanup()
        if self.client is not None:
            await self.client.close()

    async def close_door(self) -> None:
        """Connections are refused until `open_door`; what is known stays."""
        await self.disconnect_sockets()
        if self._door is not None:
            await self._door.stop()
        self._door = None
        if self._runner is not None and self._runner.server is not None:
            for each in self._runner.server.connections:
                each.force_close()  # who is connected would go on

    async def open_door(self) -> None:
        if self._runner is None:
            raise RuntimeError("The local Slack has not been started.")
        self._door = web.TCPSite(self._runner, self.host, self.port)
        await self._door.start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://{self.host}:{self.port}"

    @web.middleware
    async def _called_by_its_name(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """A site whose name was made to lead to this machine is a stranger here.

        https://developer.mozilla.org/en-US/docs/Web/Security/Attacks/DNS_rebinding
        """
        if request.url.host not in {self.host, "localhost"}:
            raise web.HTTPMisdirectedRequest(text=f"This Slack is at {self.url}.\n")
        return await handler(request)
