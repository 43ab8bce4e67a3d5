"""What git says of a change, as numbered lines."""

from pathlib import Path

from app.demo.github import committing
from app.demo.github.git import Git
from app.demo.github.pages.diff import DiffFile, DiffLine, parse

WHO = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in {"NAME": "ana", "EMAIL": "ana@localhost", "DATE": "2026-11-21T14:00:00+00:00"}.items()
}
TEN = "".join(f"line {number}\n" for number in range(1, 11))


async def diff_of(
    path: Path, before: dict[str, str | bytes | None], after: dict[str, str | bytes | None]
) -> list[DiffFile]:
    git: Git = await committing.create(path / "repo.git", "main")
    old = await committing.write(git, None, before, "before", WHO)
    new = await committing.write(git, old, after, "after", WHO)
    return parse(await git.diff(old, new))


async def test_lines_carry_the_numbers_of_both_sides(tmp_path: Path) -> None:
    (file,) = await diff_of(tmp_path, {"a": "one\ntwo\n-- three\n"}, {"a": "one\n2\n-- three\n"})
    assert (file.path, file.added, file.removed, file.numbers) == ("a", 1, 1, {1, 2, 3})
    assert file.lines == [
        DiffLine(sign="@", text=""),
        DiffLine(sign=" ", text="one", old=1, new=1),
        DiffLine(sign="-", text="two", old=2),
        DiffLine(sign="+", text="2", new=2),
        DiffLine(sign=" ", text="-- three", old=3, new=3),
    ]


async def test_files_that_come_go_move_or_are_no_text_say_so(tmp_path: Path) -> None:
    files = await diff_of(
        tmp_path,
        {"gone": "x\n", "old name": TEN, "image": b"\0\1"},
        {"gone": None, "old name": None, "new name": TEN, "image": b"\0\2", "fresh": "diff --git a/x b/x\n+++ b/y\n"},
    )
    assert {file.path: file.note for file in files} == {
        "fresh": "new",
        "gone": "deleted",
        "image": "binary",
        "new name": "renamed from old name",
    }
