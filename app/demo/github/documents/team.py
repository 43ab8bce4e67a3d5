"""How teams and their members read in GitHub's JSON."""

from app.demo.github.account import Team
from app.demo.github.documents.fields import Json, node_id
from app.demo.github.model import Model


def team(model: Model, one: Team) -> Json:
    url = f"{model.api_url}/organizations/{one.organisation.id}/team/{one.id}"
    return {
        "id": one.id,
        "node_id": node_id("Team", one.id),
        "name": one.name,
        "slug": one.slug,
        "description": None,
        "privacy": "closed",
        "notification_setting": "notifications_enabled",
        "permission": "pull",
        "url": url,
        "html_url": f"{model.url}/orgs/{one.organisation.login}/teams/{one.slug}",
        "members_url": f"{url}/members{{/member}}",
        "repositories_url": f"{url}/repos",
        "type": "organization",
        "organization_id": one.organisation.id,
        "parent": None,
    }


def membership(model: Model, one: Team, login: str) -> Json:
    is_maintainer = login in one.maintainers or login in one.organisation.owners
    return {
        "url": f"{model.api_url}/organizations/{one.organisation.id}/team/{one.id}/memberships/{login}",
        "role": "maintainer" if is_maintainer else "member",
        "state": "pending" if login in one.invited else "active",
    }
