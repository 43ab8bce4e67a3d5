"""Slack's no: the word that it answers with, and what it adds."""

from typing import Any


class Refusal(Exception):
    """`more` are the other keys of the answer."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


class Impossible(Exception):
    """What a person cannot do, because their Slack does not let them: it never reaches the App."""


def invalid(error: str, complaints: list[str]) -> Refusal:
    """The refusal of something whose shape is wrong; each complaint says where."""
    messages = [f"[ERROR] {each}" for each in complaints]
    return Refusal(error, errors=complaints, response_metadata={"messages": messages})
