"""Sends slash commands at a steady pace from a process of its own, and tells how long each took to be acknowledged.

The plan comes as JSON on standard input, the times go as JSON to standard output. A command that waits because the one
before is slow counts from when it was due.
"""

import asyncio
import sys
import time
from urllib.parse import urlencode

import msgspec
from msgspec import Struct
from slack_sdk.signature import SignatureVerifier

from bench.delivery import SECRET
from bench.load import Told

CONNECTIONS = 20


class Plan(Struct, frozen=True, kw_only=True):
    """`forms` are sent in turn, so many a second, after a few that nobody counts."""

    port: int
    forms: list[dict[str, str]]
    rate: float
    warm_up: int = 10


async def send(plan: Plan) -> Told:
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", plan.port))
    latencies: list[float] = []

    async def say(form: dict[str, str], due: float, *, counts: bool) -> None:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        connection = await free.get()
        await _post(*connection, form)
        free.put_nowait(connection)
        if counts:
            latencies.append(time.perf_counter() - due)

    began = time.perf_counter()
    dues = [began + number / plan.rate for number in range(len(plan.forms))]
    sayings = [
        say(form, due, counts=number >= plan.warm_up)
        for number, (form, due) in enumerate(zip(plan.forms, dues, strict=True))
    ]
    await asyncio.gather(*sayings)
    return Told(latencies=latencies, seconds=time.perf_counter() - began)


async def _post(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, form: dict[str, str]) -> None:
    body = urlencode(form)
    at = str(int(time.time()))
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=at, body=body)
    lines = [
        "POST /slack HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body.encode())}",
        f"X-Slack-Request-Timestamp: {at}",
        f"X-Slack-Signature: {signature}",
    ]
    writer.write("\r\n".join([*lines, "", body]).encode())
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith(b"http/1.1 200"):
        raise SystemExit(f"a command was answered {head.splitlines()[0].decode()}")
    await reader.readexactly(int(head.partition(b"content-length:")[2].split(None, 1)[0]))


if __name__ == "__main__":
    told = asyncio.run(send(msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)))
    sys.stdout.buffer.write(msgspec.json.encode(told))
