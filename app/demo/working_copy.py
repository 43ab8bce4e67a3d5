"""A clone on somebody's disk, worked on with the real git."""

import asyncio
import os
import shutil
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


class GitFailed(Exception):
    """git said no; the message is what it said."""


def email(login: str) -> str:
    """The address that the local GitHub knows somebody by."""
    return f"{login}@users.noreply.localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingCopy:
    """`name` and `login` sign the commits."""

    directory: Path
    name: str
    login: str

    async def clone(self, address: str) -> None:
        await asyncio.to_thread(self.directory.mkdir, parents=True)
        await self.git("clone", "--quiet", address, ".")

    async def lay(self, *samples: Path) -> None:
        """Put files (or a folder's files) over the tree."""
        for sample in samples:
            await asyncio.to_thread(self._copy, sample)

    async def commit_and_push(self, message: str, branch: str) -> None:
        await self.git("checkout", "--quiet", "-B", branch)
        await self.git("add", "--all")
        await self.git("commit", "--quiet", "--message", message)
        await self.git("push", "--quiet", "origin", f"HEAD:{branch}")

    async def git(self, *arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            "git",
            *arguments,
            cwd=self.directory,
            env=self._environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for whoever waits for git, who ends it with all of its helpers
        )
        try:
            told, complaint = await process.communicate()
        except asyncio.CancelledError:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
            raise
        if process.returncode:
            raise GitFailed(f"git {arguments[0]}: {complaint.decode(errors='replace').strip()}")
        return told.decode(errors="replace").strip()

    def _copy(self, sample: Path) -> None:
        if sample.is_dir():
            shutil.copytree(sample, self.directory, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(sample, self.directory)

    def _environment(self) -> dict[str, str]:
        """Whatever this machine's owner has configured for git stays out of it."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.directory.parent),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_NAME": self.name,
            "GIT_AUTHOR_EMAIL": email(self.login),
            "GIT_COMMITTER_NAME": self.name,
            "GIT_COMMITTER_EMAIL": email(self.login),
        }
