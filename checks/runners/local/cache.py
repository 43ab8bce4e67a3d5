"""Files that builds of one repository leave for its later builds. Only trusted builds take part."""

import hashlib
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from checks.buildspec import Cache
from checks.runners.local import pattern

ROOT_HOME = "/root/"
"""CodeBuild's HOME: a path below it means the run's own home."""

HASH_FILES = """\
#!/bin/sh
# Prints one digest of the files that match the patterns: codebuild-hash-files '**/package-lock.json'
for pattern in "$@"; do
  find . -type f \\( -path "./$pattern" -o -path "./$(printf %s "$pattern" | sed 's|[*][*]/||g')" \\)
done | LC_ALL=C sort -u | while IFS= read -r file; do sha256sum "$file"; done | sha256sum | cut -d ' ' -f 1
"""
"""CodeBuild has such a program for keys of caches."""


class Location(Struct, frozen=True):
    """Where a repository's caches are, and what their paths are relative to."""

    folder: Path
    source: Path
    home: Path

    @property
    def roots(self) -> Mapping[str, Path]:
        """By the name under which an archive has them."""
        return {"source": self.source, "home": self.home}


def restore(cache: Cache, key: str, fallback: Sequence[str], location: Location, say: Callable[[str], None]) -> bool:
    """Unpack the entry with this key, else the newest whose key begins like a fallback key."""
    entry = _find(cache, key, fallback, location.folder)
    if entry is None:
        say("No cache entry found")
        return False
    try:
        count = _unpack(entry, location)
    except (OSError, tarfile.TarError) as error:
        say(f"The cache entry cannot be read and is thrown away: {error}")
        entry.unlink(missing_ok=True)
        return False
    say(f"Restored {count} file(s) from the cache")
    return True


def save(cache: Cache, key: str, location: Location, say: Callable[[str], None]) -> None:
    """Keep what the paths match. An entry with a key is never changed again."""
    entry = _entry(location.folder, cache, key)
    if key and entry.exists():
        say("The cache already has an entry with this key")
        return
    location.folder.mkdir(parents=True, exist_ok=True)
    temporary = location.folder / f".{entry.name}.{os.getpid()}"
    try:
        count = _pack(cache, location, temporary, say)
        temporary.replace(entry)
    except (OSError, tarfile.TarError) as error:
        say(f"The cache cannot be saved: {error}")
        temporary.unlink(missing_ok=True)
        return
    say(f"Saved {count} file(s) to the cache")


def _pack(cache: Cache, location: Location, into: Path, say: Callable[[str], None]) -> int:
    count = 0
    with tarfile.open(into, "w") as archive:
        for root, path in _wanted(cache, location, say):
            name = f"{root}/{path.relative_to(location.roots[root])}"
            archive.add(path, name, recursive=False)
            count += 1
    return count


def _wanted(cache: Cache, location: Location, say: Callable[[str], None]) -> Iterator[tuple[str, Path]]:
    for wanted in cache.paths:
        root, relative = _rooted(wanted, location)
        if pattern.leaves(relative):
            say(f"Skipping cache path {wanted}: it is outside of the source directory and of HOME")
            continue
        base = location.roots[root]
        whole = relative.rstrip("/") if (base / relative).is_dir() else ""
        for name in pattern.files(base, [f"{whole}/**/*" if whole else relative]):
            yield root, base / name


def _rooted(path: str, location: Location) -> tuple[str, str]:
    for begin in ("~/", "$HOME/", ROOT_HOME, f"{location.home}/"):
        if path.startswith(begin):
            return "home", path.removeprefix(begin)
    return "source", path.removeprefix(f"{location.source}/")


def _entry(folder: Path, cache: Cache, key: str) -> Path:
    """The version of an entry is a digest of its paths, so that other paths are another cache."""
    version = hashlib.sha256("\0".join(cache.paths).encode()).hexdigest()[:16]
    return folder / f"{version}-{key.encode().hex()[:200] or 'default'}.tar"


def _find(cache: Cache, key: str, fallback: Sequence[str], folder: Path) -> Path | None:
    entry = _entry(folder, cache, key)
    if entry.exists():
        return entry
    for begin in fallback if key else ():
        first = _entry(folder, cache, begin).name.removesuffix(".tar")
        found = sorted(folder.glob(f"{first}*.tar"), key=lambda path: path.stat().st_mtime_ns)
        if found:
            return found[-1]
    return None


def _unpack(entry: Path, location: Location) -> int:
    """Put files back, none of them through a link that leads out of its root."""
    roots = location.roots
    count = 0
    with tarfile.open(entry, "r:") as archive:
        for member in archive:
            name, _, relative = member.name.partition("/")
            target = roots[name] / relative
            if pattern.leaves(relative) or not pattern.is_inside(target.parent, roots[name]):
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(target):
                continue
            count += _put(archive, member, target)
    return count


def _put(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> bool:
    if member.issym():
        target.symlink_to(member.linkname)
        return True
    content = archive.extractfile(member) if member.isreg() else None
    if content is None:
        return False
    with target.open("xb") as file:
        shutil.copyfileobj(content, file)
    target.chmod(member.mode & 0o777)
    os.utime(target, (member.mtime, member.mtime))
    return True
