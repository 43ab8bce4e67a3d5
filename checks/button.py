"""The buttons of a check: what they ask for, and what is written on them."""

from enum import StrEnum

from msgspec import Struct


class Button(StrEnum):
    """The value is the identifier that GitHub sends back.

    RERUN is GitHub's own button, which every check has that has ended.
    """

    RERUN = "rerun"
    APPROVE = "approve"
    CANCEL = "cancel"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {Button.RERUN: "Re-run", Button.APPROVE: "Approve and run", Button.CANCEL: "Cancel"}


class Action(Struct, frozen=True, kw_only=True):
    """A button on a check: label <= 20 characters, description <= 40, at most three. `button` is what comes back."""

    button: str
    label: str
    description: str
