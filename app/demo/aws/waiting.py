"""Waiting for something, unless the build is stopped meanwhile."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from app.demo.aws.build import Build

T = TypeVar("T")


class Stopped(Exception):
    """Somebody called StopBuild."""


async def unless_stopped(build: Build, work: Coroutine[Any, Any, T]) -> T:
    """The result of the work; raises Stopped, and gives the work up, if the build is stopped first."""
    task, stop = asyncio.ensure_future(work), asyncio.ensure_future(build.stopping.wait())
    try:
        await asyncio.wait((task, stop), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Stopped
        return task.result()
    finally:
        task.cancel()
        stop.cancel()
