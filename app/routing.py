"""Typed routes: an event type, the handlers it wakes, and the key under which they run in order."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, Self, TypeVar

from app.store.unit_of_work import UnitOfWork
from checks.errors import Permanent
from checks.events import Event

E = TypeVar("E", bound=Event)
B = TypeVar("B")
Handler = Callable[[E, B], Awaitable[Sequence[Event]]]
Key = Callable[[E], str]
Call = Callable[[Event, UnitOfWork], Awaitable[Sequence[Event]]]


class Routes(Generic[B]):
    """The handlers that share one bundle `B`. A handler of the wrong event or bundle does not type-check."""

    def __init__(self) -> None:
        self._on: list[tuple[type[Event], Handler[Any, B], Key[Any]]] = []

    def on(self, event: type[E], *handlers: Handler[E, B], key: Key[E]) -> Self:
        """Each handler is a task of its own; tasks with one key run one at a time, in order."""
        self._on += [(event, handler, key) for handler in handlers]
        return self

    def tasks_for(self, event: Event) -> Iterator[tuple[str, str]]:
        for kind, handler, key in self._on:
            if type(event) is kind:
                yield name_of(handler), key(event)

    def events(self) -> frozenset[type[Event]]:
        return frozenset(kind for kind, _, _ in self._on)

    def handlers(self) -> Sequence[Handler[Any, B]]:
        """Each once, in the order in which they were routed first."""
        return list(dict.fromkeys(handler for _, handler, _ in self._on))

    def with_bundle(self, make: Callable[[UnitOfWork], B]) -> Mapping[str, Call]:
        """The handlers by name, each called with a bundle of its own."""

        def bound(handler: Handler[Any, B]) -> Call:
            return lambda event, work: handler(event, make(work))

        return {name_of(handler): bound(handler) for _, handler, _ in self._on}


class Switchboard:
    """Every handler that a worker can call, by name."""

    def __init__(self, *calls: Mapping[str, Call]) -> None:
        self._calls = {name: call for some in calls for name, call in some.items()}

    async def call(self, name: str, event: Event, work: UnitOfWork) -> Sequence[Event]:
        if name not in self._calls:
            raise Permanent(f"this version of Interlock has no handler {name}")
        return await self._calls[name](event, work)


def name_of(handler: Callable[..., object]) -> str:
    """What a task remembers of its handler: `checks.flow.start_build`."""
    return f"{handler.__module__}.{handler.__name__}"
