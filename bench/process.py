"""Processes that are measured: started on a free port, waited for, and ended with whoever started them."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from app.demo.stage import Identity
from bench.delivery import SECRET
from bench.load import Told

ROOT = Path(__file__).parents[1]
PATIENCE = 30.0


@asynccontextmanager
async def running(*module: str, port: int, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m …`, once it listens. It inherits nothing of this environment but the search path."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings}
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", *module, env=environment, cwd=ROOT)
    try:
        async with asyncio.timeout(PATIENCE):
            await _listening(process, port)
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def run(*module: str, **settings: str) -> None:
    """`python -m …` to its end."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *module, env=environment, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL
    )
    if await process.wait():
        raise SystemExit(f"python -m {' '.join(module)} ended with {process.returncode}")


async def load(plan: Struct, module: str = "bench.load") -> Told:
    """Let another process send webhooks, or whatever else the module sends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        told, _ = await process.communicate(msgspec.json.encode(plan))
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        raise SystemExit("the load generator failed")
    return msgspec.json.decode(told, type=Told)


def app_settings(home: Path, port: int, identity: Identity, **settings: str) -> Mapping[str, str]:
    """The App as an operator would set it up, with its data in `home`."""
    return {
        "GITHUB_APP_ID": "1",
        "GITHUB_PRIVATE_KEY": identity.key,
        "GITHUB_WEBHOOK_SECRET": SECRET,
        "GITHUB_API_URL": "http://127.0.0.1:9",
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "DATABASE_URL": f"sqlite:///{home}/interlock.sqlite3",
        "INTERLOCK_HOME": str(home),
        "LOG_LEVEL": "WARNING",
        **settings,
    }


async def _listening(process: asyncio.subprocess.Process, port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            if process.returncode is not None:
                raise SystemExit(f"a process that was to be measured ended with {process.returncode}") from None
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return
