"""How long GitHub waits until a webhook is durable here, beside handlers that do less."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from app.demo.stage import free_port, new_identity
from bench.delivery import Push, headers
from bench.figure import Figure, Spread, median, p95, ratio
from bench.load import Plan, Told
from bench.process import app_settings, load, run, running

CHECKED, COMMITTED, OURS = "only checks the HMAC", "and one SQLite commit", "Interlock"
SIZES = (8_000, 200_000)
ROUNDS = 5
ALONE = 120
"""Requests in a round of one client."""
CROWD, TOGETHER = 32, 480
"""Connections at once, and requests in a round of theirs."""
MILLISECONDS = 1000


async def measure(directory: Path) -> Sequence[Figure]:
    async with _doors(directory) as doors:
        return [figure for size in SIZES for figure in await _figures(doors, size)]


@asynccontextmanager
async def _doors(directory: Path) -> AsyncIterator[dict[str, int]]:
    """The ports of those that are compared, all up at the same time."""
    ports = {name: free_port() for name in (CHECKED, COMMITTED, OURS)}
    settings = app_settings(directory, ports[OURS], new_identity())
    await run("app", "migrate", **settings)
    async with AsyncExitStack() as stack:
        file = str(directory / "bare.sqlite3")
        await stack.enter_async_context(running("bench.bare", str(ports[CHECKED]), port=ports[CHECKED]))
        await stack.enter_async_context(running("bench.bare", str(ports[COMMITTED]), file, port=ports[COMMITTED]))
        await stack.enter_async_context(running("app", "web", port=ports[OURS], **settings))
        yield ports


async def _figures(doors: dict[str, int], size: int) -> Sequence[Figure]:
    alone: dict[str, list[Told]] = {name: [] for name in doors}
    crowd: dict[str, list[Told]] = {name: [] for name in doors}
    for _ in range(ROUNDS):
        for name, port in doors.items():
            alone[name].append(await load(_plan(port, size, ALONE, 1)))
        for name, port in doors.items():
            crowd[name].append(await load(_plan(port, size, TOGETHER, CROWD)))
    return [_latency(size, alone), _throughput(size, crowd)]


def _latency(size: int, told: dict[str, list[Told]]) -> Figure:
    figure = Figure(
        f"A webhook of {size // 1000} KB is acknowledged, one at a time", ["", "p50 ms", "p95 ms", "Interlock takes"]
    )
    middle = {name: [median(each.latencies) for each in rounds] for name, rounds in told.items()}
    for name, rounds in told.items():
        slow = Spread([p95(each.latencies) for each in rounds])
        versus = "" if name == OURS else f"{ratio(middle[OURS], middle[name]).told()} ×"
        figure.rows.append([name, Spread(middle[name]).told(MILLISECONDS), slow.told(MILLISECONDS), versus])
    figure.notes.append("Durable: in a SQLite file, WAL, synchronous=FULL, before the answer.")
    return figure


def _throughput(size: int, told: dict[str, list[Told]]) -> Figure:
    figure = Figure(
        f"Webhooks of {size // 1000} KB over {CROWD} connections at once", ["", "a second", "Interlock does"]
    )
    rate = {name: [TOGETHER / each.seconds for each in rounds] for name, rounds in told.items()}
    for name in told:
        versus = "" if name == OURS else f"{ratio(rate[OURS], rate[name]).told()} ×"
        figure.rows.append([name, Spread(rate[name]).told(), versus])
    return figure


def _plan(port: int, size: int, count: int, connections: int) -> Plan:
    body = Push().body(size)
    return Plan(port=port, bodies=[body], headers=[dict(headers(body))], count=count, connections=connections)
