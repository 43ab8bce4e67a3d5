"""What has to be asked of the world before a change can be planned."""

from collections.abc import Sequence

from checks import plan
from checks.build import Build
from checks.buildspec import BuildspecError
from checks.buildspec_schema import parse
from checks.change import Change, Purpose, short
from checks.ports import CI
from checks.pull_request import PullRequest


async def why_stale(change: Change, ci: CI) -> str:
    """Why a pull request is not built as this change tells it, or nothing: what is newer may have arrived before.

    What is not stale is remembered as what is known now.
    """
    if change.pull_request is None:
        return ""
    known = await ci.pull_requests.get(change.repository.id, change.pull_request.number)
    if known and (change.pull_request.is_older_than(known) or _was_closed_since(change, known)):
        return f"{short(known.head_sha)} is newer" if known.open else f"#{known.number} was closed"
    ci.pull_requests.save(change.repository.id, change.pull_request)
    return ""


def _was_closed_since(change: Change, known: PullRequest) -> bool:
    """GitHub counts seconds: what came before a closing within its second looks as new as the closing."""
    told = change.pull_request
    same = told is not None and (told.updated_at, told.head_sha) == (known.updated_at, known.head_sha)
    return same and not known.open and change.action != "reopened"


async def builds_of_nobody_else(repository: int, pull_request: PullRequest, ci: CI) -> Sequence[Build]:
    """Active builds that no other open pull request has as its head.

    Pull requests with one head share a build, whoever of them asked for it: so the builds of the head that
    this one had before are looked at too.
    """
    before = await ci.pull_requests.get(repository, pull_request.number)
    shared = await ci.builds.of_commit(repository, before.head_sha) if before else ()
    own = await ci.builds.active(repository, pull_request.number)
    found = {build.id: build for build in (*own, *shared) if build.is_active}
    return [
        build
        for build in found.values()
        if build.change.purpose is Purpose.PULL_REQUEST
        and not await _is_anothers_head(repository, build.change.sha, pull_request.number, ci)
    ]


async def _is_anothers_head(repository: int, sha: str, number: int, ci: CI) -> bool:
    return any(other.number != number for other in await ci.pull_requests.open_with_head(repository, sha))


async def ask_facts(change: Change, buildspec: str, ci: CI) -> plan.Facts:
    """Everything that the plan wants to know of a change that opts in."""
    return plan.Facts(
        buildspec=buildspec,
        problem=_problem(buildspec),
        message=change.message or await ci.source.message(change),
        distrust=await _distrust(change, ci),
        earlier=await ci.builds.of_commit(change.repository.id, change.sha),
    )


def _problem(buildspec: str) -> str:
    try:
        parse(buildspec)
    except BuildspecError as error:
        return str(error)
    return ""


async def _distrust(change: Change, ci: CI) -> str:
    """Who has no write access: whoever opened the pull request and whoever moved it now have to have it.

    So has the owner of the fork that it comes from: what was pushed there while the pull request was closed
    shows up when it is opened again, by somebody else.
    """
    told = change.pull_request
    if told is None:
        return ""
    for login in dict.fromkeys((told.author, change.sender, *([told.head_owner] if told.is_from_fork else ()))):
        if not await ci.people.may_write(change.repository, login):
            return f"@{login or 'ghost'} has no write access"
    return ""
