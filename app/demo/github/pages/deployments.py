"""The environments of a repository with their rules, and what has been deployed to them."""

from collections.abc import Sequence
from typing import NamedTuple

from aiohttp import web

from app.demo.github.account import Team
from app.demo.github.deployment import Deployment, Environment, Protection
from app.demo.github.pages.visit import REPOSITORY, Visit, page
from app.demo.github.platform import Platform
from app.demo.github.pull_request import PullRequest
from app.demo.github.repository import Repository

MOST = 100


class Place(NamedTuple):
    """An environment, and the deployment that is active there or else the newest; None before the first."""

    environment: Environment
    newest: Deployment | None
    rules: Sequence[str]


def places(github: Platform, repo: Repository) -> list[Place]:
    return [Place(each, _newest(github, each), rules(each.protection)) for each in github.environments_of(repo)]


def _newest(github: Platform, environment: Environment) -> Deployment | None:
    here = [one for one in github.deployments_of(environment.repository) if one.environment == environment.name]
    return next((one for one in here if one.state == "success"), here[0] if here else None)


def rules(protection: Protection) -> list[str]:
    """In words, as the settings of an environment say them."""
    said = []
    if protection.reviewers is not None:
        names = [each.slug if isinstance(each, Team) else each.login for each in protection.reviewers]
        alone = ", not by whoever deploys" if protection.prevent_self_review else ""
        said.append(f"Review by {' or '.join(names) or 'nobody'}{alone}")
    if protection.wait_minutes:
        said.append(f"Wait {protection.wait_minutes} min")
    if protection.protected_branches:
        said.append("Protected branches only")
    if protection.patterns is not None:
        allowed = [name if kind == "branch" else f"tag {name}" for name, kind in protection.patterns]
        said.append(f"Only {', '.join(allowed) or 'no branch'}")
    return said


def of_pull(github: Platform, one: PullRequest) -> list[Deployment]:
    """What was deployed of a pull request, before or after its merge; the oldest first."""
    commits = {one.head_sha, one.merge_commit_sha, *one.introduced}
    return [each for each in github.deployments_of(one.repository) if each.sha in commits][::-1]


@page
async def deployments(visit: Visit) -> web.StreamResponse:
    repo = visit.repository
    git, shown = visit.github.git(repo), visit.github.deployments_of(repo)[:MOST]
    return visit.page(
        "deployments.html",
        repo=repo,
        places=places(visit.github, repo),
        deployments=[(each, await git.commit(each.sha)) for each in shown],
        most=MOST,
    )


ROUTES = [web.get(REPOSITORY + "/deployments", deployments)]
