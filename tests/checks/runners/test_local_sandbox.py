import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.errors import Permanent
from checks.result import Outcome
from checks.runners.local.machine import search_path
from checks.runners.local.runner import LocalRunner
from tests.checks.runners.workshop import Workshop, order, phases
from tests.needs import needs


@pytest.fixture(autouse=True)
def _bubblewrap() -> None:
    needs(shutil.which("bwrap") is not None, "the sandbox needs bubblewrap: apt-get install bubblewrap")


async def printed(workshop: Workshop, command: str) -> list[str]:
    result = await workshop.build(phases(build=command), trusted=False)
    assert result.outcome is Outcome.SUCCEEDED, result
    return await workshop.printed()


async def test_code_from_outside_has_no_rights(workshop: Workshop) -> None:
    assert await printed(workshop, "id -u; grep CapEff /proc/self/status; grep NoNewPrivs /proc/self/status") == [
        "60000",
        "CapEff:\t0000000000000000",
        "NoNewPrivs:\t1",
    ]


async def test_code_from_outside_sees_only_the_system_and_its_own(workshop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("geheim")
    looks = (
        f"cat {tmp_path}/secret {workshop.home}/runs/run/job.json /etc/shadow || true; ls $HOME /root || true; ls /tmp"
    )
    out = await printed(workshop, f"({looks}) 2>/dev/null")
    assert "geheim" not in out
    assert [line for line in out if line in {"root", "job.json", "secret"}] == []


async def test_code_from_outside_sees_no_process_and_no_environment_of_others(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_WEBHOOK_SECRET", "geheim")
    out = await printed(workshop, "cat /proc/[0-9]*/environ 2>/dev/null | grep -ac geheim; ls -d /proc/[0-9]* | wc -l")
    assert (out[0], int(out[1]) < 10) == ("0", True)


async def test_code_from_outside_has_no_network(workshop: Workshop) -> None:
    assert await printed(workshop, "grep -o '[a-z0-9]*:' /proc/net/dev") == ["lo:"]


async def test_code_from_outside_can_write_its_source_and_home_only(workshop: Workshop) -> None:
    tries = (
        "for d in . $HOME /tmp / /usr /etc $CODEBUILD_SRC_DIR/.. ../shell; do touch $d/x 2>/dev/null && echo $d; done"
    )
    assert await printed(workshop, f"{tries}; true") == [".", f"{workshop.home}/runs/run/home", "/tmp"]


async def test_variables_background_jobs_and_tmp_survive_in_the_sandbox(workshop: Workshop) -> None:
    await workshop.build(
        "version: 0.2\nenv: {shell: bash}\nphases:\n  build:\n    commands:\n"
        "      - A=a; cd /tmp; mkfifo f; (read x < f; echo $x > g) &\n"
        "      - echo $A > f; until test -s g; do :; done; cat g; pwd\n",
        trusted=False,
    )
    assert await workshop.printed() == ["a", "/tmp"]


async def test_a_failure_in_the_sandbox_has_its_status(workshop: Workshop) -> None:
    result = await workshop.build(phases(build="exit 9", post_build="echo post"), trusted=False)
    assert result.failure is not None
    assert (result.failure.exit_code, await workshop.printed()) == (9, ["post"])


async def test_killing_the_sandbox_from_inside_fails_the_build(workshop: Workshop) -> None:
    result = await workshop.build(phases(build="kill -9 -1"), trusted=False)
    assert result.outcome is Outcome.FAILED


async def test_code_from_outside_gets_no_values_from_aws(workshop: Workshop) -> None:
    result = await workshop.build(
        "version: 0.2\nenv: {parameter-store: {A: /a}}\nphases: {build: {commands: [echo $A]}}\n", trusted=False
    )
    assert (result.outcome, result.message) == (
        Outcome.FAILED,
        "this code comes from outside, and gets no values from Parameter Store or Secrets Manager",
    )


async def test_code_from_outside_exports_nothing_and_leaves_no_cache(workshop: Workshop) -> None:
    result = await workshop.build(
        "version: 0.2\nenv: {exported-variables: [A]}\n"
        "phases: {build: {commands: [A=1; echo > f]}}\ncache: {paths: [f]}\n",
        trusted=False,
    )
    assert (result.exported, (workshop.home / "cache").exists()) == ({}, False)


async def test_links_out_of_the_source_bring_nothing_out(workshop: Workshop) -> None:
    """Commands may leave links for the runner, which may be root, to follow."""
    await workshop.build(
        "version: 0.2\nphases: {build: {commands: ['ln -s /etc/shadow a; ln -s / d; echo ok > b']}}\n"
        "artifacts: {files: ['**/*']}\nreports: {r: {files: ['a', 'd/etc/passwd']}}\n",
        trusted=False,
    )
    assert [str(path.relative_to(workshop.artifacts)) for path in workshop.artifacts.rglob("*") if path.is_file()] == [
        "primary/b"
    ]


async def test_without_a_sandbox_code_from_outside_is_refused(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sh", "git", "env"):
        (programs / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(programs))
    assert search_path() == str(programs)
    result = await workshop.build(phases(build="touch ran"), trusted=False)
    assert (result.outcome, result.message) == (
        Outcome.FAILED,
        (
            "it has no sandbox for code from outside; whoever runs Interlock installs bubblewrap there "
            "(Debian, Ubuntu: apt-get install bubblewrap)"
        ),
    )
    with pytest.raises(Permanent, match="it has no sandbox for code from outside"):
        await workshop.runner.start(order("http://127.0.0.1:9/web.git", "0" * 40, "", token="other", trusted=False))
    assert os.environ["PATH"] == str(programs)


async def test_code_from_outside_does_not_see_where_apps_are_installed(workshop: Workshop) -> None:
    await workshop.build(phases(build="ls /opt /usr/src 2>/dev/null; true"), trusted=False, path="/usr/bin:/bin")
    assert [line for line in await workshop.printed() if line not in {"/usr/src:", ""}] == []


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[Workshop]:
    """A home in what the sandbox shows of the system: the worst that an administrator can choose."""
    needs(os.access("/usr/local", os.W_OK), "a folder in /usr/local takes root")
    with tempfile.TemporaryDirectory(dir="/usr/local") as folder:
        Path(folder).chmod(0o755)
        workshop = Workshop(tmp_path)
        workshop.home = Path(folder, "home")
        workshop.runner = LocalRunner(workshop.home, places=2)
        yield workshop


async def test_a_run_sees_no_other_wherever_their_home_is(shown: Workshop) -> None:
    await shown.build(phases(build="echo secret"), "other")
    await shown.build(phases(build=f"cat {shown.home}/runs/other/log; pwd"), trusted=False)
    *_, said, where = await shown.printed()
    assert (said.rpartition(": ")[2], where) == ("No such file or directory", f"{shown.home}/runs/run/source")


async def test_code_from_outside_cannot_fill_the_memory_with_files(workshop: Workshop) -> None:
    assert await printed(workshop, "grep ' / ' /proc/mounts | cut -d' ' -f4 | cut -d, -f1") == ["ro"]
