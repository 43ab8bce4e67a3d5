"""The words in a commit message by which its author asks for no build."""

import re

_MARKS = re.compile(r"\[(skip ci|ci skip|no ci|skip actions|actions skip)\]", re.IGNORECASE)
_TRAILER = re.compile(r"^skip-checks:\s*true\s*$", re.IGNORECASE | re.MULTILINE)


def skip_mark(message: str) -> str | None:
    """The mark as it was written, or None.

    https://docs.github.com/en/actions/managing-workflow-runs/skipping-workflow-runs
    """
    found = _MARKS.search(message)
    if found:
        return found.group(0)
    found = _TRAILER.search(message)
    return found.group(0).strip() if found else None
