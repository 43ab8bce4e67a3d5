"""The check of a commit whose word on delivery cannot be followed, and of the commit that mends it."""

from collections.abc import Iterator, Sequence

from checks.annotation import LONGEST_PATH, Annotation
from checks.change import short
from checks.markdown import code, cut, document, plain, table
from checks.secrets import mask
from deploy.check import LONGEST_TITLE, MOST_BYTES, Check
from deploy.pipeline import Problem

NAME = "Interlock configuration"
MOST_SHOWN = 50
"""GitHub takes so many annotations at once; who mends fifty sees the others with the next push."""


def newest_refused(repository: int) -> str:
    """Under which the newest commit is remembered whose word was refused."""
    return f"configuration:{repository}"


def refused(repository: int, sha: str, problems: Sequence[Problem]) -> Check:
    """All that is wrong, each at its line."""
    first = problems[0]
    where = f"{first.file.rpartition('/')[2]}{f' line {first.line}' if first.line else ''}"
    return Check(
        external_id=_external_id(repository, sha),
        name=NAME,
        sha=sha,
        title=cut(mask(f"{where}: {first.message}"), LONGEST_TITLE),
        summary=document(_refusal(sha, problems), MOST_BYTES),
        conclusion="failure",
        annotations=tuple(_annotation(each) for each in problems[:MOST_SHOWN] if _can_be_annotated(each)),
    )


def mended(repository: int, sha: str) -> Check:
    return Check(
        external_id=_external_id(repository, sha),
        name=NAME,
        sha=sha,
        title="Delivery is configured again",
        summary=f"From {code(short(sha))} on versions go where the files say.",
        conclusion="success",
    )


def _external_id(repository: int, sha: str) -> str:
    return f"configuration:{repository}:{sha}"


def _refusal(sha: str, problems: Sequence[Problem]) -> Iterator[str]:
    number = len(problems)
    yield f"**{number} {'problem' if number == 1 else 'problems'}** · nothing of {code(short(sha))} is followed"
    rows = [
        (code(each.file), f"{each.line}" if each.line else "–", plain(mask(each.message)))
        for each in problems[:MOST_SHOWN]
    ]
    yield table(("file", "line", "what is wrong"), rows)
    if number > MOST_SHOWN:
        yield f"{number - MOST_SHOWN} more are not listed."
    yield "What was configured before goes on. **Next:** mend the file and push; `interlock check .` finds it before."


def _can_be_annotated(one: Problem) -> bool:
    """GitHub would refuse the whole check because of a path that it does not like."""
    parts = set(one.file.split("/"))
    return one.file.isprintable() and not {"", ".", ".."} & parts and len(one.file.encode()) <= LONGEST_PATH


def _annotation(one: Problem) -> Annotation:
    line = max(1, one.line)
    message = mask(one.message)
    return Annotation(
        path=one.file, start_line=line, end_line=line, title=cut(message, LONGEST_TITLE), message=message or "wrong"
    )
