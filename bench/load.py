"""Sends webhooks from a process of its own and tells how long each took to be answered.

The plan comes as JSON on standard input, the times go as JSON to standard output.
"""

import asyncio
import sys
import time

import msgspec
from msgspec import Struct

from bench.delivery import new_guid


class Plan(Struct, frozen=True, kw_only=True):
    """`bodies` are sent in turn, `count` requests over so many connections; each connection warms up first."""

    port: int
    bodies: list[bytes]
    headers: list[dict[str, str]]
    count: int
    connections: int = 1
    warm_up: int = 5


class Told(Struct, frozen=True, kw_only=True):
    """`latencies` in seconds, one for each request; `seconds` for all of them."""

    latencies: list[float]
    seconds: float


async def send(plan: Plan) -> Told:
    connections = [await asyncio.open_connection("127.0.0.1", plan.port) for _ in range(plan.connections)]
    for _ in range(plan.warm_up):
        await asyncio.gather(*(_post(*each, plan, 0) for each in connections))
    numbers = iter(range(plan.count))
    latencies: list[float] = []

    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number in numbers:
            began = time.perf_counter()
            await _post(reader, writer, plan, number)
            latencies.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(work(*each) for each in connections))
    seconds = time.perf_counter() - began
    for _, writer in connections:
        writer.close()
    return Told(latencies=latencies, seconds=seconds)


async def _post(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, plan: Plan, number: int) -> None:
    """Plain HTTP/1.1: the sender should cost less than what it measures."""
    body, given = plan.bodies[number % len(plan.bodies)], plan.headers[number % len(plan.bodies)]
    lines = [f"{name}: {value}" for name, value in given.items()]
    lines += ["Host: 127.0.0.1", f"Content-Length: {len(body)}", f"X-GitHub-Delivery: {new_guid()}"]
    writer.write("\r\n".join(["POST /github HTTP/1.1", *lines, "", ""]).encode() + body)
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith(b"http/1.1 20"):
        raise SystemExit(f"a webhook was answered {head.splitlines()[0].decode()}")
    await reader.readexactly(int(head.partition(b"content-length:")[2].split(None, 1)[0]))


if __name__ == "__main__":
    told = asyncio.run(send(msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)))
    sys.stdout.buffer.write(msgspec.json.encode(told))
