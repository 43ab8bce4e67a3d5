"""The families of trouble that a handler may raise or hear of; everything else is a bug."""

from datetime import datetime


class Transient(Exception):
    """The world is not ready: the task is tried again, not before `not_before` if that is known."""

    def __init__(self, message: str, *, not_before: datetime | None = None) -> None:
        super().__init__(message)
        self.not_before = not_before


class Permanent(Exception):
    """It will never work, and trying again would be wrong: the message tells a person why."""


class Busy(Exception):
    """The place where builds run takes none now; the message says why, and whoever waits for it is shown that.

    `in_doubt`: nobody knows whether it has taken this one all the same.
    """

    def __init__(self, message: str, *, in_doubt: bool = False) -> None:
        super().__init__(message)
        self.in_doubt = in_doubt
