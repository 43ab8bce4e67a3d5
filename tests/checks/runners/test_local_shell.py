import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.runners.local.shell import SCRIPT, Shell, assignments
from tests.checks.runners.workshop import Workshop

VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)


def shell(path: Path, program: str, variables: dict[str, str]) -> Shell:
    (path / "left").mkdir(exist_ok=True)
    command = [program, str(path / SCRIPT)]
    return Shell(program, path, path, variables, lambda: subprocess.run(command, check=False, env={}).returncode)


@pytest.fixture(params=["sh", "bash"])
def program(request: pytest.FixtureRequest) -> str:
    return str(shutil.which(request.param))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(value=VALUES)
def test_every_value_survives_from_command_to_command(tmp_path: Path, program: str, value: str) -> None:
    subject = shell(tmp_path, program, {"PATH": "/usr/bin:/bin", "A": value})
    subject.execute("B=$A; C=x; unset C")
    subject.execute(":")
    assert subject.values(["A", "B", "C"]) == {"A": value, "B": value}


def test_only_what_is_exported_reaches_other_programs(tmp_path: Path, program: str) -> None:
    subject = shell(tmp_path, program, {"PATH": "/usr/bin:/bin"})
    subject.execute("A=1; export B=2; set -a; C=3")
    assert [subject.execute(f"env | grep -q ^{name}=") for name in "ABC"] == [1, 0, 0]


def test_the_working_directory_survives(tmp_path: Path, program: str) -> None:
    subject = shell(tmp_path, program, {"PATH": "/usr/bin:/bin"})
    subject.execute('mkdir "it\'s here"; cd it*')
    assert subject.expand("$(pwd)") == f"{tmp_path}/it's here"


@pytest.mark.parametrize("command", ["exit 3", "set -eu; A=$NOT_SET; exit 0", "set -C; (exit 7)", "kill -9 $$"])
def test_a_command_that_fails_fails_alone(tmp_path: Path, program: str, command: str) -> None:
    subject = shell(tmp_path, program, {"PATH": "/usr/bin:/bin", "KEPT": "1"})
    assert subject.execute(command) != 0
    assert (subject.execute("test $KEPT = 1"), subject.execute("false; true")) == (0, 0)


def test_what_a_command_set_before_it_failed_is_kept(tmp_path: Path, program: str) -> None:
    subject = shell(tmp_path, program, {"PATH": "/usr/bin:/bin"})
    assert (subject.execute("A=1; exit 3"), subject.values(["A"])) == (3, {"A": "1"})


def test_functions_arrays_and_options_do_not_survive(tmp_path: Path) -> None:
    subject = shell(tmp_path, "/bin/bash", {"PATH": "/usr/bin:/bin"})
    subject.execute("f() { :; }; declare -A map=([a]=1); list=(1 2); set -u")
    assert subject.execute('test -z "$map$list$UNSET"; ! type f') == 0


def test_a_line_within_a_value_is_not_an_assignment() -> None:
    listing = b"A='x\nPWD=/elsewhere\n'\nB=\"q\\\"\nC=1\"\nD=$'\\'\\nE=2'\n"
    assert dict(assignments(listing)) == {
        "A": b"'x\nPWD=/elsewhere\n'",
        "B": b'"q\\"\nC=1"',
        "D": b"$'\\'\\nE=2'",
    }


def test_what_a_command_leaves_is_not_followed_elsewhere(tmp_path: Path) -> None:
    """A hostile command may put links where the shell looks for its variables."""
    (tmp_path / "secret").write_text("STOLEN=1\n")
    subject = shell(tmp_path, "/bin/sh", {"PATH": "/usr/bin:/bin"})
    subject.execute(
        f"trap - EXIT; for f in variables exported cwd; do ln -s {tmp_path}/secret {tmp_path}/left/$f; done"
    )
    assert subject.values(["STOLEN"]) == {}


async def test_errors_name_line_four_as_codebuild_does(workshop: Workshop) -> None:
    await workshop.build("version: 0.2\nenv: {shell: bash}\nphases: {build: {commands: [no-such-program]}}\n")
    (line,) = await workshop.printed()
    assert line.endswith("script.sh: line 4: no-such-program: command not found")


async def test_in_version_0_1_nothing_survives_but_files(workshop: Workshop) -> None:
    await workshop.build(
        "version: 0.1\nenvironment_variables: {plaintext: {A: a}}\n"
        'phases: {build: {commands: ["A=changed; cd /; touch $CODEBUILD_SRC_DIR/f", "echo $A; ls"]}}\n'
    )
    assert await workshop.printed() == ["a", "f"]


async def test_a_background_job_survives_its_command_and_not_the_build(workshop: Workshop) -> None:
    spec = (
        "version: 0.2\nphases:\n  build:\n    commands:\n      - mkfifo f; (cat f; echo heard; sleep 1000) &\n"
        "      - echo word > f; until grep -q heard $CODEBUILD_SRC_DIR/../log; do :; done\n"
    )
    await workshop.build(spec)
    assert await workshop.printed() == ["word", "heard"]
