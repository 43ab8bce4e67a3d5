"""What is commanded, from the plan to its end: asked once where it is dangerous, and followed until it ended."""

import asyncio
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Any

import click
from rich.console import Console
from rich.status import Status

from app.commands.api import Api, Unreachable
from app.commands.refusal import Refusal
from app.commands.told import plain
from app.store.ids import new_id
from deploy.command import Verb
from deploy.deployment import State

PAUSE = 0.5
"""Seconds between two looks."""
MOST_SILENCE = 30.0
"""Seconds for which a server that was there may be away."""
MOST_PATIENCE = 60.0
"""Seconds until a command that nobody takes up is told of."""

DANGEROUS = frozenset({Verb.EMERGENCY, Verb.ROLLBACK, Verb.OVERRIDE})
FOLLOWED = frozenset({Verb.DEPLOY, Verb.PROMOTE, Verb.ROLLBACK, Verb.REDEPLOY, Verb.EMERGENCY, Verb.OVERRIDE})

Told = Mapping[str, Any]


async def planned(api: Api, body: Mapping[str, object]) -> str:
    told = await api.post("commands", body={**body, "plan": True})
    return str(told["plan"])


async def confirmed(api: Api, verb: Verb, body: Mapping[str, object]) -> None:
    """Shows what a dangerous command would do, and asks once; only on a terminal is there somebody to ask."""
    if verb not in DANGEROUS or not sys.stdin.isatty():
        return
    click.echo(plain(await planned(api, body)), err=True)
    if not click.confirm("Do it?", err=True):
        raise Refusal("nothing was done")


async def commanded(api: Api, body: Mapping[str, object], *, wait: bool) -> Told:
    """How the command ended, with `deployment` as a whole where one came of it; without waiting, what is kept."""
    named = {**body, "id": new_id()}
    try:
        kept: Told = await api.post("commands", body=named)
    except Unreachable:  # the answer may be what got lost: the same id is the same command
        kept = await api.post("commands", body=named)
    if not wait:
        return {**kept, "state": "pending"}
    with _shown(plain(kept["plan"])) as tell:
        outcome: Told = await _followed(lambda: api.get("commands", kept["id"]), _is_over, tell, MOST_PATIENCE)
        if outcome["state"] == "refused":
            raise Refusal(plain(outcome["why"]))
        if not outcome["deployment"] or body["verb"] not in FOLLOWED:
            return outcome
        went = await _followed(lambda: api.get("deployments", outcome["deployment"]), _has_ended, tell, None)
    return {**outcome, "deployment": went}


def succeeded(outcome: Told) -> bool:
    """It got where it was sent, or waits for somebody; what has no deployment is done."""
    went = outcome.get("deployment")
    if not isinstance(went, Mapping):
        return True
    return bool(went["live_at"]) or went["explanation"]["waits"]


def _is_over(outcome: Told) -> bool:
    return bool(outcome["state"] != "pending")


def _has_ended(deployment: Told) -> bool:
    state = State(deployment["state"])
    return not (state.is_waiting or state.is_moving) or bool(deployment["explanation"]["waits"])


async def _followed(
    look: Callable[[], Any], is_done: Callable[[Told], bool], tell: Callable[[str], None], patience: float | None
) -> Told:
    begun = heard = time.monotonic()
    while True:
        try:
            told: Told = await look()
            heard = time.monotonic()
        except Unreachable:
            if time.monotonic() - heard > MOST_SILENCE:
                raise
        else:
            if is_done(told):
                return told
            tell(_line(told))
        if patience is not None and time.monotonic() - begun > patience:
            message = f"nobody took it up within {patience:.0f} s: does a worker run? The command is kept"
            raise Refusal(message)
        await asyncio.sleep(PAUSE)


def _line(told: Told) -> str:
    return plain(f"{told['state']}: {told['why']}" if told.get("why") else told["state"])


class _shown:  # noqa: N801  used as a context manager, read as a phrase
    """On a terminal the last line says how it stands and for how long; in a pipe nothing is said until the end."""

    def __init__(self, title: str) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._title = title
        self._begun = time.monotonic()
        self._status: AbstractContextManager[Status | None] = (
            self._console.status("") if self._console.is_terminal else nullcontext()
        )

    def __enter__(self) -> Callable[[str], None]:
        self._line = self._status.__enter__()
        self._tell("")
        return self._tell

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._status.__exit__(kind, error, trace)

    def _tell(self, how: str) -> None:
        if self._line is not None:
            elapsed = f"{time.monotonic() - self._begun:.0f} s"
            self._line.update(" · ".join(each for each in (self._title, how, elapsed) if each).replace("[", r"\["))
