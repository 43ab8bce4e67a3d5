"""Something that people may want to hear of, be it of a build or of a deployment."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from checks.message import Line, Message


class Weight(StrEnum):
    """ROUTINE is a green day. NOTABLE is what somebody has to do, and what happens in production."""

    ROUTINE = "routine"
    NOTABLE = "notable"
    TROUBLE = "trouble"


class News(Struct, frozen=True, kw_only=True):
    """`subject` has one message: `build:01j…`, `deployment:01j…`. What is said of it last is what is seen.

    `matter` is what may be broken, such as a branch or an environment, and `wrong` says whether it is; None says
    nothing of it. A matter is broken as long as one of its parts is. What is older, by `order`, than what was heard
    of the same part is no news of it. `mended` is the head of the message if this ends the trouble. `remark` goes
    into the thread, if there is one; () is none.
    """

    subject: str
    repository: int
    service: str = ""
    environment: str = ""
    weight: Weight
    message: Message
    matter: str = ""
    part: str = ""
    order: str = ""
    wrong: bool | None = None
    mended: Line = ()
    remark: Line = ()
    at: datetime
