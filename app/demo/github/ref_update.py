"""A ref has moved from one commit to another."""

from dataclasses import dataclass

from app.demo.github.git import ZERO


@dataclass(frozen=True)
class RefUpdate:
    """`before` is all zeros when the ref was created, `after` when it was deleted."""

    ref: str
    before: str
    after: str

    @property
    def created(self) -> bool:
        return self.before == ZERO

    @property
    def deleted(self) -> bool:
        return self.after == ZERO

    @property
    def branch(self) -> str | None:
        return self.ref.removeprefix("refs/heads/") if self.ref.startswith("refs/heads/") else None
