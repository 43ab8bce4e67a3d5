"""A zip of a release: that it is what was published, and that what is in it stays in its place."""

import errno
import stat
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path, PurePosixPath
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from deploy.target import Refused

LARGEST = 2 << 30
"""Bytes, unpacked."""

MOST_FILES = 20_000
ENCRYPTED = 0x1
"""https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.4.4"""


@contextmanager
def opened(path: Path, digest: str) -> Iterator[ZipFile]:
    """The zip with exactly this digest (`sha256:…`); while it is read, what is wrong with it is refused."""
    with path.open("rb") as file:
        found = f"sha256:{file_digest(file, 'sha256').hexdigest()}"
    if found != digest:
        raise Refused(f"the zip has the digest {found}, and {digest} was published: nothing was deployed")
    try:
        with ZipFile(path) as archive:
            yield archive
    except (BadZipFile, EOFError, NotImplementedError, UnicodeError, zlib.error) as error:
        raise _unreadable(error) from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # which it is to look for something before the beginning of a file
            raise
        raise _unreadable(error) from error


def files(archive: ZipFile) -> list[ZipInfo]:
    """The files of it, by name; refuses what would be written elsewhere, twice, or without end."""
    infos = sorted((info for info in archive.infolist() if not info.is_dir()), key=lambda info: info.filename)
    for info in infos:
        if why := _why_not(info):
            raise Refused(f"the zip has a file {info.orig_filename!r}, {why}: nothing was deployed")
    _refuse_clashes([info.filename for info in infos])
    if len(infos) > MOST_FILES:
        raise Refused(f"the zip has {len(infos)} files, and {MOST_FILES} are the most: nothing was deployed")
    size = sum(info.file_size for info in infos)
    if size > LARGEST:
        raise Refused(f"the zip has {size} bytes unpacked, and {LARGEST} are the most: nothing was deployed")
    if not infos:
        raise Refused("the zip is empty: nothing was deployed")
    return infos


def _unreadable(error: Exception) -> Refused:
    return Refused(f"what was published is not a zip that can be read ({error}): let the build mend it")


def _why_not(info: ZipInfo) -> str:
    name = info.orig_filename  # as it is in the zip: `filename` ends where a NUL is
    kind = stat.S_IFMT(info.external_attr >> 16)
    if not name.isprintable() or "\\" in name or ":" in name:
        return "whose name is not safe everywhere"
    if name.startswith("/") or any(part in ("", ".", "..") for part in name.split("/")):
        return "which would be written outside of its place"
    if kind not in (0, stat.S_IFREG):
        return "which is no plain file"
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):  # others may ask for gigabytes of memory
        return "which is packed in a way that not everybody unpacks"
    return "which is encrypted" if info.flag_bits & ENCRYPTED else ""


def _refuse_clashes(names: list[str]) -> None:
    folders = {str(parent) for name in names for parent in PurePosixPath(name).parents}
    for name, count in Counter(names).items():
        if count > 1 or name in folders:
            raise Refused(f"the zip has {name!r} twice: nothing was deployed")
