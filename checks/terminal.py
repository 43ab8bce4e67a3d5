"""What a program wrote for a terminal, as plain text."""

import re

# ECMA-48: an operating system command, device control string or the like until its terminator (or the end of its
# line, if it has none), a control sequence, any other escape.
_ESCAPE = re.compile(
    r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|\x1b[ -/]*[0-~]?"
)
# Controls without a shape, and the marks that let text read otherwise than it is: https://trojansource.codes
_UNSEEN = dict.fromkeys(
    [*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)


def plain_text(output: str) -> str:
    """Without colours and control characters; of a line that overwrote itself, what it said last."""
    encodable = output.encode("utf-8", "replace").decode("utf-8")
    visible = _ESCAPE.sub("", encodable).translate(_UNSEEN)
    return "\n".join(map(_overwritten, visible.split("\n"))) if "\r" in visible else visible


def _overwritten(line: str) -> str:
    return next((part for part in reversed(line.split("\r")) if part), "")
