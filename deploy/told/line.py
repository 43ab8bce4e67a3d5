"""The pieces that answers are made of: what others wrote, lists that end somewhere, commits that lead to GitHub."""

from collections.abc import Sequence

from checks.change import short
from checks.markdown import cut, one_line
from checks.message import Button, Code, Line, Link, Message, Piece, Tone
from checks.repository import Repository
from checks.secrets import mask
from deploy.deployment import Deployment, State

MOST_LINES = 24
MOST_NAMES = 10
LONGEST_TEXT = 300


def plainly(text: str, tone: Tone = Tone.TOLD, *lines: Line, buttons: Sequence[Button] = ()) -> Message:
    return Message(tone=tone, head=(written(text),), lines=lines, buttons=tuple(buttons))


def commit(repository: Repository, sha: str) -> Piece:
    return Link(short(sha), f"{repository.html_url}/commit/{sha}") if repository.html_url else Code(short(sha))


def cut_lines(lines: Sequence[Line]) -> tuple[Line, ...]:
    if len(lines) <= MOST_LINES:
        return tuple(lines)
    return (*lines[: MOST_LINES - 1], (f"and {len(lines) - MOST_LINES + 1} more",))


def listed(names: Sequence[str], last: str = " and ") -> str:
    if len(names) > MOST_NAMES:
        return f"{', '.join(names[:MOST_NAMES])} and {len(names) - MOST_NAMES} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])}{last}{names[-1]}"


def written(text: str) -> str:
    """What others wrote, on one line, without what nobody may read."""
    return cut(one_line(mask(text)), LONGEST_TEXT)


TROUBLE = frozenset({State.FAILED, State.ERROR, State.REJECTED})


def ended(deployment: Deployment) -> str:
    if deployment.state is State.REJECTED:
        return "was rejected"
    return "failed" if deployment.state in TROUBLE else deployment.state.value.replace("_", " ")
