"""What an environment has, what it is about to get, and who may write into it now.

A write into an environment goes like this, and every step of it names its lease's number:

    leased → order.decide → aimed → the write itself, carrying the number → arrived

The lease is held through the write. To set a pointer of our own first and to write afterwards is not
enough: two writers pass the pointer in one order and arrive in the other. Whoever finds `aimed` without
`arrived` finds a write that was cut off and may have happened: the candidate has to contain that one too.

Where the target compares numbers itself (or revisions, as Lambda does), a late writer is refused there. Where
it takes whatever comes, the write has to have a time limit, and only begins if the lease outlasts it: `outlasts`.
"""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace


class Pointer(Struct, frozen=True, kw_only=True):
    """`aim` is the commit whose write was begun last, `live` the one that is known to have arrived.

    `fence` counts leases; `until` is when the present one ends by itself, None if nobody has one. `writer` is the
    deployment whose write was begun last, `number` the lease under which that was, and `longest` the longest that its
    requests take.
    """

    environment: str
    live: str = ""
    aim: str = ""
    fence: int = 0
    until: datetime | None = None
    writer: str = ""
    number: int = 0
    longest: timedelta = timedelta()

    @property
    def is_cut_off(self) -> bool:
        """A write was begun and nobody knows whether it happened. Only asked by whoever has the lease."""
        return self.aim != self.live

    def leased(self, now: datetime, until: datetime) -> "Pointer | None":
        """The next lease, numbered `fence`; None while somebody else has one."""
        if self.until is not None and now < self.until:
            return None
        return replace(self, fence=self.fence + 1, until=until)

    def aimed(self, lease: int, commit: str) -> "Pointer | None":
        """The write of this commit may begin; None if the lease was taken over."""
        return replace(self, aim=commit) if lease == self.fence else None

    def begun(self, lease: int, commit: str, writer: str, longest: timedelta) -> "Pointer | None":
        """As `aimed`, and remembers for whom."""
        aimed = self.aimed(lease, commit)
        return replace(aimed, writer=writer, number=lease, longest=longest) if aimed else None

    def outlasts(self, lease: int, now: datetime, longest: timedelta) -> bool:
        """Whether a write that begins now and takes at most `longest` ends within the lease."""
        return lease == self.fence and self.until is not None and now + longest <= self.until

    def arrived(self, lease: int) -> "Pointer | None":
        """What was aimed at is live, and the lease ends; None if it was taken over."""
        return replace(self, live=self.aim, until=None) if lease == self.fence else None

    def abandoned(self, now: datetime) -> "Pointer | None":
        """Whoever has the lease is dead: it ends as soon as nothing can arrive any more that was sent under it."""
        if self.until is None:
            return None
        end = now + self.longest if self.number == self.fence else now
        return replace(self, until=end) if end < self.until else None

    def failed(self, lease: int, aim: str) -> "Pointer | None":
        """The lease ends, and this is what may have been written; None if it was taken over."""
        return replace(self, aim=aim, until=None) if lease == self.fence else None

    def released(self, lease: int) -> "Pointer | None":
        """The lease ends without a write; None if it was taken over."""
        return replace(self, until=None) if lease == self.fence else None
