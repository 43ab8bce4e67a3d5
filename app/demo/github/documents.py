"""How accounts, repositories, Apps and installations read in GitHub's JSON, in REST and in webhooks alike."""

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from app.demo.github.account import Account
from app.demo.github.git import Commit, Person
from app.demo.github.installation import App, Installation
from app.demo.github.model import Model
from app.demo.github.repository import Repository

Json = dict[str, Any]

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
REPOSITORY_LINKS = {
    "archive_url": "{archive_format}{/ref}",
    "assignees_url": "assignees{/user}",
    "blobs_url": "git/blobs{/sha}",
    "branches_url": "branches{/branch}",
    "collaborators_url": "collaborators{/collaborator}",
    "comments_url": "comments{/number}",
    "commits_url": "commits{/sha}",
    "compare_url": "compare/{base}...{head}",
    "contents_url": "contents/{+path}",
    "contributors_url": "contributors",
    "deployments_url": "deployments",
    "downloads_url": "downloads",
    "events_url": "events",
    "forks_url": "forks",
    "git_commits_url": "git/commits{/sha}",
    "git_refs_url": "git/refs{/sha}",
    "git_tags_url": "git/tags{/sha}",
    "hooks_url": "hooks",
    "issue_comment_url": "issues/comments{/number}",
    "issue_events_url": "issues/events{/number}",
    "issues_url": "issues{/number}",
    "keys_url": "keys{/key_id}",
    "labels_url": "labels{/name}",
    "languages_url": "languages",
    "merges_url": "merges",
    "milestones_url": "milestones{/number}",
    "notifications_url": "notifications{?since,all,participating}",
    "pulls_url": "pulls{/number}",
    "releases_url": "releases{/id}",
    "stargazers_url": "stargazers",
    "statuses_url": "statuses/{sha}",
    "subscribers_url": "subscribers",
    "subscription_url": "subscription",
    "tags_url": "tags",
    "teams_url": "teams",
    "trees_url": "git/trees{/sha}",
}


def time(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def time_or_none(when: datetime | None) -> str | None:
    return None if when is None else time(when)


def node_id(kind: str, number: int) -> str:
    return b64encode(f"{kind}{number}".encode()).decode()


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


def repository(model: Model, repo: Repository) -> Json:
    return _named(model, repo) | _addresses(model, repo) | _counted(model, repo) | {
        "description": repo.description or None,
        "fork": repo.is_fork,
        "created_at": time(repo.created_at),
        "updated_at": time(repo.updated_at),
        "pushed_at": time(repo.pushed_at),
        "homepage": None,
        "language": None,
        "license": None,
        **{f"has_{each}": False for each in ("wiki", "pages", "discussions", "projects", "downloads")},
        "has_issues": True,
        "archived": repo.archived,
        "disabled": False,
        "allow_forking": True,
        "is_template": False,
        "web_commit_signoff_required": False,
        "topics": [],
        "visibility": "private" if repo.private else "public",
        "default_branch": repo.default_branch,
        "custom_properties": {},
    }  # fmt: skip


def _named(model: Model, repo: Repository) -> Json:
    return repository_in_brief(repo) | {"owner": account(model, repo.owner)}


def _addresses(model: Model, repo: Repository) -> Json:
    url, clone, page = f"{model.api_url}/repos/{repo.full_name}", model.clone_url(repo), model.page_url(repo)
    host = model.url.partition("://")[2].partition(":")[0]
    return {
        "url": url,
        "html_url": page,
        **{name: f"{url}/{tail}" for name, tail in REPOSITORY_LINKS.items()},
        "git_url": clone.replace("http://", "git://"),
        "ssh_url": f"git@{host}:{repo.full_name}.git",
        "clone_url": clone,
        "svn_url": page,
        "mirror_url": None,
    }


def _counted(model: Model, repo: Repository) -> Json:
    forks = sum(1 for each in model.repositories.values() if each.parent is repo)
    issues = len(model.pull_requests_of(repo))
    return {
        "size": 0, "stargazers_count": 0, "watchers_count": 0, "watchers": 0, "forks_count": forks, "forks": forks,
        "open_issues_count": issues, "open_issues": issues,
    }  # fmt: skip


def repository_in_brief(repo: Repository) -> Json:
    """As the installation events list them."""
    return {
        "id": repo.id,
        "node_id": node_id("Repository", repo.id),
        "name": repo.name,
        "full_name": repo.full_name,
        "private": repo.private,
    }


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


def person(who: Person) -> Json:
    return {"name": who.name, "email": who.email}


def commit_in_brief(commit: Commit) -> Json:
    """As check suites and merge groups carry their head."""
    return {
        "id": commit.sha,
        "tree_id": commit.tree,
        "message": commit.message,
        "timestamp": commit.committer.when.isoformat(),
        "author": person(commit.author),
        "committer": person(commit.committer),
    }
