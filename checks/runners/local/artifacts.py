"""What a build made and wants kept: copied into the run's directory, never from outside the source."""

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

from checks.buildspec import Artifacts
from checks.runners.local import pattern
from checks.runners.local.pattern import is_inside


class ArtifactError(Exception):
    """Nothing to keep where something was promised."""


def keep(spec: Artifacts, source: Path, into: Path, say: Callable[[str], None]) -> int:
    """Copy what the artifacts of a buildspec name into folders of `into`; returns how many files."""
    count = 0
    for artifact in (*([spec] if spec.files else []), *spec.secondary):
        say(f"Expanding base directory path: {artifact.base_directory or '.'}")
        count += _keep_one(artifact, source, into / (artifact.identifier or "primary"), say)
    return count


def _keep_one(spec: Artifacts, source: Path, into: Path, say: Callable[[str], None]) -> int:
    for path in (spec.base_directory, *spec.files):
        if pattern.leaves(path):
            say(f"Skipping {path}: it is outside of the source directory")
    bases = pattern.folders(source, spec.base_directory)
    if not bases:
        raise ArtifactError(f"no matching base directory path found for {spec.base_directory}")
    count = 0
    for base in bases:
        for name in pattern.files(base, spec.files, spec.exclude_paths):
            target = into / (Path(name).name if spec.discard_paths else name)
            try:
                count += _copy(base / name, target, (source, into), as_link=spec.enable_symlinks)
            except OSError as error:
                shown = os.fsencode(name).decode(errors="replace")
                raise ArtifactError(f"{shown} cannot be kept: {error.strerror}") from None
    if not count:
        raise ArtifactError(f"no matching artifact paths found for {', '.join(spec.files)}")
    say(f"Found {count} file(s)")
    return count


def _copy(origin: Path, target: Path, roots: tuple[Path, Path], *, as_link: bool) -> bool:
    """Copy a regular file, or a link that stays inside the source as a link or as the file that it points to.

    What a link says may lead elsewhere from the artifact than it did in the source, and a link that another
    base directory brought may be on the way to the target: neither may lead out of the artifact.
    """
    source, into = roots
    if not is_inside(origin, source) or not is_inside(target.parent, into):
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    if origin.is_symlink() and as_link and is_inside(target.parent / origin.readlink(), into):
        if not os.path.lexists(target):
            target.symlink_to(origin.readlink())
        return True
    if not origin.exists() or not stat.S_ISREG(origin.stat().st_mode):
        return False
    if target.is_symlink():
        target.unlink()
    shutil.copy2(origin, target)
    return True
