"""A test report in JUnit's XML, as some twenty tools write it, read as a list of cases.

There is no standard; what is read here is what they have in common: https://github.com/testmoapp/junitxml
The file comes from the build, so it is read as a stream, without document types or entities, within bounds.
"""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from math import isfinite
from xml.parsers import expat

from msgspec import Struct

LARGEST_FILE = 32 * 1024 * 1024
DEEPEST = 100
MOST_CASES = 200_000
_CHUNK = 64 * 1024

_CONTROLS = bytes({*range(0x20)} - set(b"\t\n\r"))
"""Colours and the like: not allowed in XML, yet some reporters write them. Only UTF-16 and -32 need the zero."""

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*encoding\s*=\s*["'](?!utf-?8["'])""", re.IGNORECASE)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Unreadable(Exception):
    """The file is no report that we read; the message says why."""


class Ending(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    ERRORED = "errored"
    SKIPPED = "skipped"


# Surefire's flakyFailure and flakyError passed in the end, its rerunFailure only repeats a failure.
_PROBLEMS = {"failure": Ending.FAILED, "error": Ending.ERRORED}
_OUTPUTS = ("system-out", "system-err")
_NOT_RUN = {"notrun", "disabled", "suppressed", "skipped", "ignored", "pending"}


class Case(Struct, frozen=True, kw_only=True):
    """A test as its report has it: paths, lines and texts are raw, `line` is a string."""

    name: str
    group: str
    ending: Ending
    seconds: float
    message: str = ""
    details: str = ""
    output: str = ""
    file: str = ""
    line: str = ""


def read(data: bytes) -> tuple[Case, ...]:
    """All cases of a report, in its order. Raises Unreadable."""
    if len(data) > LARGEST_FILE:
        raise Unreadable(f"larger than {LARGEST_FILE // 1024**2} MiB")
    if not data.strip():
        raise Unreadable("empty")
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    text = _mended(data)
    try:
        for at in range(0, len(text), _CHUNK):
            parser.Parse(text[at : at + _CHUNK], False)  # in pieces, so that a refusal stops it at once
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Unreadable(f"not well-formed (line {error.lineno})") from None
    except (LookupError, ValueError):
        raise Unreadable("its encoding is unknown") from None
    return tuple(reader.cases)


def _mended(data: bytes) -> bytes:
    """Without control characters and halves of characters, if it is in UTF-8 as nearly all reports are."""
    if b"\0" in data[:4] or data[:2] in (b"\xff\xfe", b"\xfe\xff") or _DECLARED.match(data[:200]):
        return data
    text = data.removeprefix(_BYTE_ORDER_MARK).lstrip().translate(None, _CONTROLS).decode("utf-8", "replace")
    return text.replace("\ufffe", "").replace("\uffff", "").encode()


def _refuse(*_: object) -> None:
    raise Unreadable("it declares a document type, which is not read")


class _Reader:
    """Follows the elements; a case is finished where its element ends."""

    def __init__(self) -> None:
        self.cases: list[Case] = []
        self._open: list[tuple[str, Mapping[str, str]]] = []
        self._texts: dict[str, list[str]] = {}
        self._problem: tuple[Ending, Mapping[str, str]] | None = None
        self._skipped = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if not self._open and tag not in ("testsuites", "testsuite"):
            raise Unreadable(f"not a JUnit report (it is <{tag[:40]}>)")
        if len(self._open) >= DEEPEST:
            raise Unreadable(f"more than {DEEPEST} elements within one another")
        self._open.append((tag, attributes))
        if tag == "testcase":
            self._forget()
        elif tag in _PROBLEMS and self._parent() in ("testcase", "testsuite") and not self._problem:
            self._problem = _PROBLEMS[tag], attributes
        elif tag == "skipped" and self._parent() == "testcase":
            self._skipped = True

    def text(self, data: str) -> None:
        tag = self._open[-1][0]
        if (tag in _PROBLEMS or tag in _OUTPUTS) and self._parent() in ("testcase", "testsuite"):
            self._texts.setdefault(tag, []).append(data)

    def end(self, tag: str) -> None:
        tag, attributes = self._open.pop()
        if tag == "testcase":
            self._finish(attributes, self._ending(attributes))
        elif tag in _PROBLEMS and self._open[-1][0] == "testsuite" and self._problem:
            self._finish({}, self._problem[0])
        elif tag == "testsuite":
            self._forget()

    def _parent(self) -> str:
        return self._open[-2][0] if len(self._open) > 1 else ""

    def _forget(self) -> None:
        self._texts, self._problem, self._skipped = {}, None, False

    def _ending(self, attributes: Mapping[str, str]) -> Ending:
        if self._problem:
            return self._problem[0]
        not_run = {attributes.get("status", "").lower(), attributes.get("result", "").lower()} & _NOT_RUN
        return Ending.SKIPPED if self._skipped or not_run else Ending.PASSED

    def _finish(self, attributes: Mapping[str, str], ending: Ending) -> None:
        if len(self.cases) >= MOST_CASES:
            raise Unreadable(f"more than {MOST_CASES} tests")
        suites = [of for tag, of in self._open if tag == "testsuite"]
        suite = suites[-1].get("name", "") if suites else ""
        problem = self._problem[1] if self._problem else {}
        files = (of.get("file") or of.get("filepath") or "" for of in (attributes, *reversed(suites)))
        self.cases.append(
            Case(
                name=attributes.get("name") or suite,
                group=attributes.get("classname") or suite,
                ending=ending,
                seconds=_seconds(attributes.get("time", "")),
                message=problem.get("message") or "",
                details=self._text_of(_PROBLEMS),
                output=self._text_of(_OUTPUTS) if self._problem else "",
                file=next(filter(None, files), ""),
                line=attributes.get("line") or attributes.get("lineno") or "",
            )
        )
        self._forget()

    def _text_of(self, tags: Iterable[str]) -> str:
        return "".join(part for tag in tags for part in self._texts.get(tag, ()))


def _seconds(text: str) -> float:
    """Surefire writes thousands as `1,234.5` in some locales."""
    try:
        seconds = float(text.replace(",", ""))
    except ValueError:
        return 0.0
    return max(0.0, seconds) if isfinite(seconds) else 0.0
