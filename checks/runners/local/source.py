"""The source of a run: exactly one commit by git, or a copy of a directory."""

import base64
import os
import shutil
import stat
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from checks.runners.local.job import DirectorySource, GitSource

PAUSES = (0.5, 3.0)
"""Seconds before a fetch is tried again that failed for no reason of the repository's."""

DEEPER = ("--deepen=50", "--deepen=1000", "--unshallow")

GONE = ("couldn't find remote ref",)
REFUSED = ("authentication failed", "could not read username", "403", "401", "repository not found", "not found")


class SourceGone(Exception):
    """The commit is not part of the ref any more: a build of it makes no sense."""


class SourceUnavailable(Exception):
    """The source could not be had this time, and that is not the commit's fault."""


def fetch(source: GitSource | DirectorySource, into: Path, token: str, environment: Mapping[str, str]) -> str:
    """Put the source into a new directory; returns the commit that it is at, empty if it is at none.

    The token is given to this git alone, in its environment: it is in no URL, no file and no argument.
    """
    if isinstance(source, DirectorySource):
        return copy(Path(source.path), into)
    return _Git(source, into, token, environment).checkout()


class _Git:
    def __init__(self, source: GitSource, into: Path, token: str, environment: Mapping[str, str]) -> None:
        self._source = source
        self._into = into
        self._environment = {**environment, **_settings(source.url, token)}

    def checkout(self) -> str:
        self._into.mkdir(parents=True, exist_ok=True)
        self._git("init", "--quiet")
        self._git("remote", "add", "origin", self._source.url)
        self._fetch("--depth=1")
        for depth in DEEPER:
            if self._has_commit():
                break
            self._fetch(depth)
        if not self._has_commit():
            raise SourceGone(
                f"commit {self._source.sha[:7]} is not part of {self._source.ref} any more; a newer push replaced it"
            )
        self._git("checkout", "--quiet", "--detach", self._source.sha)
        return self._source.sha

    def _fetch(self, depth: str) -> None:
        if depth == "--unshallow" and not (self._into / ".git" / "shallow").exists():
            return
        for pause in (*PAUSES, None):
            ended = self._try(
                "fetch", "--quiet", "--no-tags", depth, "origin", f"+{self._source.ref}:refs/interlock/source"
            )
            if ended.returncode == 0:
                return
            said = ended.stderr.strip()
            if pause is None or any(words in said.lower() for words in (*GONE, *REFUSED)):
                break
            time.sleep(pause)
        if any(words in said.lower() for words in GONE):
            raise SourceGone(f"{self._source.ref} does not exist any more in {self._source.url}")
        if any(words in said.lower() for words in REFUSED):
            raise SourceUnavailable(f"{self._source.url} cannot be read with the App's token: {_last_line(said)}")
        raise SourceUnavailable(f"git could not fetch {self._source.url}: {_last_line(said)}")

    def _has_commit(self) -> bool:
        """Only what the ref contains was fetched, so what is there is part of it."""
        return self._try("cat-file", "-e", f"{self._source.sha}^{{commit}}").returncode == 0

    def _git(self, *arguments: str) -> None:
        ended = self._try(*arguments)
        if ended.returncode:
            raise SourceUnavailable(f"git {arguments[0]} failed: {_last_line(ended.stderr)}")

    def _try(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603  git of the search path
            ["git", *arguments],  # noqa: S607
            cwd=self._into,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            start_new_session=True,
        )


def _settings(url: str, token: str) -> dict[str, str]:
    """Git without anybody's configuration, hooks, prompts or helpers."""
    settings = {"core.hooksPath": os.devnull, "credential.helper": "", "gc.auto": "0", "advice.detachedHead": "false"}
    settings["init.defaultBranch"] = "main"
    if token:
        parts = urlsplit(url)
        basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        settings[f"http.{parts.scheme}://{parts.netloc}/.extraHeader"] = f"Authorization: Basic {basic}"
    numbered = {f"GIT_CONFIG_KEY_{number}": key for number, key in enumerate(settings)}
    numbered |= {f"GIT_CONFIG_VALUE_{number}": value for number, value in enumerate(settings.values())}
    fixed = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    return {**fixed, **numbered, "GIT_CONFIG_COUNT": str(len(settings))}


def _last_line(text: str) -> str:
    lines = [line.removeprefix("fatal: ") for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def copy(origin: Path, into: Path) -> str:
    """What a commit of everything would hold, and the repository itself, so that git answers as at home.

    Files that git ignores stay behind: a fresh clone would not have them either. Without git, everything.
    """
    listed = _listed(origin)
    if not listed:
        shutil.copytree(origin, into, symlinks=True, ignore=_special)
        return head(origin)
    for name in listed:
        if os.path.lexists(origin / name) and not (origin / name).is_dir():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(origin / name, into / name, follow_symlinks=False)
    if (origin / ".git").is_dir():
        shutil.copytree(origin / ".git", into / ".git", symlinks=True)
    return head(origin)


def _special(folder: str, names: list[str]) -> list[str]:
    """Sockets, pipes and devices cannot be copied, and no clone has them."""
    kinds = {name: os.lstat(Path(folder, name)).st_mode for name in names}
    known = (stat.S_ISREG, stat.S_ISDIR, stat.S_ISLNK)
    return [name for name, mode in kinds.items() if not any(is_kind(mode) for is_kind in known)]


def head(directory: Path) -> str:
    """The commit that a directory is at; empty if it is at none."""
    if not shutil.which("git"):
        return ""
    ended = subprocess.run(
        ["git", "rev-parse", "--verify", "--quiet", "HEAD"],  # noqa: S607  git of the search path
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.stdout.strip()


def _listed(origin: Path) -> list[str]:
    """What git knows or would add; nothing outside of a repository, and in a directory that git ignores."""
    if not shutil.which("git"):
        return []
    ended = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607  git of the search path
        cwd=origin,
        capture_output=True,
        check=False,
    )
    return [os.fsdecode(name) for name in ended.stdout.split(b"\0") if name]
