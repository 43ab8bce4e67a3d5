"""GitHub's no: the status it answers with and the words."""

from collections.abc import Mapping, Sequence
from typing import Any


class Refusal(Exception):
    """`errors` are the details of a 422."""

    def __init__(self, status: int, message: str, errors: Sequence[Mapping[str, Any] | str] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors


def not_found() -> Refusal:
    return Refusal(404, "Not Found")
