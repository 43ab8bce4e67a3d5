"""`interlock serve` that asks GitHub as fast as it can: only a local one lets it."""

import asyncio

from app.github.lane import Limits
from bench.unhurried import main

if __name__ == "__main__":
    asyncio.run(main(Limits(between_writes=0.005, points_a_minute=1_000_000)))
