import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from checks.result import Failure, Outcome, Result
from checks.runners.local.directory import RunDirectory
from tests.checks.runners.workshop import Workshop, phases, until
from tests.needs import needs

TELL = "echo $CODEBUILD_BUILD_SUCCEEDING"


def ran(result: Result) -> list[tuple[str, bool]]:
    return [(phase.name, phase.succeeded) for phase in result.phases]


async def test_a_build_that_passes_runs_every_phase(workshop: Workshop) -> None:
    result = await workshop.build(phases(build="echo hello"))
    names = ["DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS"]
    assert (result.outcome, ran(result)) == (Outcome.SUCCEEDED, [(name, True) for name in names])
    assert await workshop.printed() == ["hello"]


@pytest.mark.parametrize(
    ("failing", "printed"), [("install", []), ("pre_build", []), ("build", ["0"]), ("post_build", ["1"])]
)
async def test_what_runs_after_a_failed_phase_depends_on_the_phase(
    workshop: Workshop, failing: str, printed: list[str]
) -> None:
    commands = {"install": "true", "pre_build": "true", "build": "true", "post_build": TELL}
    commands[failing] = "exit 3" if failing != "post_build" else f"{TELL}; exit 3"
    result = await workshop.build(phases(**commands))
    assert await workshop.printed() == printed
    assert result.outcome is Outcome.FAILED
    assert result.failure == Failure(phase=failing.upper(), command=commands[failing], exit_code=3)
    assert result.message == f"{failing} failed: {commands[failing]} exited with 3"
    assert ("UPLOAD_ARTIFACTS", True) in ran(result) or failing in {"install", "pre_build"}


async def test_finally_runs_whatever_happened(workshop: Workshop) -> None:
    await workshop.build(f"""\
version: 0.2
phases:
  build:
    commands: [echo a, "false", echo b]
    finally: ["{TELL}", echo c]
""")
    assert await workshop.printed() == ["a", "0", "c"]


async def test_a_finally_that_fails_fails_the_phase(workshop: Workshop) -> None:
    result = await workshop.build("version: 0.2\nphases:\n  build:\n    commands: ['true']\n    finally: [exit 4]\n")
    assert result.failure == Failure(phase="BUILD", command="exit 4", exit_code=4)


async def test_abort_leaves_out_what_would_follow(workshop: Workshop) -> None:
    result = await workshop.build(
        "version: 0.2\nphases:\n  build:\n    on-failure: ABORT\n    commands: ['false']\n"
        "  post_build:\n    commands: [echo never]\n"
    )
    assert (await workshop.printed(), ran(result)[-1]) == ([], ("BUILD", False))


async def test_continue_goes_on_and_the_build_still_failed(workshop: Workshop) -> None:
    result = await workshop.build(
        "version: 0.2\nphases:\n  pre_build:\n    on-failure: CONTINUE\n    commands: ['false']\n"
        f"  build:\n    commands: ['{TELL}']\n"
    )
    assert (await workshop.printed(), result.outcome) == (["0"], Outcome.FAILED)


async def test_retry_begins_again_with_a_fresh_source(workshop: Workshop) -> None:
    (workshop.source / "file").write_text("as committed\n")
    tries = workshop.source.parent / "tries"
    result = await workshop.build(
        "version: 0.2\nphases:\n  build:\n    on-failure: RETRY-2-status 5\n    commands:\n"
        f"      - cat file; echo changed > file; echo x >> {tries}\n      - test $(wc -l < {tries}) -eq 3 || exit 5\n"
    )
    assert (await workshop.printed(), result.outcome) == (["as committed"] * 3, Outcome.SUCCEEDED)


async def test_an_error_that_retry_does_not_mean_is_not_retried(workshop: Workshop) -> None:
    spec = "version: 0.2\nphases:\n  build:\n    on-failure: RETRY-2-status 5\n    commands: [echo x; exit 6]\n"
    result = await workshop.build(spec)
    assert (await workshop.printed(), result.outcome) == (["x"], Outcome.FAILED)


async def test_an_invalid_buildspec_ends_the_build_before_anything_runs(workshop: Workshop) -> None:
    result = await workshop.build("version: 0.2\nphases:\n  biuld: {}\n")
    assert (result.outcome, result.message) == (
        Outcome.FAILED,
        'buildspec.yml line 3: unknown phase "biuld"; did you mean "build"?',
    )
    assert ran(result) == [("DOWNLOAD_SOURCE", False)]


async def test_a_shell_of_windows_is_refused_with_the_reason(workshop: Workshop) -> None:
    result = await workshop.build("version: 0.2\nenv: {shell: powershell.exe}\nphases: {build: {commands: [dir]}}\n")
    assert result.message == "env: shell: powershell.exe needs Windows, and this is a Linux machine"


async def test_what_is_exported_has_its_value_at_the_end(workshop: Workshop) -> None:
    result = await workshop.build("""\
version: 0.2
env:
  variables: {TAG: first}
  exported-variables: [TAG, NEVER_SET, AWS_SECRET_ACCESS_KEY]
phases:
  build:
    commands: [export AWS_SECRET_ACCESS_KEY=x]
  post_build:
    commands: [TAG="it's the last"]
""")
    assert result.exported == {"TAG": "it's the last"}


async def test_the_order_wins_over_the_buildspec(workshop: Workshop) -> None:
    spec = "version: 0.2\nenv: {variables: {PUBLISH: 'true', B: b}}\nphases: {build: {commands: [echo $PUBLISH $B]}}\n"
    await workshop.build(spec, variables={"PUBLISH": "false"})
    assert await workshop.printed() == ["false b"]


async def test_run_as_a_user_that_is_not_there_fails_with_the_reason(workshop: Workshop) -> None:
    result = await workshop.build("version: 0.2\nrun-as: nobody-here\nphases: {build: {commands: [id]}}\n")
    assert result.message == "run-as: there is no user nobody-here on this machine"


async def test_the_log_looks_like_that_of_codebuild(workshop: Workshop) -> None:
    await workshop.build(phases(build="echo hello; exit 1"))
    log = [line.split(" ", 3)[-1] for line in (await workshop.runner.log("run")).decode().splitlines()]
    begin = log.index("Entering phase BUILD")
    command = "echo hello; exit 1"
    assert log[begin : begin + 6] == [
        "Entering phase BUILD",
        f"Running command {command}",
        "hello",
        f"Command did not exit successfully {command} exit status 1",
        "Phase complete: BUILD State: FAILED",
        (
            f"Phase context status code: COMMAND_EXECUTION_ERROR Message: Error while executing command: {command}. "
            "Reason: exit status 1"
        ),
    ]


@contextmanager
def where_others_may_pass() -> Iterator[Path]:
    with TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        yield Path(place)


async def test_run_as_runs_commands_as_that_user() -> None:
    needs(os.geteuid() == 0, "run-as needs a runner that runs as root: run the tests as root")
    with where_others_may_pass() as place:
        workshop = Workshop(place)
        await workshop.build(
            "version: 0.2\nphases:\n  pre_build:\n    commands: [A=a; id -un]\n"
            "  build:\n    run-as: nobody\n    commands: [id -un; touch $HOME/x; B=b]\n"
            "  post_build:\n    commands: [echo $A $B; id -un]\n"
        )
        assert await workshop.printed() == ["root", "nobody", "a b", "root"]
        await until(lambda: not RunDirectory(workshop.home, "run").is_locked)
