"""A shell whose variables and working directory survive from command to command, one process each.

That is how CodeBuild 0.2 behaves: each command is a script with three lines before it, so that errors say
"line 4"; when the script ends it leaves its variables, exported or not, for the next. Functions, arrays and
options do not survive.
"""

import contextlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

# set +eux and the braces keep a user's `set -e`, `-u` or `-x` away from our own lines; `>|` beats `set -C`.
LEAVE = (
    """trap '{ __status=$?; set +eux; } 2>/dev/null; pwd >|"$__folder"/cwd; %sset >|"$__folder"/variables; """
    """export -p >|"$__folder"/exported; exit $__status' EXIT"""
)

OWN = re.compile(
    r"__folder|__status|_|BASH.*|DIRSTACK|EPOCH.*|EUID|FUNCNAME|GROUPS|HISTCMD|IFS|LINENO|OLDPWD|OPTARG|OPTERR|OPTIND|PIPESTATUS"
    r"|POSIXLY_CORRECT|PPID|PS[0-4]|PWD|RANDOM|SECONDS|SHELLOPTS|SHLVL|SRANDOM|UID|COLUMNS|LINES|HOSTTYPE|MACHTYPE|OSTYPE"
)
"""Variables that every shell has of its own: they are not the command's."""

_ASSIGNMENT = re.compile(rb"([A-Za-z_][A-Za-z0-9_]*)=")
_EXPORT = re.compile(rb"(?:export|declare -\w*x\w*) ([A-Za-z_][A-Za-z0-9_]*)")
_PIECE = re.compile(rb"\$'(?:[^'\\]++|\\.)*+'|'[^']*+'|\"(?:[^\"\\]++|\\.)*+\"|\\.|[^\n'\"\\$]++|\$", re.DOTALL)
"""Possessive, as commands may leave megabytes of it: nothing is remembered to come back to."""

MOST_LEFT = 16 * 1024 * 1024

SCRIPT = "script.sh"
"""The file that holds the present command, in the shell's folder."""

Run = Callable[[], int]
"""Runs the script and returns its status."""


class Shell:
    """`folder` holds the scripts, which commands need not be able to change, and `folder/left` what they leave.

    Commands may be hostile: what they leave is never followed out of that folder. `run` has the program
    run the script where commands run, which may be a sandbox.
    """

    def __init__(self, program: str, folder: Path, directory: Path, variables: Mapping[str, str], run: Run) -> None:
        self.program = program
        self._folder = folder
        self._answers = folder / "left"
        self._environment = folder / "env.sh"
        self._directory = directory
        self._run = run
        self._variables = {name: _quoted(value) for name, value in variables.items()}
        self._exported = set(variables)
        self._cwd = os.fsencode(directory)
        self._left: tuple[bytes, bytes] = (b"", b"")
        self._write_environment()

    def set(self, name: str, value: str) -> None:
        self._variables[name] = _quoted(value)
        self._exported.add(name)
        self._left = (b"", b"")
        self._write_environment()

    def execute(self, command: str, *, run: Run | None = None, keep: bool = True) -> int:
        """Run a command; unless `keep`, nothing of what it sets is there for the next."""
        for name in ("cwd", "variables", "exported"):
            self._forget(name)
        _write(self._folder / SCRIPT, self._prelude(keep) + command.encode(errors="surrogateescape") + b"\n")
        status = (run or self._run)()
        if keep:
            self._take_over()
        return status

    def values(self, names: Iterable[str]) -> dict[str, str]:
        """The present values of those of the variables that are set."""
        wanted = [name for name in names if name in self._variables]
        printed = " ".join(f'"${{{name}-}}"' for name in wanted)
        values = self._ask(f"printf '%s\\0' {printed}").split(b"\0") if wanted else []
        return {name: value.decode(errors="replace") for name, value in zip(wanted, values, strict=False)}

    def expand(self, expression: str) -> str:
        """What the shell makes of an expression such as `v-$CODEBUILD_BUILD_ID` or `$(date +%s)`."""
        return self._ask(f'printf %s "{expression}"').decode(errors="replace")

    def _ask(self, command: str) -> bytes:
        self._forget("answer")
        self.execute(f'{command} >"$__folder"/answer', keep=False)
        return self._read("answer") or b""

    def _forget(self, name: str) -> None:
        with contextlib.suppress(OSError):
            (self._answers / name).unlink()

    def _read(self, name: str) -> bytes | None:
        try:
            descriptor = os.open(self._answers / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
            return file.read(MOST_LEFT) if is_file else None

    def _prelude(self, keep: bool) -> bytes:
        posix = "set -o posix; " if Path(self.program).name == "bash" else ""
        leave = (LEAVE % posix).encode() if keep else b""
        return b"\n".join([b". " + _quoted(str(self._environment)), b"cd " + _quoted_bytes(self._cwd), leave, b""])

    def _take_over(self) -> None:
        cwd, variables, exported = map(self._read, ("cwd", "variables", "exported"))
        if cwd is None or variables is None or exported is None:
            return
        self._cwd = cwd.removesuffix(b"\n") or self._cwd
        left = (variables, exported)
        if left == self._left:
            return
        self._left = left
        self._variables = {
            name: word for name, word in assignments(left[0]) if not OWN.fullmatch(name) and not word.startswith(b"(")
        }
        self._exported = {match[1].decode() for match in _statements(left[1])} & self._variables.keys()
        self._write_environment()

    def _write_environment(self) -> None:
        lines = [b"__folder=" + _quoted(str(self._answers)) + b"\n"]
        lines += [name.encode() + b"=" + word + b"\n" for name, word in sorted(self._variables.items())]
        names = " ".join(sorted(self._exported)).encode()
        _write(self._environment, b"".join(lines) + (b"export " + names + b"\n" if names else b""))


def assignments(listing: bytes) -> Iterator[tuple[str, bytes]]:
    """The names and quoted words of a `set` listing, read by quotes and not by lines.

    A value of several lines may hold one that looks like an assignment.
    """
    at = 0
    while at < len(listing):
        name = _ASSIGNMENT.match(listing, at)
        start = name.end() if name else at
        end = _end_of_word(listing, start)
        if name:
            yield name[1].decode(), listing[start:end]
        at = end + 1


def _statements(listing: bytes) -> Iterator[re.Match[bytes]]:
    at = 0
    while at < len(listing):
        if match := _EXPORT.match(listing, at):
            yield match
        at = _end_of_word(listing, at) + 1


def _end_of_word(listing: bytes, at: int) -> int:
    while piece := _PIECE.match(listing, at):
        at = piece.end()
    return at


def _write(path: Path, content: bytes) -> None:
    """A new file each time: ext4 flushes a file that was truncated, which takes longer than a command."""
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def _quoted(value: str) -> bytes:
    return _quoted_bytes(value.encode(errors="surrogateescape"))


def _quoted_bytes(value: bytes) -> bytes:
    return b"'" + value.replace(b"'", b"'\\''") + b"'"
