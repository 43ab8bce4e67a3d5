"""Web and worker in processes of their own, with PostgreSQL between them."""

import asyncio
from pathlib import Path

from tests.flows.app_process import AppProcess, place
from tests.flows.town import PASSING


async def test_what_the_web_half_hears_the_worker_half_does(tmp_path: Path, empty_postgres: str) -> None:
    async with place(tmp_path, empty_postgres) as at:
        migration = AppProcess("migrate", at.environment)
        await migration.start()
        assert migration.process
        assert await migration.process.wait() == 0
        web, worker = AppProcess("web", at.environment, at.url), AppProcess("worker", at.environment)
        await asyncio.gather(web.start(), worker.start())
        at.town.github.release_webhooks()

        repository = await at.town.repository()
        sha = await at.town.push(repository, {"buildspec.yml": PASSING})

        assert (await at.town.check(repository, sha)).conclusion == "success"
        await asyncio.gather(web.kill(), worker.kill())
