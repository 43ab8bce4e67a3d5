"""What an address answered over HTTP, and what of it is not as expected, as what follows its name in a sentence."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from checks.change import short
from deploy.json_path import Nothing, at
from deploy.version import Version

SHORTEST_SHA = 7
LONGEST_SHOWN = 60


class Answer(Struct, frozen=True, kw_only=True):
    """`headers` by names in lower case; `body` is its beginning, and `cut` says that there was more."""

    status: int
    headers: dict[str, str] = {}
    body: bytes = b""
    cut: bool = False

    def without(self, text: str) -> str:
        return "" if text in self.body.decode(errors="replace") else f"does not say {shown(text)}"

    def other_values(self, expected: Mapping[str, Any]) -> str:
        """The first JSON path whose value is another one."""
        for path, value in expected.items():
            found, why = self.value(path)
            if why or found != value or isinstance(found, bool) is not isinstance(value, bool):
                return why or f"says {path} is {shown(found)} instead of {shown(value)}"
        return ""

    def value(self, path: str) -> tuple[Any, str]:
        """What is at a JSON path, or why nothing is."""
        if self.cut:
            return None, f"answers more than {len(self.body) >> 10} KiB, too much to look into"
        try:
            return at(msgspec.json.decode(self.body), path), ""
        except Nothing:
            return None, f"has no {path} in its answer"
        except (ValueError, RecursionError):
            return None, "does not answer JSON"


def is_version(told: Any, version: Version) -> bool:
    """Whether something calls itself this version: by commit (seven digits do), by id, or as one of its artifacts."""
    if not isinstance(told, str):
        return False
    exports = [each.export for each in version.artifacts]
    names = {version.id, *(each.value for each in exports), *(each.tag for each in exports)}
    names |= {each.digest for each in version.artifacts}
    return told in names - {""} or (len(told) >= SHORTEST_SHA and version.sha.startswith(told.lower()))


def another_version(told: Any, version: Version) -> str:
    if is_version(told, version):
        return ""
    name = short(told) if isinstance(told, str) else shown(told)
    return f"still answers as {name or 'nothing'}, not as {short(version.sha)}"


def shown(value: Any) -> str:
    """A value as JSON, short enough for a sentence."""
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
