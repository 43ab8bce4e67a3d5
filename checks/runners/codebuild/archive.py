"""GitHub's archive of a commit as CodeBuild wants it: without the folder that everything is in."""

import base64
import hashlib
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from checks.errors import Permanent, Transient

MOST_BYTES = 8 * 1024**3
MOST_FILES = 500_000
_FIRST = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip file can tell: nothing in it depends on when it was made."""


def repack(given: Path, into: Path) -> str:
    """Write the archive that a build gets, and return its SHA-256 in base64, as S3 compares it.

    What is executable stays so and links stay links, as far as the modes in GitHub's archive tell. A name that
    leads out of the folder is refused.
    """
    try:
        with zipfile.ZipFile(given) as source, zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as target:
            for entry, name in _entries(source):
                _copy(source, entry, target, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise Permanent(f"GitHub's archive of the commit cannot be read: {error}") from None
    except OSError as error:
        raise Transient(f"This machine cannot keep the archive of the commit: {error.strerror}") from None
    with into.open("rb") as file:
        return base64.b64encode(hashlib.file_digest(file, "sha256").digest()).decode()


def _entries(source: zipfile.ZipFile) -> Iterator[tuple[zipfile.ZipInfo, str]]:
    listed = source.infolist()
    if len(listed) > MOST_FILES or sum(entry.file_size for entry in listed) > MOST_BYTES:
        raise Permanent(
            f"The commit is too large for an archive (more than {MOST_FILES} files or {MOST_BYTES // 1024**3} GiB); "
            "say CODEBUILD_SOURCE=secret"
        )
    for entry in listed:
        if name := _inside(entry.filename):
            yield entry, name


def _inside(name: str) -> str:
    """The name without its first folder; empty for that folder itself."""
    parts = PurePosixPath(name).parts
    if name.startswith("/") or "\\" in name or "\0" in name or ".." in parts:
        raise Permanent(f"GitHub's archive of the commit has a file outside of its folder: {name!r}")
    rest = "/".join(parts[1:])
    return f"{rest}/" if rest and name.endswith("/") else rest


def _copy(source: zipfile.ZipFile, entry: zipfile.ZipInfo, target: zipfile.ZipFile, name: str) -> None:
    copy = zipfile.ZipInfo(name, date_time=_FIRST)
    copy.create_system = 3  # Unix: only then are the modes read
    copy.external_attr = _mode(entry) << 16 | (0x10 if entry.is_dir() else 0)
    copy.compress_type = zipfile.ZIP_DEFLATED
    copy.file_size = entry.file_size
    if entry.is_dir():
        target.writestr(copy, b"")
        return
    with source.open(entry) as old, target.open(copy, "w") as new:
        shutil.copyfileobj(old, new, 1024 * 1024)


def _mode(entry: zipfile.ZipInfo) -> int:
    """Git knows folders, links, and files that are executable or not."""
    mode = entry.external_attr >> 16
    if stat.S_ISLNK(mode):
        return stat.S_IFLNK | 0o777
    if entry.is_dir():
        return stat.S_IFDIR | 0o755
    return stat.S_IFREG | (0o755 if mode & stat.S_IXUSR else 0o644)
