"""How much a caller may still ask: the primary rate limit, as headers tell it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.demo.github.auth import Caller
from app.demo.github.documents.fields import Json
from app.demo.github.model import Model
from app.demo.github.refusal import Refusal

WINDOW = timedelta(hours=1)
OF_INSTALLATION = 5000
OF_NOBODY = 60


@dataclass(kw_only=True)
class Quota:
    limit: int
    used: int
    reset: datetime

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)

    def document(self) -> Json:
        reset = int(self.reset.timestamp())
        return {"limit": self.limit, "used": self.used, "remaining": self.remaining, "reset": reset}

    def headers(self) -> dict[str, str]:
        told = {f"X-RateLimit-{name.title()}": str(value) for name, value in self.document().items()}
        return told | {"X-RateLimit-Resource": "core"}


class Limits:
    """One quota for each installation, person and App; `limit` may be lowered to see it strike."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.limit = OF_INSTALLATION
        self._quotas: dict[str, Quota] = {}

    def quota(self, caller: Caller) -> Quota:
        now = self.model.now()
        key = _name(caller)
        quota = self._quotas.get(key)
        if quota is None or quota.reset <= now:
            limit = self.limit if key else OF_NOBODY * self.limit // OF_INSTALLATION
            quota = self._quotas[key] = Quota(limit=limit, used=0, reset=now + WINDOW)
        return quota

    def exhaust(self, seconds: int = 60) -> None:
        """Everybody has used up what they had, until so many seconds from now."""
        for each in self._quotas.values():
            each.used, each.reset = each.limit, self.model.now() + timedelta(seconds=seconds)

    def spend(self, caller: Caller) -> None:
        quota = self.quota(caller)
        if not quota.remaining:
            raise Refusal(403, f"API rate limit exceeded for {_name(caller) or 'your address'}.")
        quota.used += 1

    def give_back(self, caller: Caller) -> None:
        """What has not changed since the caller saw it costs nothing."""
        self.quota(caller).used -= 1


def _name(caller: Caller) -> str:
    if caller.token is not None:
        return f"installation ID {caller.token.installation.id}"
    if caller.app is not None:
        return f"app ID {caller.app.id}"
    if caller.client is not None:
        return f"client ID {caller.client.client_id}"
    return f"user ID {caller.user.id}" if caller.user is not None else ""
