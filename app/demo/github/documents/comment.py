"""How comments, and the issue that a pull request also is, read in GitHub's JSON."""

from app.demo.github.comment import Comment
from app.demo.github.documents.account import account
from app.demo.github.documents.app import app_in_event
from app.demo.github.documents.fields import Json, node_id, time, time_or_none
from app.demo.github.documents.pull_request import association
from app.demo.github.model import Model
from app.demo.github.pull_request import PullRequest

REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


def issue_comment(model: Model, one: Comment) -> Json:
    request = one.pull_request
    repo = f"{model.api_url}/repos/{request.repository.full_name}"
    url = f"{repo}/issues/comments/{one.id}"
    return {
        "url": url,
        "html_url": f"{model.url}/{request.repository.full_name}/pull/{request.number}#issuecomment-{one.id}",
        "issue_url": f"{repo}/issues/{request.number}",
        "id": one.id,
        "node_id": node_id("IssueComment", one.id),
        "user": account(model, one.author),
        "created_at": time(one.created_at),
        "updated_at": time(one.updated_at),
        "author_association": association(request, one.author),
        "body": one.body,
        "reactions": _reactions(url),
        "performed_via_github_app": None if one.via is None else app_in_event(model, one.via),
    }


def issue(model: Model, one: PullRequest) -> Json:
    """A pull request as an issue, which is how the events of its comments carry it."""
    repo, page = f"{model.api_url}/repos/{one.repository.full_name}", f"{model.url}/{one.repository.full_name}"
    url, html = f"{repo}/issues/{one.number}", f"{page}/pull/{one.number}"
    links = {"url": f"{repo}/pulls/{one.number}", "html_url": html}
    return {
        "url": url,
        "repository_url": repo,
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "timeline_url": f"{url}/timeline",
        "html_url": html,
        "id": one.id,
        "node_id": node_id("PullRequest", one.id),
        "number": one.number,
        "title": one.title,
        "user": account(model, one.author),
        "labels": [],
        "state": one.state,
        "locked": one.locked,
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "comments": len(model.comments_of(one)),
        "created_at": time(one.created_at),
        "updated_at": time(one.updated_at),
        "closed_at": time_or_none(one.closed_at),
        "author_association": association(one, one.author),
        "active_lock_reason": None,
        "draft": one.draft,
        "pull_request": {
            **links,
            "diff_url": f"{html}.diff",
            "patch_url": f"{html}.patch",
            "merged_at": time_or_none(one.merged_at),
        },
        "body": one.body or None,
        "reactions": _reactions(url),
        "performed_via_github_app": None,
        "state_reason": None,
    }


def _reactions(url: str) -> Json:
    return {"url": f"{url}/reactions", "total_count": 0, **dict.fromkeys(REACTIONS, 0)}
