"""What can go wrong between GitHub and us, and which of it is worth another attempt."""

from datetime import datetime

from app.github.exchange import Answer, Request
from checks.errors import Permanent, Transient
from checks.secrets import mask

LONGEST_MESSAGE = 500


class Hitch(Transient):
    """Trouble that may be gone after `after` seconds.

    `harmless` says that GitHub certainly did nothing, so that even a write may be sent again.
    """

    def __init__(self, message: str, *, harmless: bool, after: float = 0.0, not_before: datetime | None = None) -> None:
        super().__init__(message, not_before=not_before)
        self.harmless = harmless
        self.after = after


class WouldWait(Transient):
    """An impatient request would have had to wait for more than the next turn; nothing was sent."""


class Refused(Permanent):
    """GitHub understood and said no; `status` is its code, `said` its own words."""

    def __init__(self, message: str, *, status: int, said: str) -> None:
        super().__init__(message)
        self.status = status
        self.said = said

    @property
    def is_of_unknown_commit(self) -> bool:
        """GitHub does not know the commit that was asked about; another status says so for each kind of question."""
        return any(words in self.said.lower() for words in ("no commit found", "no ref found"))


class NotFound(Refused):
    """There is no such thing, or we may not see it; GitHub does not tell which."""


class Unprocessable(Refused):
    """GitHub does not like what the request holds."""


class NotInstalled(Permanent):
    """The installation is suspended or gone; only a person on GitHub can change that."""

    def __init__(self, message: str, *, installation: int) -> None:
        super().__init__(message)
        self.installation = installation


KINDS: dict[int, type[Refused]] = {404: NotFound, 410: NotFound, 422: Unprocessable, 451: NotFound}

ADVICE = {
    "archived": "the repository is archived; unarchive it on GitHub to go on",
    "resource not accessible": "the App may not do this; accept its permissions, or select the repository, "
    "in the settings of its installation",
    "suspended": "the installation of the App is suspended; an owner can end that in its settings",
}


def refusal(request: Request, answer: Answer) -> Refused:
    said = mask(answer.message)[:LONGEST_MESSAGE] or f"status {answer.status}"
    advice = next((text for mark, text in ADVICE.items() if mark in said.lower()), "")
    sentence = f"GitHub refused to {describe(request)}: {said}" + (f" ({advice})" if advice else "")
    return KINDS.get(answer.status, Refused)(sentence, status=answer.status, said=said)


def describe(request: Request) -> str:
    """`PATCH /repos/acme/web/check-runs/7`, for a sentence."""
    path = request.path
    for name, value in request.variables.items():
        path = path.replace("{" + name + "}", value)
    return f"{request.method} {path}"
