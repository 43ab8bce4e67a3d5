"""What sourcing post_build.sh does to the shell that sources it: variables for labels, a status, and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

from checks.runners.post_build import SCRIPT
from tests.checks.runners.post_build.dockyard import Dockyard

STATE = r"""
state() {
  set | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)[=(].*/\1/p' | grep -vxE '_|PIPESTATUS|BASH_.*|FUNCNAME|LINENO|PPID'
  set +o
  trap
  umask
  pwd
  printf '<%s>' "$IFS"
  ls /proc/$$/fd
}
state >"$1.before"
. "$0"
status=$?
unset MY_ZIP MY_ZIP_DIGEST
echo "$status" >"$1.status"
unset status
state >"$1.after"
"""


@pytest.mark.parametrize("shell", ["dash", "bash"])
@pytest.mark.parametrize("before", ["", "set -u -f -C; trap 'echo bye' EXIT; IFS=:", "set -a; umask 77"])
@pytest.mark.parametrize(("label", "status"), [("MY_ZIP", "0"), ("no-name", "1")])
async def test_nothing_stays_behind(dockyard: Dockyard, shell: str, before: str, label: str, status: str) -> None:
    dockyard.image("zip", s3=label)
    await dockyard.source(shell, before + STATE)
    left = dockyard.path / "environment"
    told = {end: left.with_name(f"environment.{end}").read_text() for end in ("before", "after", "status")}
    assert (told["status"].strip(), told["after"]) == (status, told["before"])
    assert [file.name for file in dockyard.path.glob("tmp.*")] == []


@pytest.mark.parametrize("shell", ["dash", "bash"])
async def test_a_failure_ends_a_shell_that_wants_it_and_no_other(dockyard: Dockyard, shell: str) -> None:
    dockyard.image("zip", s3="no-name")
    strict = await dockyard.source(shell, 'set -e; . "$0"; echo alive')
    lax = await dockyard.source(shell, '. "$0"; echo "alive after $?"')
    handled = await dockyard.source(shell, '. "$0" || echo "went on after $?"')
    assert [strict.status, lax.last, handled.last] == [1, "alive after 1", "went on after 1"]
    assert "alive" not in strict.output


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_shellcheck_has_nothing_to_say(shell: str) -> None:
    program = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run([str(program), f"--shell={shell}", str(SCRIPT)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
