"""A run's directory: what it was told, who is alive, which phase it is in, how it ended."""

import fcntl
import os
import re
import struct
from pathlib import Path

LOCK = 3
"""The file descriptor on which a supervisor is handed the lock of its run."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
_WHOLE_FILE = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)


class RunDirectory:
    """The files of one run.

    The lock is held from before the supervisor exists until after everything of the run is gone. It
    belongs to the open file, not to a process (F_OFD_SETLK), so that the one who starts a supervisor can
    take it and hand it on: there is no moment at which a run is neither locked nor ended.
    """

    def __init__(self, home: Path, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of a run")
        self.home = home
        self.name = name
        self.path = home / "runs" / name
        self.job = self.path / "job.json"
        self.log = self.path / "log"
        self.result = self.path / "result.json"
        self._stop = self.path / "stop"
        self.source = self.path / "source"
        self.user_home = self.path / "home"
        self.shell = self.path / "shell"
        self.programs = self.shell / "bin"
        self.post_build = self.shell / "post_build.sh"
        self.temp = self.path / "temp"
        self.pristine = self.path / "pristine"
        self.artifacts = self.path / "artifacts"
        self.reports = self.path / "reports"
        self.published = self.path / "published"

    @property
    def exists(self) -> bool:
        return self.job.exists()

    def create(self) -> None:
        """Others may pass through, as a build's run-as user has to, and see nothing but what they know by name."""
        for path in (self.home, self.path.parent, self.path):
            path.mkdir(parents=True, exist_ok=True, mode=0o711)

    def write(self, name: str, content: bytes) -> None:
        """Replace a file as a whole: after a crash it has the old content or the new one."""
        temporary = self.path / f".{name}.{os.getpid()}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path / name)

    def read(self, name: str) -> bytes:
        """A file's content; empty if there is none."""
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return b""

    @property
    def phase(self) -> str:
        return self.read("phase").decode()

    def enter(self, phase: str) -> None:
        self.write("phase", phase.encode())

    @property
    def is_ended(self) -> bool:
        return self.result.exists()

    def end(self, result: bytes) -> None:
        self.write(self.result.name, result)

    @property
    def is_stopping(self) -> bool:
        return self._stop.exists()

    def ask_to_stop(self) -> None:
        self.write(self._stop.name, b"")

    def take_lock(self) -> int | None:
        """The file descriptor that holds the lock, or None if somebody else has it."""
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _WHOLE_FILE)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    @property
    def is_locked(self) -> bool:
        """Whether somebody holds the lock. Asking takes nothing, so it is in nobody's way."""
        try:
            descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            answer = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, _WHOLE_FILE)
        finally:
            os.close(descriptor)
        return bool(struct.unpack_from("h", answer)[0] != fcntl.F_UNLCK)
