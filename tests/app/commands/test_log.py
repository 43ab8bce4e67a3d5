"""`events`, `replay` and `migrate` over databases that are new, old, absent or none at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

INTERLOCK = [sys.executable, "-m", "app"]
KNOWN = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
OLD = "interlock: the database is not of this version; run interlock migrate"
MISUSED = "interlock: DATABASE_URL: the database cannot be used: "


def run(directory: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Exit status, what was printed, and what was said on standard error."""
    paths = {"PYTHONPATH": str(Path.cwd())}
    ended = subprocess.run(
        [*INTERLOCK, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=directory,
        env=KNOWN | paths | environment,
    )
    return ended.returncode, ended.stdout.strip(), ended.stderr.strip()


@pytest.mark.parametrize("command", [("events",), ("events", "--troubled"), ("replay", "7")])
def test_asking_where_there_is_no_database_makes_none(tmp_path: Path, command: tuple[str, ...]) -> None:
    said = "interlock: there is no database interlock.sqlite3; go where Interlock runs, or set DATABASE_URL as there"
    assert run(tmp_path, *command) == (1, "", said)
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_the_present_schema_is_told_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "interlock.sqlite3").touch()
    assert run(tmp_path, "events") == (1, "", OLD)
    assert run(tmp_path, "migrate") == (0, "The database has the present schema.", "")
    assert run(tmp_path, "events") == (0, "", "")


@pytest.mark.parametrize(
    ("what", "said"),
    [("7", 'interlock: there is no troubled task "7"'), ("a1b2", 'interlock: there is no stored delivery "a1b2"')],
)
def test_nothing_to_replay_is_told(tmp_path: Path, what: str, said: str) -> None:
    run(tmp_path, "migrate")
    assert run(tmp_path, "replay", what) == (1, "", said)


@pytest.mark.parametrize("command", ["events", "migrate"])
def test_what_is_no_database_is_told_in_a_line(tmp_path: Path, command: str) -> None:
    (tmp_path / "letter.txt").write_text("Dear database, " * 200)
    letter = run(tmp_path, command, DATABASE_URL="sqlite:///letter.txt")
    assert letter == (1, "", f"{MISUSED}file is not a database")


def test_a_database_that_cannot_be_used_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").touch()
    for place, why in (("letter.txt/database", "File exists"), (".", "Is a directory")):
        said = f"interlock: DATABASE_URL: {place} cannot be used ({why})"
        assert run(tmp_path, "migrate", DATABASE_URL=f"sqlite:///{place}") == (2, "", said)


def test_a_server_that_does_not_listen_is_told_in_a_line_without_its_password(tmp_path: Path) -> None:
    said = "interlock: the database did not answer (ConnectionRefusedError): is it running where DATABASE_URL says?"
    assert run(tmp_path, "migrate", DATABASE_URL="postgresql://ci:hush@127.0.0.1:9/interlock") == (1, "", said)
