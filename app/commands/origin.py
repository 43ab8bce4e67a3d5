"""Which repository a directory is a clone of, as its git configuration says; git itself is not asked."""

import re
from pathlib import Path

SECTION = re.compile(r'\s*\[\s*([\w.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]')
VALUE = re.compile(r'\s*url\s*=\s*"?([^"\s]+)"?\s*$', re.IGNORECASE)
ADDRESS = re.compile(
    r"(?:(?:https?|ssh|git)://(?:[^/@]*@)?[^/]+/|(?:[^/@:]+@)?[^/@:]+:/?)([A-Za-z0-9_.-]+)/([A-Za-z0-9_.-]+?)(?:\.git)?/?"
)


def repository_of(directory: Path) -> str:
    """owner/name, or "" if the directory is in no clone of something like GitHub."""
    for folder in (directory, *directory.parents):
        config = _config(folder / ".git")
        if config is not None:
            match = ADDRESS.fullmatch(_origin(config))
            return f"{match[1]}/{match[2]}" if match else ""
    return ""


def _config(git: Path) -> str | None:
    """The configuration of the clone that this folder is the top of; a work tree names where its `.git` is."""
    try:
        if git.is_file():
            named = git.read_text().removeprefix("gitdir:").strip()
            git = git.parent / named
            common = git / "commondir"
            git = git / common.read_text().strip() if common.is_file() else git
        return (git / "config").read_text()
    except (OSError, UnicodeDecodeError):
        return None


def _origin(config: str) -> str:
    is_origin, found = False, ""
    for line in config.splitlines():
        if section := SECTION.match(line):
            is_origin = (section[1].lower(), section[2]) == ("remote", "origin")
        elif is_origin and (value := VALUE.match(line)):
            found = value[1]
    return found
