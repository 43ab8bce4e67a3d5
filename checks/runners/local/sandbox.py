"""A sandbox for builds of code that nobody vouches for: Bubblewrap around all commands of a run.

Inside there is a read-only system, the run's own source, home and /tmp, no network, no process of
anybody else, and a user without rights. One sandbox lasts for the whole run, so that background jobs
and /tmp survive from command to command: a small shell in it runs what it is asked to.
"""

import os
import re
import resource
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from checks.runners.local.directory import RunDirectory
from checks.runners.local.process import Pipe

USER = 60_000
"""Whom commands run as when the runner is root. Belongs to nobody on Debian (60000-64999 is unassigned)."""

LIMITS = {"nproc": 4096, "nofile": 4096, "core": 0, "fsize": 16 * 1024**3}

SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
SETTINGS = (
    *("alternatives", "ca-certificates", "ca-certificates.conf", "group", "hosts", "ld.so.cache", "ld.so.conf"),
    *("ld.so.conf.d", "localtime", "mime.types", "nsswitch.conf", "passwd", "pki", "python3", "ssl", "timezone"),
)

OPTIONAL = Path("/opt")

AGENT = 'echo ready; while read -r _; do "$1" "$2" </dev/null >&2; echo $?; done'

STATUS = re.compile(r"[0-9]{1,3}", re.ASCII)
LONGEST_ANSWER = 64

MISSING = (
    "it has no sandbox for code from outside; whoever runs Interlock installs bubblewrap there "
    "(Debian, Ubuntu: apt-get install bubblewrap)"
)


class SandboxError(Exception):
    """There is no sandbox to be had; the text says what to do."""


def find_bubblewrap() -> str:
    """The program that makes sandboxes. Raises SandboxError where there is none."""
    bwrap = shutil.which("bwrap")
    if not bwrap:
        raise SandboxError(MISSING)
    return bwrap


class Sandbox:
    """Runs `command`, a program and its argument, as often as it is asked to."""

    def __init__(self, run: RunDirectory, command: tuple[str, str], pipe: Pipe, search_path: str) -> None:
        bwrap = find_bubblewrap()
        self._pipe = pipe
        if os.geteuid() == 0:
            _give((run.source, run.user_home, run.temp, run.shell / "left"))
        asked, self._ask = os.pipe()
        self._answers, answer = os.pipe()
        self._process = subprocess.Popen(  # noqa: S603  a runner runs commands
            [*_bubblewrap(bwrap, run, search_path), *_limited(), "/bin/sh", "-c", AGENT, "agent", *command],
            stdin=asked,
            stdout=answer,
            stderr=pipe.writer,
            env={},  # what bwrap has in its environment, /proc/1/environ shows inside
            start_new_session=True,
        )
        os.close(asked)
        os.close(answer)
        if self._answer() != "ready":
            raise SandboxError("the sandbox does not start on this machine; what bwrap says is in the log")

    def run(self) -> int:
        """Run the command to its end, and return its status."""
        os.write(self._ask, b"\n")
        answer = self._answer()
        return int(answer) if STATUS.fullmatch(answer) else 137

    def _answer(self) -> str:
        """A line of the agent's, which commands may have written in its stead; empty if the sandbox has ended."""
        line = b""
        while not line.endswith(b"\n") and len(line) < LONGEST_ANSWER:
            self._pipe.follow(self._answers)
            if not (piece := os.read(self._answers, 64)):
                return ""
            line += piece
        return line.decode(errors="replace").strip()


def _bubblewrap(bwrap: str, run: RunDirectory, search_path: str) -> list[str]:
    """What is in `/opt` and `/usr/src` may be the App itself, with its database and keys."""
    arguments = [bwrap, "--die-with-parent", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    arguments += ["--unshare-cgroup-try", "--hostname", "build", "--ro-bind", "/usr", "/usr"]
    arguments += ["--tmpfs", "/usr/src"] if Path("/usr/src").is_dir() else []
    for name in SYSTEM:
        path = Path("/", name)
        if path.is_symlink():
            arguments += ["--symlink", str(path.readlink()), str(path)]
        else:
            arguments += ["--ro-bind-try", str(path), str(path)]
    arguments += ["--perms", "0755", "--dir", "/etc"]
    for name in SETTINGS:
        arguments += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    for folder in _optional(search_path):
        arguments += ["--ro-bind", str(folder), str(folder)]
    if run.home.is_relative_to("/usr") or run.home.is_relative_to(OPTIONAL):
        arguments += ["--tmpfs", str(run.home)]
    arguments += ["--proc", "/proc", "--dev", "/dev"]
    arguments += ["--bind", str(run.temp), "/tmp"]  # noqa: S108  its own
    for path in (*reversed(run.path.parents[:-1]), run.path):  # else Bubblewrap makes them for root only
        arguments += [] if path == Path("/tmp") else ["--perms", "0755", "--dir", str(path)]  # noqa: S108
    arguments += ["--ro-bind", str(run.shell), str(run.shell)]
    for path in (run.shell / "left", run.source, run.user_home):
        arguments += ["--bind", str(path), str(path)]
    if os.geteuid() != 0:
        arguments += ["--unshare-user", "--uid", str(USER), "--gid", str(USER)]
    arguments += ["--remount-ro", "/"]  # it is memory, and belongs to the user inside where the runner is not root
    return [*arguments, "--chdir", str(run.source), "--"]


def _optional(search_path: str) -> Iterable[Path]:
    """Of `/opt`, what the search path names."""
    for folder in map(Path, search_path.split(os.pathsep)):
        if folder.is_relative_to(OPTIONAL) and folder != OPTIONAL and folder.is_dir():
            yield OPTIONAL / folder.relative_to(OPTIONAL).parts[0]


def _limited() -> list[str]:
    """Lower limits, and no way back to rights. Without root, the user namespace has taken all rights already."""
    limits = [f"--{name}={_at_most(name, value)}" for name, value in LIMITS.items()]
    drop = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--no-new-privs"]
    drop += ["--bounding-set=-all", "--inh-caps=-all"]
    return ["/usr/bin/prlimit", *limits, *(drop if os.geteuid() == 0 else [])]


def _at_most(name: str, value: int) -> int:
    hard = resource.getrlimit(getattr(resource, f"RLIMIT_{name.upper()}"))[1]
    return value if hard == resource.RLIM_INFINITY else min(value, hard)


def _give(paths: Iterable[Path]) -> None:
    """Make the sandbox's user the owner of everything below these paths; links are not followed."""
    for path in paths:
        os.lchown(path, USER, USER)
        for folder, folders, files in os.walk(path):
            for name in (*folders, *files):
                os.lchown(os.path.join(folder, name), USER, USER)  # noqa: PTH118  a hundred thousand of them
