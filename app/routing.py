"""Typed routes: an event type, the handlers it wakes, and the key under which they run in order."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, Generic, Self, TypeVar

from app.store.unit_of_work import UnitOfWork
from checks.errors import Permanent
from checks.events import Event

E = TypeVar("E", bound=Event)
B = TypeVar("B")
Handler = Callable[[E, B], Awaitable[Sequence[Event]]]
Key = Callable[[E], str]


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

    def with_bundle(self, make: Callable[[UnitOfWork], B]) -> "Bound":
        handlers = {name_of(handler): handler for _, handler, _ in self._on}

        async def call(name: str, event: Event, work: UnitOfWork) -> Sequence[Event]:
            return await handlers[name](event, make(work))

        return Bound(frozenset(handlers), call)


class Bound:
    """Routes with somebody to make their bundle: ready to be called by a handler's name."""

    def __init__(
        self, names: frozenset[str], call: Callable[[str, Event, UnitOfWork], Awaitable[Sequence[Event]]]
    ) -> None:
        self.names = names
        self.call = call


class Switchboard:
    """All bound routes of a worker."""

    def __init__(self, *bound: Bound) -> None:
        self._bound = bound

    async def call(self, name: str, event: Event, work: UnitOfWork) -> Sequence[Event]:
        for bound in self._bound:
            if name in bound.names:
                return await bound.call(name, event, work)
        raise Permanent(f"this version of Interlock has no handler {name}")


def name_of(handler: Callable[..., object]) -> str:
    """What a task remembers of its handler: `checks.flow.start_build`."""
    return f"{handler.__module__}.{handler.__name__}"
