"""The demo as a newcomer meets it: a process that prints what to type."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

DEMO = [sys.executable, "-c", "from app.commands.demo import demo; demo(prog_name='interlock demo')"]
ANY_PORTS = ["--port", "0", "--app-port", "0", "--live-port", "0", "--slack-port", "0"]
NOBODY_LISTENS = "http://127.0.0.1:9"
END = "\nStopping …\nStopped; nothing was left behind.\n"


def commands(printed: str, heading: str) -> list[str]:
    """What is to be typed below a heading."""
    return re.findall("^  ((?:git|cd|sed) .*)$", below(printed, heading), re.MULTILINE)


def below(printed: str, heading: str) -> str:
    _, _, rest = printed.partition(heading)
    return rest.partition("\n\n")[0]


@contextmanager
def demo(temp: Path, *options: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    temp.mkdir()
    process = subprocess.Popen(
        [*DEMO, *ANY_PORTS, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "TMPDIR": str(temp), "PYTHONUNBUFFERED": "1", **environment},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.communicate()


def printed_until(process: subprocess.Popen[str], text: str) -> str:
    assert process.stdout is not None
    printed = ""
    for line in process.stdout:
        printed += line
        if text in line:
            return printed
    raise AssertionError(f'the demo ended before it said "{text}":\n{printed}')


def ended_by_ctrl_c(process: subprocess.Popen[str], temp: Path) -> tuple[int, str, list[Path]]:
    """A terminal tells everything that it runs, git as well as the demo."""
    os.killpg(process.pid, signal.SIGINT)
    rest, _ = process.communicate()
    return process.returncode, rest[-len(END) :], list(temp.iterdir())


@pytest.mark.parametrize("moment", ["on this machine", "Pushing two repositories", "Ctrl-C ends"])
def test_ctrl_c_at_any_moment_leaves_nothing_behind(tmp_path: Path, moment: str) -> None:
    with demo(tmp_path / "temp") as process:
        printed_until(process, moment)
        assert ended_by_ctrl_c(process, tmp_path / "temp") == (0, END, [])


def test_what_is_printed_turns_the_red_check_green_for_someone_unknown_to_git_behind_a_proxy(tmp_path: Path) -> None:
    unknown = {"HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    proxies = dict.fromkeys(("http_proxy", "HTTP_PROXY", "ALL_PROXY"), NOBODY_LISTENS)
    with demo(tmp_path / "temp", **unknown, **proxies) as process:
        printed = printed_until(process, "Ctrl-C ends")
        typed = commands(printed, "Turn the red check green")
        printed_until(process, "✕ acme/corner-shop pull request #1: failed")
        environment = {key: value for key, value in os.environ.items() if key.upper() != "NO_PROXY"}
        subprocess.run(
            "\n".join(["set -e", *typed]), shell=True, check=True, cwd=tmp_path, env=environment | unknown | proxies
        )
        printed_until(process, "✓ acme/corner-shop pull request #1: succeeded")
        assert ended_by_ctrl_c(process, tmp_path / "temp") == (0, END, [])


def test_what_is_printed_breaks_staging_which_is_taken_back_and_mends_it(tmp_path: Path) -> None:
    with demo(tmp_path / "temp") as process:
        printed = printed_until(process, "Ctrl-C ends")
        *breaking, revert = commands(printed, "Break the clock")
        printed_until(process, "→ staging: live")
        first = run("\n".join([*breaking, "git rev-parse --short=7 HEAD~1"]), tmp_path)
        printed_until(process, "→ staging: rolled back (healthy: /staging/health.json says")
        printed_until(process, f"✓ tide-clock {first} → staging: put back")
        export, why, roll_back = re.findall("^  (.*)$", below(printed, "Ask and command"), re.MULTILINE)
        assert run(f"{export}\n{why}", tmp_path) == "production has nothing yet"
        refused = subprocess.run(
            f"{export}\n{roll_back}", shell=True, check=False, cwd=tmp_path, capture_output=True, text=True
        )
        assert (refused.returncode, refused.stdout) == (1, "")
        fixed = run(f"{revert}\ngit rev-parse --short=7 HEAD", tmp_path / "tide-clock")
        printed_until(process, f"✓ tide-clock {fixed} → staging: live")
        assert ended_by_ctrl_c(process, tmp_path / "temp") == (0, END, [])


def run(typed: str, where: Path) -> str:
    """The last line that it answers."""
    said = subprocess.run(
        f"set -e\n{typed}", shell=True, check=True, cwd=where, stdout=subprocess.PIPE, text=True
    ).stdout
    return said.rstrip().rpartition("\n")[2]


def test_on_aws_the_same_story_is_told(tmp_path: Path) -> None:
    with demo(tmp_path / "temp", "--aws") as process:
        printed = printed_until(process, "✕ acme/corner-shop pull request #1: failed")
        assert re.findall("^  Local AWS +(http.*)$", printed, re.MULTILINE)
        assert ended_by_ctrl_c(process, tmp_path / "temp") == (0, END, [])


def test_without_git_the_demo_says_what_it_needs(tmp_path: Path) -> None:
    ended = subprocess.run(DEMO, capture_output=True, text=True, check=False, env={"PATH": str(tmp_path)})
    said = "interlock: git is not installed, and the demo pushes with it: install git\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", said)
