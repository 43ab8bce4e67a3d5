"""How Apps and their installations read in GitHub's JSON."""

from app.demo.github.documents.account import account
from app.demo.github.documents.fields import Json, node_id, time, time_or_none
from app.demo.github.installation import App, Installation
from app.demo.github.model import Model


def app(model: Model, one: App) -> Json:
    return {
        "id": one.id,
        "slug": one.slug,
        "client_id": one.client_id,
        "node_id": node_id("App", one.id),
        "owner": account(model, one.owner),
        "name": one.name,
        "description": None,
        "external_url": model.url,
        "html_url": f"{model.url}/apps/{one.slug}",
        "created_at": time(one.created_at),
        "updated_at": time(one.created_at),
        "permissions": one.permissions,
        "events": list(one.events),
    }


def app_in_event(model: Model, one: App) -> Json:
    """The same without the client id, which the published webhook schemas do not know."""
    return {name: value for name, value in app(model, one).items() if name != "client_id"}


def installation(model: Model, one: Installation) -> Json:
    return {
        "id": one.id,
        "account": account(model, one.account),
        "repository_selection": "all" if one.selected is None else "selected",
        "access_tokens_url": f"{model.api_url}/app/installations/{one.id}/access_tokens",
        "repositories_url": f"{model.api_url}/installation/repositories",
        "html_url": f"{model.url}/organizations/{one.account.login}/settings/installations/{one.id}",
        "app_id": one.app.id,
        "app_slug": one.app.slug,
        "target_id": one.account.id,
        "target_type": one.account.type,
        "permissions": one.app.permissions,
        "events": list(one.app.events),
        "created_at": time(one.created_at),
        "updated_at": time(one.updated_at),
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": None if one.suspended_by is None else account(model, one.suspended_by),
        "suspended_at": time_or_none(one.suspended_at),
    }
