"""`interlock serve` without the second that it leaves between two writes to GitHub."""

import asyncio
import os
import signal

from app import log, settings
from app.demo.stage import UNHURRIED
from app.github.lane import Limits
from app.main import interlock


async def main(limits: Limits) -> None:
    given = settings.read(os.environ)
    log.set_up(given.log_format, given.log_level)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with interlock(given, limits=limits) as app:
        await asyncio.gather(app.serve_web(stop), app.work(stop))


if __name__ == "__main__":
    asyncio.run(main(UNHURRIED))
