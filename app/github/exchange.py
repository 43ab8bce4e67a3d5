"""One question to GitHub and its answer, as values."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

READS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked, of whom, and how it may be treated.

    `path` is a URI template such as `/repos/{owner}/{repo}/check-runs`, filled from `variables`; metrics count
    by the template. `installation` is the one whose token asks, None for the App itself.
    `urgency` decides who goes first (0 before 1 before 2). An impatient request waits for the next turn at
    most and gives way to what is more urgent: then it is refused with `WouldWait`. `repeatable` says that
    asking twice does no harm: then an answer that was lost on the way is no obstacle to asking again.
    `etag` is that of an earlier answer: where nothing has changed since, the new one is `unchanged`, and free.
    """

    method: str
    path: str
    variables: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    installation: int | None = None
    urgency: int = 1
    patient: bool = True
    repeatable: bool = False
    etag: str = ""

    @property
    def writes(self) -> bool:
        return self.method not in READS

    @property
    def may_repeat(self) -> bool:
        return self.repeatable or not self.writes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`headers` have lower-case names. `data` is the decoded JSON, None if there is none or it is `broken`.

    `moved` tells that GitHub answered from another address: the repository was renamed. (It says so with
    301 when reading and with 307 when writing.)
    """

    status: int
    headers: Mapping[str, str]
    data: Any = None
    broken: bool = False
    moved: bool = False

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300  # noqa: PLR2004 (the range has no name)

    @property
    def unchanged(self) -> bool:
        return self.status == HTTPStatus.NOT_MODIFIED

    @property
    def message(self) -> str:
        """What GitHub says about a refusal, errors of single fields included."""
        if not isinstance(self.data, dict):
            return ""
        errors = self.data.get("errors")
        details = json.dumps(errors) if errors else ""
        return " ".join(part for part in (str(self.data.get("message", "")), details) if part)

    @property
    def date(self) -> datetime | None:
        """When GitHub answered, by GitHub's clock."""
        return http_date(self.headers.get("date", ""))


def http_date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None


def answer(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """The answer that came over the wire. A page instead of JSON, or half of the JSON, makes it `broken`."""
    lower = {name.lower(): value for name, value in headers.items()}
    if not body.strip():
        return Answer(status=status, headers=lower)
    try:
        return Answer(status=status, headers=lower, data=json.loads(body))
    except (ValueError, RecursionError):
        return Answer(status=status, headers=lower, broken=True)
