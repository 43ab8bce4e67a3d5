"""A person's clone, and a commit in it as a test wants it."""

from pathlib import Path

from app.demo.working_copy import WorkingCopy


def new_clone(directory: Path) -> WorkingCopy:
    """An empty directory, in which Bo commits."""
    directory.mkdir(exist_ok=True)
    return WorkingCopy(directory=directory, name="Bo", login="bo")


async def commit(clone: WorkingCopy, path: str, content: str, message: str = "Change") -> str:
    """One file written, everything committed; returns the commit."""
    (clone.directory / path).write_text(content)
    await clone.git("add", "--all")
    await clone.git("commit", "--quiet", "--message", message)
    return await clone.git("rev-parse", "HEAD")
