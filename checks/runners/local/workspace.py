"""Where the commands of a run happen: its folders, its shell, and the sandbox if it has one."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from checks.buildspec import Buildspec
from checks.runners.local import cache, environment
from checks.runners.local.directory import RunDirectory
from checks.runners.local.job import Job
from checks.runners.local.log import Log
from checks.runners.local.process import Pipe, run
from checks.runners.local.sandbox import Sandbox
from checks.runners.local.shell import SCRIPT, Run, Shell
from checks.runners.post_build import TEXT

NO_NETWORK = "This build runs in a sandbox: without network, without secrets, without the cache of other builds"
NOT_IN_SANDBOX = "run-as {user} is not possible inside the sandbox, where there is one user only"
NEEDS_ROOT = "run-as {user} needs a runner that runs as root; this one runs as {own}"
UNKNOWN_USER = "run-as: there is no user {user} on this machine"
NO_WAY_IN = "run-as: the user {user} cannot enter {path}; keep the runner's files where others may pass"


class ShellMissing(Exception):
    """This machine does not have the shell that the buildspec asks for."""


class Workspace:
    """`shell`, and the command by which it runs its script, are there once it is set up."""

    shell: Shell
    _command: tuple[str, str]

    def __init__(self, directory: RunDirectory, job: Job, spec: Buildspec, pipe: Pipe, log: Log) -> None:
        self.directory = directory
        self.job = job
        self.spec = spec
        self.pipe = pipe
        self.log = log
        self.source = directory.source
        self._keeps_pristine = any(phase.on_failure.action == "RETRY" for phase in spec.phases.values())

    @property
    def is_in_place(self) -> bool:
        return not self.source.is_relative_to(self.directory.path)

    def set_up(self, number: int, values: dict[str, str], commit: str) -> None:
        """Make folders, shell and sandbox. Raises ShellMissing and SandboxError."""
        where = self.directory
        published = [where.published] if self.job.shelf else []
        for path in (where.user_home, where.temp, where.shell, where.shell / "left", *published):
            path.mkdir(exist_ok=True, mode=0o755)
        if self._keeps_pristine and not self.is_in_place and not where.pristine.exists():
            shutil.copytree(self.source, where.pristine, symlinks=True)
        self._add_programs()
        program = self._program()
        given = {**self.spec.env.variables, **values}
        variables = environment.variables(where, self.job, number, commit, given)
        self._command = (program, str(where.shell / SCRIPT))
        sandbox = None if self.job.trusted else Sandbox(where, self._command, self.pipe, self.job.path)
        if sandbox:
            self.log.say(NO_NETWORK)
        self.shell = Shell(program, where.shell, self.source, variables, sandbox.run if sandbox else self._run)
        self.log.say(f"CODEBUILD_SRC_DIR={self.source}")
        self._restore_cache()

    def reset(self) -> None:
        """Back to what was downloaded, for another attempt."""
        where = self.directory
        for path in (where.user_home, where.temp, where.shell, where.published):
            shutil.rmtree(path, ignore_errors=True)
        if not self.is_in_place:
            shutil.rmtree(self.source, ignore_errors=True)
            shutil.copytree(where.pristine, self.source, symlinks=True)

    def as_user(self, user: str) -> Run:
        """How to run commands as this user; ValueError says why that cannot be."""
        if not self.job.trusted:
            raise ValueError(NOT_IN_SANDBOX.format(user=user))
        try:
            entry = pwd.getpwnam(user)
        except KeyError:
            raise ValueError(UNKNOWN_USER.format(user=user)) from None
        if entry.pw_uid == os.geteuid():
            return self._run
        if os.geteuid() != 0:
            raise ValueError(NEEDS_ROOT.format(user=user, own=pwd.getpwuid(os.geteuid()).pw_name))
        os.chmod(self.directory.shell / "left", 0o777)  # noqa: PTH101, S103  the user has to leave its variables here
        os.chown(self.directory.user_home, entry.pw_uid, entry.pw_gid)
        enter = ["/bin/sh", "-c", 'cd "$1"', "sh", str(self.source)]
        tried = subprocess.run(enter, user=user, check=False, env={})  # noqa: S603  a shell that changes directory
        if tried.returncode:
            raise ValueError(NO_WAY_IN.format(user=user, path=self.source))
        return lambda: run(self._command, self.pipe, {}, user=user)

    def exported(self, without: Iterable[str]) -> dict[str, str]:
        """The exported variables, save what is secret and what CodeBuild does not export either."""
        hidden = set(without)
        names = [name for name in self.spec.env.exported_variables if name not in hidden and name[:4] != "AWS_"]
        return self.shell.values(names) if self.job.trusted else {}

    def _run(self) -> int:
        return run(self._command, self.pipe, {})

    def _program(self) -> str:
        name = self.spec.env.shell
        found = shutil.which(name, path=self.job.path) or shutil.which(name)
        if not found:
            raise ShellMissing(f"env: shell: there is no {name} on this machine")
        return found

    def _add_programs(self) -> None:
        tool = self.directory.programs / "codebuild-hash-files"
        tool.parent.mkdir(exist_ok=True)
        tool.write_text(cache.HASH_FILES)
        tool.chmod(0o755)
        self.directory.post_build.write_bytes(TEXT)

    def _restore_cache(self) -> None:
        wanted = self.spec.cache
        if wanted and wanted.restores and self.uses_cache:
            fallback = [self.shell.expand(key) for key in wanted.fallback_keys]
            cache.restore(wanted, self.shell.expand(wanted.key), fallback, self.cache_location, self.log.say)

    @property
    def uses_cache(self) -> bool:
        """Code from outside could leave a trap there for the builds of others."""
        return self.job.trusted

    @property
    def cache_location(self) -> cache.Location:
        folder: Path = self.directory.home / "cache" / self.job.repository
        return cache.Location(folder, self.source, self.directory.user_home)
