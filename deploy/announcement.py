"""What GitHub is to show of a deployment: the public face of our record, which alone decides.

https://docs.github.com/en/rest/deployments/statuses
"""

import re
from enum import StrEnum

from msgspec import Struct

LONGEST_DESCRIPTION = 140
"""GitHub refuses longer ones."""


class State(StrEnum):
    """`FAILURE` is the user's, `ERROR` ours or the platform's. `INACTIVE` is what another deployment took over from."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"
    INACTIVE = "inactive"


class Announcement(Struct, frozen=True, kw_only=True):
    """`deployment` is our id, `environment` the name that GitHub shows. `why` is one sentence, of any length.

    `production` says that people use what runs there.
    """

    deployment: str
    sha: str
    environment: str
    production: bool
    state: State
    why: str = ""
    environment_url: str = ""
    log_url: str = ""

    @property
    def description(self) -> str:
        return brief(self.why)


class Announced(Struct, frozen=True, kw_only=True):
    """What GitHub shows of a deployment, as far as we know: its number there, and a digest of what was said last.

    The digest is empty if nothing has been said of it yet.
    """

    deployment: str
    number: int
    digest: str = ""


class StatusHeard(Struct, frozen=True, kw_only=True):
    """A status that somebody gave a deployment, as GitHub tells it.

    Anybody who may write can give one, so it proves nothing: `token` is what the deployment carries for our id,
    and the Apps through which the deployment and the status were made are numbers, None for a person's own doing;
    `status_app_name` is the name in its address.
    """

    repository: int
    number: int
    token: str
    sha: str
    environment: str
    state: str
    description: str
    environment_url: str
    deployment_app: int | None
    status_app: int | None
    status_app_name: str = ""
    by: str

    def is_from(self, app_id: int) -> bool:
        """Whether this App made both the deployment and the status."""
        return self.deployment_app == self.status_app == app_id


def brief(text: str, longest: int = LONGEST_DESCRIPTION) -> str:
    """The text on one line, cut after a word."""
    line = re.sub(r"\s+", " ", text).strip()
    if len(line) <= longest:
        return line
    kept = line[:longest]
    # A single word that is longer than the line is cut where the line ends.
    cut = kept.rfind(" ", longest // 2, longest)
    return kept[: cut if cut > 0 else longest - 1].rstrip(" ,;:.–-") + "…"
