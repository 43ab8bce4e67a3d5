"""Where in the source a failure text points: the lines of a stack trace, the innermost first."""

import re
from collections.abc import Sequence

from msgspec import Struct

_EXTENSIONS = (
    "bats|cc|cjs|clj|cpp|cs|cts|cxx|c|dart|erl|exs|ex|fs|go|groovy|hpp|hs|h|java|jsx|js|jl|kts|kt|lua|mjs|mm|mts|m"
    "|php|pl|py|rb|rs|scala|sh|svelte|swift|tsx|ts|vb|vue|zig"
)
_IN_PATH = r"[^\s:\"'`()\[\]<>|,;=]"
# path.ext:12 of nearly everybody; path.ext", line 12 of Python and bats; path.ext:line 12 of .NET; path.ext(12) of C++.
# It begins where a path begins, so that a long word is looked at once.
_PLACE = re.compile(
    rf"(?<!{_IN_PATH})(?:file://)?(?P<path>(?:/?[A-Za-z]:(?=[\\/]))?{_IN_PATH}{{1,500}}\.(?:{_EXTENSIONS}))"
    r"(?::(?:line )?|\"?, line |\()(?P<line>[0-9]{1,7})(?![0-9])"
)
# A path with blanks is only understood where something else marks its ends.
_QUOTED = re.compile(r"File \"(?P<path>[^\"\n]{1,500})\", line (?P<line>[0-9]{1,7})")
_IN_PARENTHESES = re.compile(r"\((?:file://)?(?P<path>/[^()\n:]{1,500}):(?P<line>[0-9]{1,7}):[0-9]{1,7}\)")


class Frame(Struct, frozen=True):
    path: str
    line: int


def frames(text: str) -> Sequence[Frame]:
    """All places that the text names. Python prints the innermost last, all others first."""
    found = [match for pattern in (_QUOTED, _IN_PARENTHESES, _PLACE) for match in pattern.finditer(text)]
    named: list[Frame] = []
    end = -1
    for match in sorted(found, key=lambda match: match.start("path")):
        if match.start("path") > end and int(match["line"]) > 0:
            named.append(Frame(match["path"], int(match["line"])))
            end = match.end("path")
    return named[::-1] if any(frame.path.endswith(".py") for frame in named) else named
