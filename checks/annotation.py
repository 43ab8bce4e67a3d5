"""A remark at lines of a file, as GitHub shows it on the commit and beside the change."""

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from checks.markdown import cut, one_line
from checks.secrets import mask
from checks.terminal import plain_text
from checks.test_report import FailedTest, Verdict

LONGEST_TITLE = 255
LONGEST_TEXT = 64_000
"""GitHub's 64 KB, counted in the smaller kilobyte and in bytes."""

LONGEST_PATH = 1_000
LAST_LINE = 2**31 - 1


class Annotation(Struct, frozen=True, kw_only=True):
    """A remark at lines of a file: `path` relative to the repository, lines from 1."""

    path: str
    start_line: int
    end_line: int
    title: str
    message: str
    level: str = "failure"
    raw_details: str = ""


def annotations(tests: Sequence[FailedTest]) -> tuple[Annotation, ...]:
    """One for each failing test that has a place, the most telling first: GitHub shows few at once.

    Failures come before errors, and a second one of a file only after the first ones of all files.
    """
    earlier: Counter[tuple[Verdict, str]] = Counter()
    ranked = []
    for number, test in enumerate(tests):
        path = annotated_path(test)
        if path:
            verdict = test.verdict
            ranked.append((verdict is not Verdict.FAILED, earlier[verdict, path], number, _annotation(test, path)))
            earlier[verdict, path] += 1
    return tuple(annotation for *_, annotation in sorted(ranked, key=lambda each: each[:3]))


def annotated_path(test: FailedTest) -> str | None:
    """The path, unless GitHub would refuse the whole check because of it."""
    path = test.path or ""
    fits = path.isprintable() and "\\" not in path and len(path.encode("utf-8", "replace")) <= LONGEST_PATH
    return path if fits and not {"", ".", ".."} & set(path.split("/")) else None


def _annotation(test: FailedTest, path: str) -> Annotation:
    line = min(max(1, test.line or 1), LAST_LINE)
    name = f"{test.suite}: {test.name}" if test.suite and test.suite != test.name else test.name
    marked = f"{one_line(name)} ({test.mark})" if test.mark else one_line(name)
    message = mask(plain_text(test.message))
    return Annotation(
        path=path,
        start_line=line,
        end_line=line,
        title=cut(one_line(message.strip().partition("\n")[0]) or one_line(name) or "test failed", LONGEST_TITLE),
        message=cut(f"{marked}\n\n{message}".strip() or "test failed", LONGEST_TEXT),
        raw_details=cut(mask(plain_text(test.details)), LONGEST_TEXT),
    )
