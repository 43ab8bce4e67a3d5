"""The phases of a build in order, and what runs after one of them failed, as CodeBuild has it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from checks.buildspec import PHASES, Buildspec, Command, Phase
from checks.result import Failure
from checks.runners.local.progress import Progress
from checks.runners.local.shell import Run, Shell

FOLLOWS_FAILED = {"install": False, "pre_build": False, "build": True, "post_build": True}
"""Whether the build goes on after this phase failed and nothing is said under on-failure."""

AsUser = Callable[[str], Run]
"""How to run commands as another user; ValueError if that cannot be."""


class Retry(Exception):
    """The build has to begin again."""


@dataclass(frozen=True)
class Phases:
    """Runs the commands of a buildspec; `attempt` counts from 1."""

    spec: Buildspec
    shell: Shell
    progress: Progress
    as_user: AsUser
    attempt: int = 1

    def run(self) -> bool:
        """Run what has to run; whether artifacts are to be uploaded. Raises Retry if the build begins again."""
        for name in PHASES:
            phase = self.spec.phase(name)
            error = self._run_phase(phase)
            action = phase.on_failure.action
            if not error or action == "CONTINUE":
                continue
            if phase.on_failure.wants_retry(error, self.attempt):
                raise Retry(error)
            if action in {"ABORT", "RETRY"} or not FOLLOWS_FAILED[name]:
                return False
        return True

    def _run_phase(self, phase: Phase) -> str:
        """Run a phase and what closes it; returns the error, empty if there was none."""
        self.progress.begin(phase.name.upper())
        self._check_runtimes(phase)
        self.shell.set("CODEBUILD_BUILD_SUCCEEDING", "1" if self.progress.succeeding else "0")
        try:
            user = phase.run_as or self.spec.run_as
            run = self.as_user(user) if user else None
        except ValueError as impossible:
            self.progress.end("COMMAND_EXECUTION_ERROR", str(impossible))
            return str(impossible)
        failed = self._run_commands(phase.commands, run)
        if failed:
            self.shell.set("CODEBUILD_BUILD_SUCCEEDING", "0")
        failed = self._run_commands(phase.closing, run) or failed
        if not failed:
            self.progress.end()
            return ""
        command, status = failed
        error = f"Error while executing command: {command.text}. Reason: exit status {status}"
        self._end_failed(phase, command, status, error)
        return error

    def _end_failed(self, phase: Phase, command: Command, status: int, error: str) -> None:
        log = self.progress.log
        text = log.masked(command.text)
        failure = Failure(phase=phase.name.upper(), command=text, exit_code=status)
        first = not self.progress.message
        self.progress.end("COMMAND_EXECUTION_ERROR", log.masked(error), failure)
        if first:
            self.progress.message = f"{phase.name} failed: {first_line(text)} exited with {status}"

    def _run_commands(self, commands: Sequence[Command], run: Run | None) -> tuple[Command, int] | None:
        for command in commands:
            self.progress.log.say(f"Running command {command.text}")
            status = self.shell.execute(command.text, run=run, keep=self.spec.keeps_shell_state)
            self.progress.log.flush()
            if status:
                self.progress.log.say(f"Command did not exit successfully {command.text} exit status {status}")
                return command, status
        return None

    def _check_runtimes(self, phase: Phase) -> None:
        """This machine has what it has: say so, as CodeBuild does on an image without runtimes."""
        if phase.runtime_versions:
            wanted = ", ".join(f"{name} {version}" for name, version in phase.runtime_versions.items())
            self.progress.log.say(
                f"Skipping install of runtimes ({wanted}). Runtime version selection is not supported by this "
                "build image: what is installed on this machine is used"
            )


def first_line(command: str, width: int = 80) -> str:
    """What fits into a title of a command of several lines."""
    first = " ".join(command.strip().partition("\n")[0].split())
    return first if len(first) <= width else first[: width - 1] + "…"
