"""What a person wants of an environment, by whichever door they say it: a button, the command line, the API."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from deploy.hold import Kind


class Verb(StrEnum):
    """PROMOTE takes what the environment before has, DEPLOY an exact version. OVERRIDE lets a promotion pass."""

    DEPLOY = "deploy"
    PROMOTE = "promote"
    EMERGENCY = "emergency"
    REDEPLOY = "redeploy"
    ROLLBACK = "rollback"
    APPROVE = "approve"
    REJECT = "reject"
    OVERRIDE = "override"
    CANCEL = "cancel"
    HOLD = "hold"
    LIFT = "lift"


NEEDS_REASON = frozenset({Verb.EMERGENCY, Verb.ROLLBACK, Verb.REJECT, Verb.OVERRIDE, Verb.HOLD})

PERMISSION = {
    **dict.fromkeys(Verb, "write"),
    Verb.EMERGENCY: "maintain",
    Verb.OVERRIDE: "admin",
}
"""What GitHub has to allow somebody in the repository. Who may approve is the promotion's own rule."""

NOTHING = "nothing"

OPERATOR = "operator"
"""Who speaks with the operator's token: their rights are not GitHub's to give."""


class Via(StrEnum):
    GITHUB = "github"
    API = "api"
    SLACK = "slack"


class Command(Struct, frozen=True, kw_only=True):
    """`by` is a GitHub login, and `via` the door. `version` is a commit's beginning or a version's id, and names for
    an APPROVE what the person saw waiting; "" means the obvious one. `promotion` is the one to OVERRIDE. `seen` is for
    a ROLLBACK the version that is taken back, for a LIFT the newest hold, for what is sent somewhere the deployment
    that is there (NOTHING if none is): whoever says it later, or again, means no other.

    `hold` and `until` tell what to HOLD, `service` and `environment` where; a HOLD without them covers all.
    `pressed_on` is the check whose button it was, so that its reader hears what came of it.
    """

    id: str
    verb: Verb
    repository: int
    service: str = ""
    environment: str = ""
    version: str = ""
    reason: str = ""
    promotion: str = ""
    seen: str = ""
    hold: Kind = Kind.FREEZE
    until: datetime | None = None
    by: str
    by_id: int = 0
    via: Via = Via.GITHUB
    at: datetime
    pressed_on: str = ""

    @property
    def is_operators(self) -> bool:
        return self.via is Via.API and self.by == OPERATOR
