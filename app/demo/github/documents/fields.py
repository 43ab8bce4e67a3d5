"""What all documents share: JSON, times and node ids."""

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]


def time(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def time_or_none(when: datetime | None) -> str | None:
    return None if when is None else time(when)


def node_id(kind: str, number: int) -> str:
    return b64encode(f"{kind}{number}".encode()).decode()
