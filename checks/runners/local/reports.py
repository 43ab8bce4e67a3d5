"""The test reports that a build left behind: which files they are, and what is in them."""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from checks.buildspec import READABLE_REPORTS, ReportGroup
from checks.runners.local import pattern

MOST_BYTES = 64 * 1024 * 1024
"""Of all report files of a build together; beyond it they are not read."""


def collect(groups: tuple[ReportGroup, ...], source: Path, say: Callable[[str], None]) -> list[tuple[str, bytes]]:
    """Names, relative to the source, and contents of the report files that can be read."""
    found: dict[str, bytes] = {}
    left = MOST_BYTES
    for group in groups:
        if group.format not in READABLE_REPORTS:
            say(f"Report {group.name}: {group.format} is not read here")
            continue
        paths = list(_paths(group, source))
        say(f"Report {group.name}: {len(paths)} file(s)" if paths else f"Report {group.name}: no matching files found")
        for path in paths:
            try:
                left -= path.stat().st_size
                if left < 0:
                    say(f"Report {group.name}: more than {MOST_BYTES} bytes; the rest is not read")
                    return list(found.items())
                name = os.fsencode(path.relative_to(source)).decode(errors="replace")  # it may be no text at all
                found[name] = path.read_bytes()
            except OSError as error:
                say(f"Report {group.name}: {path.name} cannot be read: {error.strerror}")
    return list(found.items())


def keep(files: Iterable[tuple[str, bytes]], into: Path) -> None:
    """Put the files where they outlive the source, below the same names."""
    for name, content in files:
        path = into / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _paths(group: ReportGroup, source: Path) -> Iterator[Path]:
    for base in pattern.folders(source, group.base_directory):
        for name in pattern.files(base, group.files):
            path = base / name
            if path.is_file() and pattern.is_inside(path, source):
                yield path
