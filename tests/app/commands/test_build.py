import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checks.runners.workshop import git, phases, repository

BUILD = [sys.executable, "-c", "from app.commands.build import build; build(prog_name='interlock build')"]
CHECK = [sys.executable, "-c", "from app.commands.check import check; check(prog_name='interlock check')"]


def run(command: list[str], *arguments: str | Path, **env: str) -> tuple[int, str, str]:
    """Exit status, what was printed without the time stamps, and what was said on standard error."""
    ended = subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, text=True, check=False, env={**os.environ, **env}
    )
    printed = [line for line in ended.stdout.splitlines() if not line.startswith("[Container]")]
    return ended.returncode, "\n".join(printed), re.sub(r"Passed in \d+ m?s", "Passed in <time>", ended.stderr.strip())


def spec(directory: Path, text: str) -> Path:
    directory.mkdir(exist_ok=True)
    (directory / "buildspec.yml").write_text(text)
    return directory


def test_a_build_that_passes_says_so(tmp_path: Path) -> None:
    web = spec(tmp_path / "web", phases(build="echo $GREETING $CODEBUILD_BUILD_ID"))
    assert run(BUILD, web, "-e", "GREETING=hello") == (0, "hello web:build", "Passed in <time>")


def test_a_build_that_fails_says_why(tmp_path: Path) -> None:
    web = spec(tmp_path / "web", phases(build="exit 3"))
    assert run(BUILD, web) == (1, "", "interlock: build failed: exit 3 exited with 3")


def test_a_build_leaves_the_directory_alone(tmp_path: Path) -> None:
    web = spec(tmp_path / "web", phases(build="touch new; rm buildspec.yml"))
    assert run(BUILD, web)[0] == 0
    assert [path.name for path in web.iterdir()] == ["buildspec.yml"]


def test_a_build_in_place_changes_the_directory(tmp_path: Path) -> None:
    web = spec(tmp_path / "web", phases(build="touch new"))
    assert run(BUILD, web, "--in-place")[0] == 0
    assert sorted(path.name for path in web.iterdir()) == ["buildspec.yml", "new"]


def test_a_build_sees_what_a_commit_of_everything_would_hold(tmp_path: Path) -> None:
    web = tmp_path / "web"
    (sha,) = repository(web)
    (web / ".gitignore").write_text("ignored\n")
    (web / "ignored").touch()
    (web / "number").write_text("changed")
    (web / "new").touch()
    spec(web, phases(build="ls; cat number; echo; git rev-parse HEAD; echo $CODEBUILD_RESOLVED_SOURCE_VERSION"))
    assert run(BUILD, web)[1].splitlines() == ["buildspec.yml", "new", "number", "changed", sha, sha]
    assert git(web, "status", "--short") == "M number\n?? .gitignore\n?? buildspec.yml\n?? new"


def test_a_variable_without_a_value_is_taken_from_here(tmp_path: Path) -> None:
    web = spec(tmp_path / "web", phases(build="echo $MINE $OTHER"))
    assert run(BUILD, web, "-e", "MINE", MINE="mine", OTHER="other")[1] == "mine"


def test_artifacts_can_be_brought_home(tmp_path: Path) -> None:
    web = spec(tmp_path / "web", phases(build="echo 1 > a.txt") + "artifacts: {files: [a.txt]}\n")
    assert run(BUILD, web, "--artifacts", tmp_path / "out")[0] == 0
    assert (tmp_path / "out" / "primary" / "a.txt").read_text() == "1\n"


def test_a_build_that_takes_too_long_is_ended_and_says_so(tmp_path: Path) -> None:
    web = spec(tmp_path / "web", phases(build="sleep 1000"))
    assert run(BUILD, web, "--timeout", "0.02") == (1, "", "interlock: the build took longer than 1.2 s")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["missing"], 1, "interlock: there is no directory missing"),
        (["--no-such-option"], 2, "No such option"),
        ([".", "-e", "NOT-A-NAME=1"], 2, '"NOT-A-NAME" is no name for a variable'),
        ([".", "-e", "NOT_SET_HERE"], 2, "NOT_SET_HERE has no value, and is not set here either"),
    ],
)
def test_wrong_usage_is_told_from_a_failure(tmp_path: Path, arguments: list[str], status: int, said: str) -> None:
    spec(tmp_path, phases(build="true"))
    ended = subprocess.run(
        [*BUILD, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    assert (ended.returncode, said in ended.stderr) == (status, True), ended.stderr


def test_an_invalid_buildspec_is_refused_before_anything_runs(tmp_path: Path) -> None:
    web = spec(tmp_path / "web", "version: 0.2\nphases:\n  biuld: {}\n")
    said = f'interlock: {web}/buildspec.yml line 3: unknown phase "biuld"; did you mean "build"?'
    assert run(BUILD, web) == (1, "", said)


def test_an_interrupt_ends_the_build(tmp_path: Path) -> None:
    web = spec(tmp_path / "web", phases(build=f"echo $$ > {tmp_path}/pid; echo there; exec sleep 1000"))
    process = subprocess.Popen([*BUILD, str(web)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    next(line for line in process.stdout if line == "there\n")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert (process.returncode, said) == (1, "interlock: stopped\n")
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()


def test_on_a_terminal_phase_and_time_are_shown_below_the_log(tmp_path: Path) -> None:
    web = spec(tmp_path / "web", phases(build="printf '\\033[31mred\\033[0m\\n'; sleep 0.5"))
    ours, theirs = pty.openpty()
    process = subprocess.Popen([*BUILD, str(web)], stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm"})
    os.close(theirs)
    shown = b""
    while True:
        try:
            shown += os.read(ours, 1 << 16)
        except OSError:  # Linux tells so that the other end is closed
            break
    os.close(ours)
    assert process.wait() == 0
    assert (b"web: build, 0 s (in all " in shown, b"red" in shown, b"Passed in " in shown) == (True, True, True)


def test_check_says_that_a_right_buildspec_is_valid(tmp_path: Path) -> None:
    web = spec(tmp_path / "web", phases(build="true"))
    assert run(CHECK, web) == (0, f"{web}/buildspec.yml: valid", "")


def test_check_lists_all_problems_by_place(tmp_path: Path) -> None:
    web = spec(tmp_path / "web", "version: 0.2\nphases:\n  biuld: {}\n  build: {commands: [a], color: red}\n")
    place = f"{web}/buildspec.yml"
    assert run(CHECK, web) == (
        1,
        (
            f'{place}:3:3: unknown phase "biuld"; did you mean "build"?\n'
            f'{place}:4:26: unknown key in build: "color"; known are run-as, on-failure, commands, finally'
        ),
        "",
    )


def test_check_says_what_cannot_be_read(tmp_path: Path) -> None:
    said = f"interlock: there is no {tmp_path}/buildspec.yml; write one, or name another file with --buildspec"
    assert run(CHECK, tmp_path) == (1, "", said)


def test_a_file_in_place_of_a_directory_is_told(tmp_path: Path) -> None:
    file = spec(tmp_path, phases(build="true")) / "buildspec.yml"
    said = f"interlock: {file} is not a directory; name the one that it is in (and another file with --buildspec)"
    assert (run(BUILD, file), run(CHECK, file)) == ((1, "", said), (1, "", said))


def test_artifacts_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    web = spec(tmp_path / "web", phases(build="touch kept") + "artifacts:\n  files: [kept]\n")
    said = f"interlock: --artifacts: {web}/buildspec.yml cannot be written: File exists"
    assert run(BUILD, web, "--artifacts", web / "buildspec.yml") == (1, "", said)
