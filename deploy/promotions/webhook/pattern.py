"""Whether a regular expression of somebody else's is found in a text, without anybody having to wait for it."""

import asyncio
import sys

from checks.errors import Permanent

PATTERN_TIME = 2.0
"""Seconds that a regular expression may take: one that backtracks takes centuries, and none would answer meanwhile."""

SEARCH = """
import re, sys
pattern, _, body = sys.stdin.buffer.read().partition(b"\\0")
sys.exit(0 if re.search(pattern.decode(), body.decode(errors="replace")) else 10)
"""


async def is_found(pattern: str, body: bytes) -> bool:
    """Python's `re` cannot be interrupted, a process can."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", SEARCH, stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(PATTERN_TIME):
            await process.communicate(pattern.encode() + b"\0" + body)
    except TimeoutError:
        raise Permanent(f"{pattern} takes too long to search for: write a simpler expression") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode == 0
