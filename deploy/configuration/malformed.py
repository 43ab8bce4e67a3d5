"""What is wrong with the files that people wrote about delivery, all of it at once."""

from collections.abc import Iterable

from deploy.pipeline import Problem

MOST = 100
LONGEST = 500
"""Characters of a message: it may quote what people wrote."""


class Malformed(Exception):
    """Nothing of the files is used. `problems` are in the order of the files and their lines, the first `MOST`."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        every = sorted(set(problems), key=lambda each: (each.file, each.line, each.message))
        self.problems = tuple(every[:MOST])
        more = len(every) - 1
        super().__init__(f"{said(every[0])}{f' (and {more} more)' if more else ''}")


def problem(file: str, line: int, message: str) -> Problem:
    """Whatever it quotes, the message is one line of text that every screen can show."""
    shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in message)
    return Problem(file=file, line=line, message=shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…")


def said(one: Problem) -> str:
    return f"{one.file} line {one.line}: {one.message}" if one.line else f"{one.file}: {one.message}"
