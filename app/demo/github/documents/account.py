"""How people, bots and organisations read in GitHub's JSON."""

from urllib.parse import quote

from app.demo.github.account import Account, User
from app.demo.github.documents.fields import Json, node_id
from app.demo.github.model import Model

ACCOUNT_LINKS = {
    "followers_url": "followers",
    "following_url": "following{/other_user}",
    "gists_url": "gists{/gist_id}",
    "starred_url": "starred{/owner}{/repo}",
    "subscriptions_url": "subscriptions",
    "organizations_url": "orgs",
    "repos_url": "repos",
    "events_url": "events{/privacy}",
    "received_events_url": "received_events",
}
ORGANISATION_LINKS = {
    "repos_url": "repos",
    "events_url": "events",
    "hooks_url": "hooks",
    "issues_url": "issues",
    "members_url": "members{/member}",
    "public_members_url": "public_members{/member}",
}


def account(model: Model, who: Account) -> Json:
    login = quote(who.login)
    url = f"{model.api_url}/users/{login}"
    page = f"apps/{who.login.removesuffix('[bot]')}" if who.type == "Bot" else login
    return {
        "login": who.login,
        "id": who.id,
        "node_id": node_id(who.type, who.id),
        "avatar_url": f"{model.url}/avatars/{login}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{model.url}/{page}",
        **{name: f"{url}/{tail}" for name, tail in ACCOUNT_LINKS.items()},
        "type": who.type,
        "site_admin": False,
    }


def person(model: Model, who: User) -> Json:
    """As somebody sees themselves."""
    unsaid = dict.fromkeys(("company", "email", "location", "bio", "hireable", "twitter_username"))
    counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
    begin = "2020-01-01T00:00:00Z"
    return (
        account(model, who)
        | unsaid
        | counts
        | {
            "name": who.name,
            "blog": "",
            "created_at": begin,
            "updated_at": begin,
        }
    )


def organisation(model: Model, who: Account) -> Json:
    url = f"{model.api_url}/orgs/{who.login}"
    return {
        "login": who.login,
        "id": who.id,
        "node_id": node_id(who.type, who.id),
        "url": url,
        "html_url": f"{model.url}/{who.login}",
        **{name: f"{url}/{tail}" for name, tail in ORGANISATION_LINKS.items()},
        "avatar_url": f"{model.url}/avatars/{who.login}",
        "description": None,
    }
