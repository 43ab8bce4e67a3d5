"""The local GitHub as it is started: one port on loopback for git, REST, webhooks and pages."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from aiohttp.typedefs import Handler

from app.demo.github import git_http, pages, rest
from app.demo.github.platform import GITHUB, Platform
from app.demo.github.rest import archives

LARGEST_REQUEST = 256 * 1024 * 1024


class LocalGitHub(Platform):
    """`async with LocalGitHub(directory) as github:` and it answers at `github.url`.

    REST is at `github.api_url`, repositories at `github.clone_url(repository)`. State lives as long as the object;
    the directory holds the git repositories and has to be empty.
    """

    def __init__(self, directory: Path, *, host: str = "127.0.0.1", port: int = 0, **options: Any) -> None:
        super().__init__(directory, **options)
        self.host = host
        self.port = port
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        site = web.Application(client_max_size=LARGEST_REQUEST, middlewares=[self._called_by_its_name])
        platform: Platform = self
        site[GITHUB] = platform
        site.add_routes([*rest.routes(), *git_http.routes()])
        archives.setup(site)
        pages.setup(site)
        self._runner = web.AppRunner(site, handler_cancellation=True, shutdown_timeout=0.5, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, self.host, self.port).start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://{self.host}:{self.port}"
        await self.start_webhooks()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop_webhooks()
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _called_by_its_name(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """A site whose name was made to lead to this machine is a stranger here, and a push here is a build here.

        https://developer.mozilla.org/en-US/docs/Web/Security/Attacks/DNS_rebinding
        """
        if request.url.host not in {self.host, "localhost"}:
            raise web.HTTPMisdirectedRequest(text=f"This GitHub is at {self.url}.\n")
        return await handler(request)
