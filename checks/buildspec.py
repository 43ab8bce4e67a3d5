"""What a repository's buildspec.yml asks for: CodeBuild's buildspec, versions 0.1 and 0.2."""

import re
from collections.abc import Mapping

from msgspec import Struct

PHASES = ("install", "pre_build", "build", "post_build")
READABLE_REPORTS = frozenset({"JUNITXML"})


class BuildspecError(Exception):
    """The buildspec cannot be run; `line` and `column` start at 1."""

    def __init__(self, message: str, line: int, column: int, name: str = "buildspec.yml") -> None:
        super().__init__(f"{name} line {line}: {message}")
        self.message = message
        self.line = line
        self.column = column


class Command(Struct, frozen=True):
    """A shell command, which may have several lines, and the line of the file that it stands on."""

    text: str
    line: int


class OnFailure(Struct, frozen=True, kw_only=True):
    """What follows when a phase fails. RETRY begins the build again when the error matches `pattern`."""

    action: str = "DEFAULT"
    retries: int = 0
    pattern: str = ".*"

    def wants_retry(self, error: str, attempt: int) -> bool:
        """Whether a build whose `attempt` (from 1) ended with this error begins again."""
        return self.action == "RETRY" and attempt <= self.retries and re.search(self.pattern, error) is not None


class Phase(Struct, frozen=True, kw_only=True):
    name: str
    commands: tuple[Command, ...] = ()
    closing: tuple[Command, ...] = ()
    """The commands under `finally`: they run whatever became of the others."""
    run_as: str = ""
    on_failure: OnFailure = OnFailure()
    runtime_versions: Mapping[str, str] = {}


class Env(Struct, frozen=True, kw_only=True):
    """Values are literal. `parameter_store` and `secrets_manager` hold names to look up."""

    shell: str = "/bin/sh"
    variables: Mapping[str, str] = {}
    parameter_store: Mapping[str, str] = {}
    secrets_manager: Mapping[str, str] = {}
    exported_variables: tuple[str, ...] = ()
    git_credential_helper: bool = False


class ReportGroup(Struct, frozen=True, kw_only=True):
    name: str
    files: tuple[str, ...]
    format: str = "JUNITXML"
    base_directory: str = ""
    discard_paths: bool = False


class Artifacts(Struct, frozen=True, kw_only=True):
    """Files to keep; `identifier` is empty for the primary artifact."""

    identifier: str = ""
    files: tuple[str, ...] = ()
    name: str = ""
    discard_paths: bool = False
    base_directory: str = ""
    exclude_paths: tuple[str, ...] = ()
    enable_symlinks: bool = False
    secondary: tuple["Artifacts", ...] = ()


class Cache(Struct, frozen=True, kw_only=True):
    paths: tuple[str, ...] = ()
    key: str = ""
    fallback_keys: tuple[str, ...] = ()
    restores: bool = True
    saves: bool = True


class Buildspec(Struct, frozen=True, kw_only=True):
    """A valid buildspec. `notes` says what was accepted and has no effect here."""

    version: str
    phases: Mapping[str, Phase] = {}
    env: Env = Env()
    run_as: str = ""
    reports: tuple[ReportGroup, ...] = ()
    artifacts: Artifacts | None = None
    cache: Cache | None = None
    notes: tuple[str, ...] = ()

    @property
    def keeps_shell_state(self) -> bool:
        """From 0.2 on, variables and the working directory survive from command to command."""
        return self.version != "0.1"

    def phase(self, name: str) -> Phase:
        return self.phases.get(name) or Phase(name=name)
