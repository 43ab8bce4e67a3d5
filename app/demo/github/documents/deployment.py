"""How deployments, their statuses and environments read in GitHub's JSON."""

from typing import Any
from urllib.parse import quote

from app.demo.github.account import Account, Team
from app.demo.github.deployment import Deployment, DeploymentStatus, Environment, Protection
from app.demo.github.documents.account import account
from app.demo.github.documents.app import app_in_event
from app.demo.github.documents.fields import Json, node_id, time
from app.demo.github.documents.team import team
from app.demo.github.installation import App
from app.demo.github.model import Model


def deployment(model: Model, one: Deployment) -> Json:
    repo = f"{model.api_url}/repos/{one.repository.full_name}"
    return {
        "url": f"{repo}/deployments/{one.id}",
        "id": one.id,
        "node_id": node_id("Deployment", one.id),
        "task": one.task,
        "original_environment": one.original_environment,
        "environment": one.environment,
        "description": one.description,
        "created_at": time(one.created_at),
        "updated_at": time(one.updated_at),
        "statuses_url": f"{repo}/deployments/{one.id}/statuses",
        "repository_url": repo,
        "creator": account(model, one.creator),
        "sha": one.sha,
        "ref": one.ref,
        "payload": one.payload,
        "transient_environment": one.transient,
        "production_environment": one.production,
        "performed_via_github_app": _via(model, one.via),
    }


def deployment_status(model: Model, of: Deployment, one: DeploymentStatus) -> Json:
    repo = f"{model.api_url}/repos/{of.repository.full_name}"
    place = f"{repo}/deployments/{of.id}"
    document = {
        "url": f"{place}/statuses/{one.id}",
        "id": one.id,
        "node_id": node_id("DeploymentStatus", one.id),
        "state": one.state,
        "creator": account(model, one.creator),
        "description": one.description,
        "environment": one.environment,
        "target_url": one.log_url,
        "created_at": time(one.created_at),
        "updated_at": time(one.created_at),
        "deployment_url": place,
        "repository_url": repo,
        "environment_url": one.environment_url,
        "log_url": one.log_url,
        "performed_via_github_app": _via(model, one.via),
    }
    # The published schemas want an address wherever there is a log_url.
    return {name: value for name, value in document.items() if value != "" or name != "log_url"}


def environment(model: Model, one: Environment) -> Json:
    repo, rules = one.repository.full_name, one.protection
    policy = {"protected_branches": rules.protected_branches, "custom_branch_policies": rules.patterns is not None}
    return {
        "id": one.id,
        "node_id": node_id("Environment", one.id),
        "name": one.name,
        "url": f"{model.api_url}/repos/{repo}/environments/{quote(one.name, safe='')}",
        "html_url": f"{model.url}/{repo}/deployments",
        "created_at": time(one.created_at),
        "updated_at": time(one.updated_at),
        "can_admins_bypass": rules.admins_may_bypass,
        "protection_rules": [_numbered(one, *each) for each in enumerate(_rules(model, rules))],
        "deployment_branch_policy": policy if any(policy.values()) else None,
    }


def branch_policies(one: Environment) -> list[Json]:
    found = enumerate(one.protection.patterns or ())
    return [_numbered(one, place, {"name": name, "type": kind}) for place, (name, kind) in found]


def _rules(model: Model, rules: Protection) -> list[Json]:
    found: list[Json] = []
    if rules.wait_minutes:
        found.append({"type": "wait_timer", "wait_timer": rules.wait_minutes})
    if rules.reviewers is not None:
        found.append(
            {
                "type": "required_reviewers",
                "prevent_self_review": rules.prevent_self_review,
                "reviewers": [_reviewer(model, each) for each in rules.reviewers],
            }
        )
    if rules.protected_branches or rules.patterns is not None:
        found.append({"type": "branch_policy"})
    return found


def _numbered(one: Environment, place: int, rule: Json) -> Json:
    number = one.id * 100 + place
    return {"id": number, "node_id": node_id("Gate", number), **rule}


def _reviewer(model: Model, one: Account | Team) -> Json:
    if isinstance(one, Team):
        return {"type": "Team", "reviewer": team(model, one)}
    return {"type": "User", "reviewer": account(model, one)}


def _via(model: Model, app: App | None) -> Any:
    return None if app is None else app_in_event(model, app)
