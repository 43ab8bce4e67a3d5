"""How a pull request reads in GitHub's JSON."""

from app.demo.github.account import Account
from app.demo.github.documents.account import account
from app.demo.github.documents.fields import Json, node_id, time, time_or_none
from app.demo.github.documents.repository import repository
from app.demo.github.git import FileChange
from app.demo.github.model import Model
from app.demo.github.pull_request import PullRequest
from app.demo.github.repository import Repository


async def pull_request(model: Model, one: PullRequest) -> Json:
    """The whole of it; the lists of REST leave out what costs git a walk, see `in_a_list`."""
    git = model.git(one.repository)
    start = await git.merge_base(one.base_sha, one.head_sha)
    changes = await git.changes(start, one.head_sha)
    commits = await git.count(one.head_sha, one.base_sha)
    return (
        _links(model, one)
        | _facts(model, one)
        | _sizes(changes, commits)
        | {
            "merged": one.merged,
            "mergeable": None,
            "rebaseable": None,
            "mergeable_state": "unknown",
            "merged_by": None if one.merged_by is None else account(model, one.merged_by),
            "comments": len(model.comments_of(one)),
            "review_comments": 0,
            "maintainer_can_modify": False,
        }
    )


def in_a_list(model: Model, one: PullRequest) -> Json:
    return _links(model, one) | _facts(model, one)


def reference(model: Model, one: PullRequest) -> Json:
    """As check suites and check runs name it."""

    def side(ref: str, sha: str, repo: Repository) -> Json:
        url = f"{model.api_url}/repos/{repo.full_name}"
        return {"ref": ref, "sha": sha, "repo": {"id": repo.id, "url": url, "name": repo.name}}

    return {
        "url": f"{model.api_url}/repos/{one.repository.full_name}/pulls/{one.number}",
        "id": one.id,
        "number": one.number,
        "head": side(one.head_ref, one.head_sha, one.head_repository or one.repository),
        "base": side(one.base_ref, one.base_sha, one.repository),
    }


def _sizes(changes: list[FileChange], commits: int) -> Json:
    return {
        "commits": commits,
        "additions": sum(each.additions for each in changes),
        "deletions": sum(each.deletions for each in changes),
        "changed_files": len(changes),
    }


def _facts(model: Model, one: PullRequest) -> Json:
    return {
        "id": one.id,
        "node_id": node_id("PullRequest", one.id),
        "number": one.number,
        "state": one.state,
        "locked": one.locked,
        "title": one.title,
        "user": account(model, one.author),
        "body": one.body or None,
        "created_at": time(one.created_at),
        "updated_at": time(one.updated_at),
        "closed_at": time_or_none(one.closed_at),
        "merged_at": time_or_none(one.merged_at),
        "merge_commit_sha": one.merge_commit_sha,
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "labels": [],
        "milestone": None,
        "draft": one.draft,
        "head": _side(model, one.head_owner, one.head_repository, one.head_ref, one.head_sha),
        "base": _side(model, one.repository.owner, one.repository, one.base_ref, one.base_sha),
        "author_association": association(one, one.author),
        "auto_merge": None,
        "active_lock_reason": None,
    }


def _side(model: Model, owner: Account, repo: Repository | None, ref: str, sha: str) -> Json:
    return {
        "label": f"{owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": account(model, owner),
        "repo": None if repo is None else repository(model, repo),
    }


def association(one: PullRequest, who: Account) -> str:
    """What somebody is to the repository."""
    owner = one.repository.owner
    if owner is who:
        return "OWNER"
    if who.login in {*getattr(owner, "owners", ()), *getattr(owner, "members", ())}:
        return "MEMBER"
    return "COLLABORATOR" if who.login in one.repository.collaborators else "NONE"


def _links(model: Model, one: PullRequest) -> Json:
    repo = f"{model.api_url}/repos/{one.repository.full_name}"
    url = f"{repo}/pulls/{one.number}"
    html = f"{model.url}/{one.repository.full_name}/pull/{one.number}"
    links = {
        "comments": f"{repo}/issues/{one.number}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": f"{repo}/pulls/comments{{/number}}",
        "commits": f"{url}/commits",
        "statuses": f"{repo}/statuses/{one.head_sha}",
    }
    issue = f"{repo}/issues/{one.number}"
    return {
        "url": url,
        "html_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "issue_url": issue,
        **{f"{name}_url": href for name, href in links.items()},
        "_links": {name: {"href": href} for name, href in {"self": url, "html": html, "issue": issue, **links}.items()},
    }
