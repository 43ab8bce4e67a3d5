"""What somebody hears who says something in a chat: one kind of answer a file. Pure."""

from deploy.told.button import MOST_BUTTONS, button, label
from deploy.told.choice import (
    misunderstood,
    several,
    several_builds,
    several_changes,
    several_commits,
    stranger,
    unsaid,
)
from deploy.told.diff import diff
from deploy.told.help import helped
from deploy.told.line import commit, plainly
from deploy.told.person import code_refused, link_asked, unlinked
from deploy.told.plan import forbidden, obeyed, planned, refused
from deploy.told.status import Standing, status
from deploy.told.where import Spot, where
from deploy.told.why import why

__all__ = [
    "MOST_BUTTONS",
    "Spot",
    "Standing",
    "button",
    "code_refused",
    "commit",
    "diff",
    "forbidden",
    "helped",
    "label",
    "link_asked",
    "misunderstood",
    "obeyed",
    "plainly",
    "planned",
    "refused",
    "several",
    "several_builds",
    "several_changes",
    "several_commits",
    "status",
    "stranger",
    "unlinked",
    "unsaid",
    "where",
    "why",
]
