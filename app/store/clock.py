"""Time as the store keeps it: whole microseconds since 1970, UTC."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def now() -> datetime:
    return datetime.now(UTC)


def to_number(time: datetime) -> int:
    return (time - _EPOCH) // _MICROSECOND


def to_time(number: int) -> datetime:
    return _EPOCH + number * _MICROSECOND
