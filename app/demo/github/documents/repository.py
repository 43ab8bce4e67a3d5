"""How a repository reads in GitHub's JSON."""

from app.demo.github.documents.account import account
from app.demo.github.documents.fields import Json, node_id, time
from app.demo.github.model import Model
from app.demo.github.repository import Repository

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


def repository(model: Model, repo: Repository) -> Json:
    return (
        _named(model, repo)
        | _addresses(model, repo)
        | _counted(model, repo)
        | {
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
        }
    )


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
        "size": 0,
        "stargazers_count": 0,
        "watchers_count": 0,
        "watchers": 0,
        "forks_count": forks,
        "forks": forks,
        "open_issues_count": issues,
        "open_issues": issues,
    }


def repository_in_brief(repo: Repository) -> Json:
    """As the installation events list them."""
    return {
        "id": repo.id,
        "node_id": node_id("Repository", repo.id),
        "name": repo.name,
        "full_name": repo.full_name,
        "private": repo.private,
    }
