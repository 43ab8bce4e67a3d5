"""What would come with a version to an environment that has another one."""

from collections.abc import Iterator, Sequence

from checks.change import short
from checks.message import Line, Link, Message, Piece, Tone
from checks.repository import Repository
from deploy.deployment import Deployment
from deploy.meaning import Sense
from deploy.revert import Commit, came_with
from deploy.told.line import MOST_NAMES, commit, listed, plainly, written

MOST_COMMITS = 10


def diff(sense: Sense, base: Deployment, head: str, commits: Sequence[Commit]) -> Message:
    """What would come with `head` to what has `base`: commits, pull requests and people."""
    environment = sense.environment.name if sense.environment else ""
    service = sense.service.name if sense.service else ""
    repository = sense.repository
    if not commits:
        same = f"{environment} of {service} has {base.version.name}, and {short(head)} brings nothing new"
        return plainly(same)
    numbers = [number for each in commits if (number := came_with(each))]
    people = dict.fromkeys(each.author for each in commits if each.author)
    lines: list[Line] = []
    if repository.html_url:
        address = f"{repository.html_url}/compare/{base.version.sha}...{head}"
        lines.append((Link("compare", address), f" {base.version.name} → {short(head)}"))
    if numbers:
        word = "pull request" if len(numbers) == 1 else "pull requests"
        lines.append((f"{len(numbers)} {word}: ", *_pull_requests(repository, numbers)))
    if people:
        lines.append((f"by {listed([f'@{each}' for each in people])}",))
    newest = list(commits)[::-1]
    lines += [(commit(repository, each.sha), f" {written(each.subject)}") for each in newest[:MOST_COMMITS]]
    if len(newest) > MOST_COMMITS:
        lines.append((f"and {len(newest) - MOST_COMMITS} more",))
    count = f"{len(commits)} commit{'' if len(commits) == 1 else 's'}"
    return Message(
        tone=Tone.TOLD, head=(f"{count} would go to {environment} of {service} with {short(head)}",), lines=tuple(lines)
    )


def _pull_requests(repository: Repository, numbers: Sequence[str]) -> Iterator[Piece]:
    newest = list(dict.fromkeys(numbers))[::-1]
    for index, number in enumerate(newest[:MOST_NAMES]):
        if index:
            yield " "
        yield Link(f"#{number}", f"{repository.html_url}/pull/{number}") if repository.html_url else f"#{number}"
    if len(newest) > MOST_NAMES:
        yield f" and {len(newest) - MOST_NAMES} more"
