"""The variables that the PRX system gives to a build, name for name."""

import re

from checks.build import Architecture
from checks.change import Change, Purpose

_ASKS_TO_PUBLISH = re.compile(r"""PRX_CI_PUBLISH["']?\s*:\s*("true"|'true'|true\b)""")


def asks_to_publish(buildspec: str) -> bool:
    """Whether a pull request's buildspec says `PRX_CI_PUBLISH: true`."""
    return bool(_ASKS_TO_PUBLISH.search(buildspec))


def variables(change: Change, architecture: Architecture, *, publishes: bool) -> dict[str, str]:
    """They win over the buildspec's own, so that a buildspec cannot grant itself the right to publish."""
    given = {
        "PRX_REPO": change.repository.full_name,
        "PRX_COMMIT": change.sha,
        "PRX_BRANCH": change.branch,
        "PRX_CI_PUBLISH": "true" if publishes else "false",
        "PRX_TARGET_ARCHITECTURE": architecture.value,
    }
    if change.pull_request:
        given |= {
            "PRX_GITHUB_PR": str(change.pull_request.number),
            "PRX_GITHUB_PR_TITLE": change.pull_request.title,
            "PRX_GITHUB_PR_BASE_BRANCH": change.pull_request.base_branch,
            "PRX_GITHUB_PR_AUTHOR": change.pull_request.author,
            "PRX_GITHUB_ACTION": change.action,
        }
    if change.push and change.purpose is Purpose.PUSH:
        given |= {"PRX_GITHUB_BEFORE": change.push.before, "PRX_GITHUB_AFTER": change.push.after}
    return given
