"""An imaginary environment, the workers that race for it, and everything that may happen to them in between.

A history is a sequence of steps: a worker takes the next step of its protocol, a write lands, a worker dies, a
lease is taken over from somebody who still believes in it, an answer is lost, the branch is moved by force.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache, cached_property
from typing import Any, NamedTuple

from msgspec.structs import replace

from deploy.order import Facts, Relation, Verdict, decide
from deploy.pointer import Pointer

NOW = datetime(2026, 11, 21, tzinfo=UTC)
UNTIL = NOW + timedelta(minutes=1)
PAST = NOW - timedelta(minutes=1)
LONGEST = timedelta(seconds=20)


class Target(Enum):
    """How the place that is written into treats a writer that is late."""

    COMPARES = "refuses a number that is lower than one it has seen"
    BOUNDED = "takes whatever comes, but no write takes longer than its time limit"
    CARELESS = "takes whatever comes, whenever it comes"


@dataclass(frozen=True)
class Story:
    """Changes 1…n, each with the one it was made on; 0 is live at first. From `forced` on, if there is such a
    change, the default branch was moved by force. `workers` have one change each."""

    parents: tuple[int, ...]
    workers: tuple[int, ...]
    forced: int = 0

    def shas(self) -> Sequence[str]:
        return [str(number) * 40 for number in range(len(self.parents) + 1)]

    @cache  # noqa: B019  few stories, asked millions of times
    def contains(self, new: int, old: int) -> bool:
        return new == old or (new > 0 and self.contains(self.parents[new - 1], old))

    @cached_property
    def relations(self) -> dict[tuple[str, str], Relation]:
        shas = self.shas()
        return {(shas[a], shas[b]): self._relation(a, b) for a in range(len(shas)) for b in range(len(shas))}

    def _relation(self, old: int, new: int) -> Relation:
        if old == new:
            return Relation.IDENTICAL
        if self.contains(new, old):
            return Relation.AHEAD
        return Relation.BEHIND if self.contains(old, new) else Relation.DIVERGED

    @cached_property
    def heads(self) -> tuple[frozenset[str], frozenset[str]]:
        """What is on the default branch before it is moved by force, and after."""
        shas, last = self.shas(), len(self.parents)
        before = self.forced - 1 if self.forced else last
        return tuple(frozenset(sha for n, sha in enumerate(shas) if self.contains(head, n)) for head in (before, last))  # type: ignore[return-value]  # two heads

    @property
    def right_end(self) -> str:
        return str(len(self.parents)) * 40


class Flying(NamedTuple):
    """A write that was sent and has not landed."""

    sha: str
    number: int
    worker: int


Move = tuple[str, int | Flying | None]

Protocol = Callable[["World", int], None]
"""The next step of a worker that need not wait."""


class World:
    __slots__ = ("air", "backwards", "fence", "live", "moved", "pointer", "protocol", "stages", "story", "target")

    def __init__(self, story: Story, target: Target, protocol: "Protocol", pointer: type[Pointer] = Pointer) -> None:
        self.story, self.target = story, target
        start = story.shas()[0]
        self.pointer = pointer(environment="staging", live=start, aim=start)
        self.stages: list[tuple[str, Any]] = [("idle", 0)] * len(story.workers)
        self.air: tuple[Flying, ...] = ()
        self.live, self.fence = start, 0
        self.moved = not story.forced
        self.protocol = protocol
        self.backwards = 0

    def copy(self) -> "World":
        twin = object.__new__(World)
        for name in World.__slots__:
            setattr(twin, name, getattr(self, name))
        twin.stages = self.stages.copy()
        return twin

    @property
    def key(self) -> tuple[object, ...]:
        return (tuple(self.stages), self.pointer, self.air, self.live, self.fence, self.moved, self.backwards > 0)

    @property
    def is_right(self) -> bool:
        return self.live == self.story.right_end

    def sha(self, worker: int) -> str:
        return str(self.story.workers[worker]) * 40

    def on_branch(self, sha: str) -> bool:
        return sha in self.story.heads[self.moved]

    # --- what may happen next

    def moves(self) -> list[Move]:
        """What may happen without anything going wrong; none when the history has ended."""
        taken = self.pointer.until == UNTIL
        waiting = ("sent", "done", "idle") if taken else ("sent", "done")
        found: list[Move] = [
            ("step", worker)
            for worker, (stage, _) in enumerate(self.stages)
            if stage not in waiting and (self.moved or self.story.workers[worker] < self.story.forced)
        ]
        if self.air:
            found += [("land", write) for write in self.air]
        if not self.moved:
            found.append(("force", None))
        if taken and not self._has_holder() and self._may_expire():
            found.append(("expire", None))
        return found

    def faults(self) -> list[Move]:
        found: list[Move] = [("crash", n) for n, (stage, _) in enumerate(self.stages) if stage not in ("idle", "done")]
        found += [("lose", write) for write in self.air]
        if self.pointer.until == UNTIL and self._has_holder() and self._may_expire():
            found.append(("expire", None))
        return found

    def _has_holder(self) -> bool:
        """Somebody believes in the present lease."""
        return any(number == self.pointer.fence for stage, number in self.stages if stage not in ("idle", "done"))

    def _may_expire(self) -> bool:
        """Time passes; but before a lease ends, a write with a time limit that began within it has ended."""
        return self.target is not Target.BOUNDED or all(write.number != self.pointer.fence for write in self.air)

    def happen(self, move: Move) -> None:
        what, which = move
        if isinstance(which, Flying):
            self._land(which) if what == "land" else self._lose(which)
        elif which is None:
            self._force() if what == "force" else self._expire()
        else:
            self.protocol(self, which) if what == "step" else self.crash(which)

    # --- what workers and the world do

    def send(self, worker: int, number: int) -> None:
        self.air = (*self.air, Flying(self.sha(worker), number, worker))
        self.stages[worker] = ("sent", number)

    def _land(self, write: Flying) -> None:
        self._drop(write)
        accepted = self.target is not Target.COMPARES or write.number >= self.fence
        if accepted:
            relation = self.story.relations[self.live, write.sha]
            by_force = relation is Relation.DIVERGED and self.on_branch(write.sha) and not self.on_branch(self.live)
            self.backwards += relation not in (Relation.IDENTICAL, Relation.AHEAD) and not by_force
            self.live, self.fence = write.sha, write.number
        if self.stages[write.worker] == ("sent", write.number):
            self.stages[write.worker] = ("landed" if accepted else "idle", write.number)

    def _lose(self, write: Flying) -> None:
        """It never happens, and its worker hears of an error."""
        self._drop(write)
        if self.stages[write.worker] == ("sent", write.number):
            self.stages[write.worker] = ("idle", 0)

    def _drop(self, write: Flying) -> None:
        air = list(self.air)
        air.remove(write)
        self.air = tuple(air)

    def _force(self) -> None:
        self.moved = True

    def _expire(self) -> None:
        self.pointer = replace(self.pointer, until=PAST)

    def crash(self, worker: int) -> None:
        """Another worker begins the task again; what flies, flies on."""
        self.stages[worker] = ("idle", 0)


def interlock(world: World, worker: int) -> None:
    """Ours: the lease is held through the write, with a number."""
    stage, number = world.stages[worker]
    if stage == "idle":
        _keep(world, worker, "leased", world.pointer.leased(NOW, UNTIL))
    elif stage == "leased":
        _weigh(world, worker, number)
    elif stage == "weighed":
        _keep(world, worker, "aimed", world.pointer.aimed(number, world.sha(worker)))
    elif stage == "landed":
        _keep(world, worker, "done", world.pointer.arrived(number))
    elif world.target is Target.BOUNDED and not world.pointer.outlasts(number, NOW, LONGEST):
        world.crash(worker)
    else:
        world.send(worker, number)


def _weigh(world: World, worker: int, number: int) -> None:
    pointer, sha = world.pointer, world.sha(worker)
    relation = world.story.relations[pointer.aim, sha]
    facts = Facts(
        environment=pointer.environment,
        candidate=sha,
        live=pointer.aim,
        cut_off=pointer.is_cut_off,
        relation=relation,
        live_on_branch=relation.needs_the_branch and world.on_branch(pointer.aim),
        candidate_on_branch=relation.needs_the_branch and world.on_branch(sha),
        lease=number,
        fence=pointer.fence,
    )
    verdict = decide(facts).verdict
    if verdict is Verdict.ADVANCE:
        world.stages[worker] = ("weighed", number)
    else:
        _keep(world, worker, "done", pointer.released(number))


def _keep(world: World, worker: int, stage: str, pointer: Pointer | None) -> None:
    """In one transaction, or not at all: then the worker begins again."""
    if pointer is None:
        world.crash(worker)
        return
    world.pointer = pointer
    world.stages[worker] = (stage, 0 if stage == "done" else pointer.fence)


def finish_order(world: World, worker: int) -> None:
    """Whoever is ready writes: the last to finish wins."""
    stage, _ = world.stages[worker]
    if stage == "idle":
        world.send(worker, 0)
    else:
        world.stages[worker] = ("done", 0)


def pointer_first(world: World, worker: int) -> None:
    """Compare and set on a pointer of our own, in perfect order, and then write."""
    stage, seen = world.stages[worker]
    sha = world.sha(worker)
    if stage == "idle":
        world.stages[worker] = ("read", world.pointer.live)
    elif stage == "read" and _may_follow(world, seen, sha):
        if seen == world.pointer.live:
            world.pointer = Pointer(environment="staging", live=sha, aim=sha)
            world.stages[worker] = ("set", 0)
        else:
            world.crash(worker)
    elif stage == "set":
        world.send(worker, 0)
    else:
        world.stages[worker] = ("done", 0)


def _may_follow(world: World, live: str, sha: str) -> bool:
    relation = world.story.relations[live, sha]
    if relation is Relation.DIVERGED:
        return world.on_branch(sha) and not world.on_branch(live)
    return relation is Relation.AHEAD
