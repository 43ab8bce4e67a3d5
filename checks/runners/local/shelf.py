"""What a build publishes to this machine: zips under the name of its commit, each laid down once and for good."""

import filecmp
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from checks.runners.local.job import Shelf

REST = r"(?:[-/][\w.-]+)?\.zip"


class ShelfError(Exception):
    """What a build laid down cannot be kept; the text says why."""


def keep(shelf: Shelf, published: Path, say: Callable[[str], None]) -> None:
    """Copy the zips of a build that has succeeded. Nothing that is there is replaced, as its digest is known."""
    pattern = re.compile(re.escape(shelf.prefix) + REST, re.ASCII)
    found = sorted(each for each in published.rglob("*") if each.is_symlink() or not each.is_dir())
    names = [each.relative_to(published).as_posix() for each in found]
    for name, path in zip(names, found, strict=True):
        if not pattern.fullmatch(name) or path.is_symlink() or not path.is_file():
            shown = os.fsencode(name).decode(errors="replace")
            raise ShelfError(f"{shown} cannot be published: lay down zips named {shelf.prefix}….zip")
    for name in names:
        try:
            say(_keep(published / name, Path(shelf.folder, name), name))
        except OSError as error:
            raise ShelfError(f"{name} cannot be published: this machine said {error.strerror}") from None


def _keep(origin: Path, target: Path, name: str) -> str:
    """Under another name first: whoever sees its name sees all of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}-{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    try:
        shutil.copyfile(origin, unfinished)
        unfinished.chmod(0o444)
        os.link(unfinished, target)
    except FileExistsError:
        if filecmp.cmp(origin, target, shallow=False):
            return f"{name} is published already"
        return f"{name} is published already, with another content, and is never replaced: this build's is left out"
    finally:
        unfinished.unlink(missing_ok=True)
    return f"Published {name}"
