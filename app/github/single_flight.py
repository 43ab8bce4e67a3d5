"""Whoever asks for the same thing at the same time shares one answer."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

Found = TypeVar("Found")


class SingleFlight(Generic[Found]):
    """A caller that is cancelled does not disturb the others: the asking belongs to none of them."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Task[Found]] = {}

    async def __call__(self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, Found]]) -> Found:
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.create_task(ask())
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._landed(key, done))
        return await asyncio.shield(task)

    def _landed(self, key: Hashable, task: asyncio.Task[Found]) -> None:
        self._under_way.pop(key, None)
        if not task.cancelled():
            task.exception()  # if all callers are gone nobody else looks at it, and asyncio would complain
