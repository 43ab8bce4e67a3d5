"""Where something lies in a JSON document: `$.version`, `$.parts[0].name`, `$["a key"]`; the least of RFC 9535."""

import re
from typing import Any

_STEP = re.compile(r"""\.([A-Za-z_][\w-]*)|\[(\d{1,6})\]|\["([^"\\]*)"\]|\['([^'\\]*)'\]""", re.ASCII)


class Nothing(Exception):
    """There is nothing at this path."""


def steps(path: str) -> tuple[str | int, ...]:
    """Keys and indices from the root on; raises ValueError."""
    if not path.startswith("$"):
        raise ValueError(f"{path!r} is no JSON path: it begins with $, such as $.version or $.parts[0].name")
    at, found = 1, []
    while at < len(path):
        step = _STEP.match(path, at)
        if not step:
            raise ValueError(f"{path!r}: {path[at:]!r} is not understood; .key, [0] and ['a key'] are")
        index = step[2]
        found.append(next(each for each in step.groups() if each is not None) if index is None else int(index))
        at = step.end()
    return tuple(found)


def at(document: Any, path: str) -> Any:
    """What is there; raises `Nothing`."""
    for step in steps(path):
        try:
            fits = isinstance(document, list if isinstance(step, int) else dict)
            document = document[step] if fits else _nothing(path)
        except (KeyError, IndexError):
            _nothing(path)
    return document


def _nothing(path: str) -> Any:
    raise Nothing(path)
