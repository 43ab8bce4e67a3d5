"""What has to be asked of the world before a change can be planned."""

from checks import plan
from checks.buildspec import BuildspecError, parse
from checks.change import Change, short
from checks.ports import CI


async def newer_telling(change: Change, ci: CI) -> str:
    """Webhooks arrive in any order: a pull request that we know a newer head of is not built at the older one."""
    if change.pull_request is None:
        return ""
    known = await ci.pull_requests.get(change.repository.id, change.pull_request.number)
    if known and change.pull_request.is_older_than(known):
        return f"{short(known.head_sha)} is newer" if known.open else f"#{known.number} was closed"
    ci.pull_requests.save(change.repository.id, change.pull_request)
    return ""


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
    """Who has no write access: whoever opened the pull request and whoever moved it now have to have it."""
    if change.pull_request is None:
        return ""
    for login in dict.fromkeys((change.pull_request.author, change.sender)):
        if not await ci.people.may_write(change.repository, login):
            return f"@{login} has no write access"
    return ""
