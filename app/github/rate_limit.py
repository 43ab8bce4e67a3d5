"""When GitHub wants us to come again: its limits in all the forms in which it states them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from app.github.exchange import Answer, http_date

UNSTATED = 60.0
"""Seconds to wait after a secondary limit that does not say how long; doubled as long as it goes on."""
LONGEST_UNSTATED = 900.0
MARKS = ("secondary rate limit", "abuse detection", "rate limit exceeded", "submitted too quickly")


@dataclass(frozen=True, slots=True)
class Limit:
    """Ask again after `seconds`. `stated` is False where GitHub left the time to us."""

    seconds: float
    stated: bool = True


def limit_of(answer: Answer, now: float, strikes: int = 0) -> Limit | None:
    """The limit that refused a request, or None if it was something else.

    Read in GitHub's order: `retry-after`, else `x-ratelimit-remaining: 0` with `x-ratelimit-reset`, else a
    minute, then longer and longer (`strikes` counts the refusals before this one). `now` is our clock, used
    only where GitHub does not send its own: the reset is a time of theirs.
    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
    """
    if not _is_limit(answer):
        return None
    if (stated := seconds_of(answer.headers.get("retry-after", ""), answer)) is not None:
        return Limit(max(stated, 1.0))
    if (reset := until_reset(answer, now)) is not None:
        return Limit(reset)
    return Limit(min(UNSTATED * 2.0**strikes, LONGEST_UNSTATED), stated=False)


def until_reset(answer: Answer, now: float) -> float | None:
    """Seconds until requests are allowed again, if this answer used the last one up."""
    if answer.headers.get("x-ratelimit-remaining") != "0":
        return None
    try:
        reset = float(answer.headers["x-ratelimit-reset"])
    except (KeyError, ValueError):
        return None
    theirs = answer.date.timestamp() if answer.date else now
    return min(max(reset - theirs, 0.0), 3600.0) + 1.0  # the reset itself still counts to the old hour


def seconds_of(retry_after: str, answer: Answer) -> float | None:
    """`retry-after` as seconds, or as a date, which RFC 9110 allows as well."""
    if retry_after.strip().isdecimal():
        return min(float(retry_after), 86400.0)
    when = http_date(retry_after)
    if when is None:
        return None
    return max((when - (answer.date or datetime.now(UTC))).total_seconds(), 0.0)


def _is_limit(answer: Answer) -> bool:
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    if answer.status != HTTPStatus.FORBIDDEN:
        return False
    if "retry-after" in answer.headers or answer.headers.get("x-ratelimit-remaining") == "0":
        return True
    said = answer.message.lower()
    return any(mark in said for mark in MARKS)
