"""How states read on a page: the lamp and the word of a check, a commit, a pull request and a delivery."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from aiohttp import web

from app.demo.github.check_run import CheckRun, CheckSuite
from app.demo.github.delivery import Delivery
from app.demo.github.deployment import Deployment
from app.demo.github.pages import markdown
from app.demo.github.pull_request import PullRequest
from app.web.pages import Pages

PAGES: web.AppKey[Pages] = web.AppKey("pages", Pages)


class Look(NamedTuple):
    lamp: str
    word: str


CONCLUSIONS = {
    "success": Look("passed", "Passed"),
    "failure": Look("failed", "Failed"),
    "neutral": Look("neutral", "Neutral"),
    "cancelled": Look("cancelled", "Cancelled"),
    "skipped": Look("skipped", "Skipped"),
    "timed_out": Look("late", "Timed out"),
    "action_required": Look("wait", "Action required"),
    "stale": Look("neutral", "Stale"),
}
STATUSES = {"queued": Look("queued", "Queued"), "in_progress": Look("running", "In progress")}
NO_CHECKS = Look("neutral", "No checks")


def of_check(one: CheckRun | CheckSuite) -> Look:
    if one.status != "completed":
        return STATUSES[one.status]
    return CONCLUSIONS.get(one.conclusion or "", CONCLUSIONS["neutral"])


def of_commit(runs: Sequence[CheckRun]) -> Look:
    """One lamp for all checks of a commit: trouble first, then what is not finished."""
    seen = [of_check(run) for run in runs]
    for lamp in ("failed", "late", "cancelled", "wait", "running", "queued"):
        for each in seen:
            if each.lamp == lamp:
                return each
    return seen[0] if len(set(seen)) == 1 else CONCLUSIONS["success"] if seen else NO_CHECKS


def summary(runs: Sequence[CheckRun]) -> str:
    """All checks in a sentence: `1 failed, 2 passed`."""
    counts = Counter(of_check(run).word.lower() for run in runs)
    return ", ".join(f"{number} {word}" for word, number in counts.items())


def verdict(runs: Sequence[CheckRun]) -> str:
    """What the checks of a commit mean for whoever wants to merge it."""
    lamp = of_commit(runs).lamp
    if not runs:
        return "No App has reported on this commit"
    if lamp in {"failed", "late", "cancelled"}:
        return "Some checks were not successful"
    if lamp == "wait":
        return "A check asks somebody to act"
    return "Some checks have not completed yet" if lamp in {"running", "queued"} else "All checks have passed"


def of_pull(one: PullRequest) -> Look:
    if one.merged:
        return Look("passed", "Merged")
    if not one.is_open:
        return Look("cancelled", "Closed")
    return Look("neutral", "Draft") if one.draft else Look("open", "Open")


DEPLOYMENTS = {
    "pending": Look("queued", "Pending"),
    "queued": Look("queued", "Queued"),
    "in_progress": Look("running", "In progress"),
    "success": Look("passed", "Active"),
    "failure": Look("failed", "Failed"),
    "error": Look("error", "Error"),
    "inactive": Look("neutral", "Inactive"),
}


def of_deployment(one: Deployment) -> Look:
    """A transient environment that is inactive does not exist any more."""
    look = DEPLOYMENTS[one.state]
    return Look(look.lamp, "Destroyed") if one.transient and one.state == "inactive" else look


def of_delivery(one: Delivery) -> Look:
    if one.status is None:
        return Look("running", "Under way")
    return Look("passed", str(one.status_code)) if one.succeeded else Look("failed", one.status)


def new_pages(folder: Path) -> Pages:
    pages = Pages(folder)
    pages.templates.filters["markdown"] = markdown.render
    pages.templates.globals |= {
        "of_check": of_check,
        "of_commit": of_commit,
        "of_pull": of_pull,
        "of_delivery": of_delivery,
        "of_deployment": of_deployment,
        "summary": summary,
        "verdict": verdict,
    }
    return pages
