"""The two families of trouble that a handler may raise; everything else is a bug."""

from datetime import datetime


class Transient(Exception):
    """The world is not ready: the task is tried again, not before `not_before` if that is known."""

    def __init__(self, message: str, *, not_before: datetime | None = None) -> None:
        super().__init__(message)
        self.not_before = not_before


class Permanent(Exception):
    """It will never work, and trying again would be wrong: the message tells a person why."""
