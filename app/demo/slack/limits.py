"""How often the App may ask. https://docs.slack.dev/apis/web-api/rate-limits"""

from dataclasses import dataclass
from math import ceil

from app.demo.slack.message import Json
from app.demo.slack.model import Clock

MINUTE = 60.0
TIERS = {
    "apps.connections.open": 1,
    "auth.test": 600,
    "chat.delete": 50,
    "chat.postEphemeral": 100,
    "chat.update": 50,
    "conversations.history": 50,
    "conversations.info": 50,
    "conversations.list": 20,
    "conversations.replies": 50,
    "users.info": 100,
    "views.open": 100,
    "views.push": 100,
    "views.update": 100,
}
BURST = 4
POSTS_A_MINUTE = 60


@dataclass(kw_only=True)
class Bucket:
    """Fills at `rate` a second up to `size`."""

    rate: float
    size: float
    level: float
    filled: float

    def wait(self, now: float) -> float:
        """0 and one is taken, or the seconds until there is one."""
        self.level = min(self.size, self.level + (now - self.filled) * self.rate)
        self.filled = now
        if self.level < 1:
            return (1 - self.level) / self.rate
        self.level -= 1
        return 0.0


class Limits:
    """Off unless `strict`: then each method of each workspace has its tier, and each channel a message a second.

    A short burst passes; what is refused costs nothing.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.strict = False
        self._buckets: dict[tuple[str, ...], Bucket] = {}

    def retry_after(self, method: str, token: str, arguments: Json) -> int:
        """0 if it may be asked now, else the seconds to wait."""
        if not self.strict:
            return 0
        if method == "chat.postMessage":
            bucket = self._bucket((method, token, str(arguments.get("channel"))), POSTS_A_MINUTE)
        else:
            bucket = self._bucket((method, token), TIERS.get(method, 20))
        return ceil(bucket.wait(self.clock()))

    def _bucket(self, key: tuple[str, ...], per_minute: int) -> Bucket:
        now = self.clock()
        fresh = Bucket(rate=per_minute / MINUTE, size=BURST, level=BURST, filled=now)
        return self._buckets.setdefault(key, fresh)
