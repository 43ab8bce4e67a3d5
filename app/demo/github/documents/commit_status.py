"""How commit statuses read in GitHub's JSON."""

from collections.abc import Sequence

from app.demo.github.commit_status import CommitStatus, combined
from app.demo.github.documents.account import account
from app.demo.github.documents.commit import listed
from app.demo.github.documents.fields import Json, node_id, time
from app.demo.github.documents.repository import repository
from app.demo.github.model import Model
from app.demo.github.repository import Repository


def commit_status(model: Model, one: CommitStatus) -> Json:
    return _brief(model, one) | {"creator": account(model, one.creator)}


def combined_status(
    model: Model, repo: Repository, sha: str, every: Sequence[CommitStatus], some: Sequence[CommitStatus]
) -> Json:
    """`some` are this page's of `every`."""
    url = f"{model.api_url}/repos/{repo.full_name}/commits/{sha}"
    return {
        "state": combined([each.state for each in every]),
        "statuses": [_brief(model, each) for each in some],
        "sha": sha,
        "total_count": len(every),
        "repository": repository(model, repo),
        "commit_url": url,
        "url": f"{url}/status",
    }


async def status_in_event(model: Model, one: CommitStatus) -> Json:
    commit = await model.git(one.repository).commit(one.sha)
    refs = await model.git(one.repository).refs()
    link = f"{model.api_url}/repos/{one.repository.full_name}/commits/{one.sha}"
    return {
        "id": one.id,
        "sha": one.sha,
        "name": one.repository.full_name,
        "avatar_url": account(model, one.creator)["avatar_url"],
        "target_url": one.target_url,
        "context": one.context,
        "description": one.description,
        "state": one.state,
        "commit": listed(model, one.repository, commit),
        "branches": [
            {"name": ref.removeprefix("refs/heads/"), "commit": {"sha": tip, "url": link}, "protected": False}
            for ref, tip in refs.items()
            if tip == one.sha and ref.startswith("refs/heads/")
        ],
        "created_at": time(one.created_at),
        "updated_at": time(one.created_at),
    }


def _brief(model: Model, one: CommitStatus) -> Json:
    return {
        "url": f"{model.api_url}/repos/{one.repository.full_name}/statuses/{one.sha}",
        "avatar_url": account(model, one.creator)["avatar_url"],
        "id": one.id,
        "node_id": node_id("StatusContext", one.id),
        "state": one.state,
        "description": one.description,
        "target_url": one.target_url,
        "context": one.context,
        "created_at": time(one.created_at),
        "updated_at": time(one.created_at),
    }
