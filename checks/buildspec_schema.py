"""The keys of a buildspec, what each may hold, and what is said when it holds something else."""

import re
from collections.abc import Mapping

import yaml

from checks.buildspec import (
    PHASES,
    Artifacts,
    Buildspec,
    BuildspecError,
    Cache,
    Command,
    Env,
    OnFailure,
    Phase,
    ReportGroup,
)
from checks.document import Document, Entry, Problem, TooLarge, is_null, quoted

TOP = ("version", "run-as", "env", "proxy", "batch", "phases", "reports", "artifacts", "cache")
OLD_TOP = ("environment_variables",)
ENV = ("shell", "variables", "parameter-store", "secrets-manager", "exported-variables", "git-credential-helper")
PHASE = ("run-as", "on-failure", "runtime-versions", "commands", "finally")
REPORT = ("files", "file-format", "base-directory", "discard-paths")
ARTIFACT = ("files", "name", "discard-paths", "base-directory", "exclude-paths", "enable-symlinks", "s3-prefix", "type")
CACHE = ("paths", "key", "fallback-keys", "action")
BATCH_ONLY = "phases is missing: this file only lists builds of a batch, and is none that can be run by itself"
SHELLS = ("bash", "/bin/sh", "sh", "/bin/bash", "powershell.exe", "pwsh.exe", "cmd.exe")
REPORT_FORMATS = frozenset(
    {"CUCUMBERJSON", "JUNITXML", "NUNITXML", "NUNIT3XML", "TESTNGXML", "VISUALSTUDIOTRX"}
    | {"CLOVERXML", "COBERTURAXML", "JACOCOXML", "SIMPLECOV"}
)
ON_FAILURE = "ABORT, CONTINUE, RETRY, RETRY-<count>, RETRY-<regex> or RETRY-<count>-<regex>"
MOST_FALLBACK_KEYS = 5
MOST_RETRIES = 100
DEFAULT_RETRIES = 3
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
RETRY = re.compile(r"RETRY(?:-(\d{1,3})(?=-|$))?(?:-(.+))?", re.DOTALL)


def parse(text: str, name: str = "buildspec.yml") -> Buildspec:
    """The buildspec in `text`, or a BuildspecError for the first thing that is wrong in it."""
    spec, found = read(text)
    if spec is None:
        first = found[0]
        raise BuildspecError(first.message, first.line, first.column, name)
    return spec


def problems(text: str) -> tuple[Problem, ...]:
    """Everything that is wrong with a buildspec, in the order of the file; empty if it can be run."""
    return read(text)[1]


def read(text: str) -> tuple[Buildspec | None, tuple[Problem, ...]]:
    """The buildspec, or None and all that is wrong with it in the order of the file."""
    try:
        document = Document(text)
        is_there = document.root is not None and not is_null(document.root)
        spec = _Reader(document).buildspec() if is_there and not document.problems else None
    except TooLarge as error:
        return None, (error.problem,)
    found = document.problems or ([] if spec else [Problem(1, 1, "the file is empty")])
    return (None if found else spec), tuple(sorted(found))


class _Reader:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.notes: list[str] = []

    def buildspec(self) -> Buildspec:
        root = self.document.root
        assert root is not None
        top = self.document.mapping(root, "the file", TOP + OLD_TOP)
        version = self._version(root, top)
        if "phases" not in top and isinstance(root, yaml.MappingNode):
            self.document.complain(
                root, BATCH_ONLY if "batch" in top else "phases is missing: nothing says what to run"
            )
        elif "batch" in top:
            self.notes.append("batch: has no effect, because this is a single build")
        if "proxy" in top:
            self.document.mapping(top["proxy"].value, "proxy", ("upload-artifacts", "logs"))
        return Buildspec(
            version=version,
            phases=self._phases(top["phases"].value) if "phases" in top else {},
            env=self._env(top),
            run_as=self._text(top, "run-as"),
            reports=self._reports(top),
            artifacts=self._artifacts(top["artifacts"].value, "artifacts") if "artifacts" in top else None,
            cache=self._cache(top["cache"].value) if "cache" in top else None,
            notes=tuple(self.notes),
        )

    def _version(self, root: yaml.Node, top: Mapping[str, Entry]) -> str:
        if "version" not in top:
            if isinstance(root, yaml.MappingNode):
                self.document.complain(root, "version is missing; the present one is: version: 0.2")
            return ""
        return self.document.choice(top["version"].value, "version", ("0.1", "0.2"))

    def _env(self, top: Mapping[str, Entry]) -> Env:
        env = self.document.mapping(top["env"].value, "env", ENV) if "env" in top else {}
        shell = self.document.choice(env["shell"].value, "env: shell", SHELLS) if "shell" in env else "/bin/sh"
        return Env(
            shell=shell,
            variables={**self._variables(env, "variables"), **self._old_variables(top)},
            parameter_store=self._variables(env, "parameter-store"),
            secrets_manager=self._variables(env, "secrets-manager"),
            exported_variables=self._exported(env),
            git_credential_helper=self._flag(env, "git-credential-helper"),
        )

    def _variables(self, section: Mapping[str, Entry], key: str) -> dict[str, str]:
        entries = self.document.mapping(section[key].value, f"env: {key}") if key in section else {}
        return self._values(entries, key)

    def _old_variables(self, top: Mapping[str, Entry]) -> dict[str, str]:
        """Version 0.1 has them under `environment_variables`, or there under `plaintext`."""
        if "environment_variables" not in top:
            return {}
        section = self.document.mapping(top["environment_variables"].value, "environment_variables")
        return self._variables(section, "plaintext") if "plaintext" in section else self._values(section, "plaintext")

    def _values(self, entries: Mapping[str, Entry], what: str) -> dict[str, str]:
        for name, entry in entries.items():
            self._check_variable(entry.key, name)
        return {name: self.document.text(entry.value, f"{what}: {name}") for name, entry in entries.items()}

    def _check_variable(self, node: yaml.Node, name: str) -> None:
        if name.upper().startswith("CODEBUILD_"):
            self.document.complain(node, f"{quoted(name)}: names that begin with CODEBUILD_ are reserved")
        elif not VARIABLE.fullmatch(name):
            self.document.complain(node, f"{quoted(name)} is no name for a variable: letters, digits and _ only")

    def _exported(self, env: Mapping[str, Entry]) -> tuple[str, ...]:
        if "exported-variables" not in env:
            return ()
        names = self.document.texts(env["exported-variables"].value, "env: exported-variables")
        for name in names:
            if not VARIABLE.fullmatch(name):
                self.document.complain(env["exported-variables"].value, f"{quoted(name)} is no name for a variable")
        return tuple(dict.fromkeys(names))

    def _phases(self, node: yaml.Node) -> dict[str, Phase]:
        entries = self.document.mapping(node, "phases", PHASES)
        if not entries and not self.document.problems:
            self.document.complain(node, f"phases is empty; it holds one or more of {', '.join(PHASES)}")
        return {name: self._phase(name, entry) for name, entry in entries.items()}

    def _phase(self, name: str, entry: Entry) -> Phase:
        keys = PHASE if name == "install" else tuple(key for key in PHASE if key != "runtime-versions")
        section = self.document.mapping(entry.value, name, keys)
        if (
            not section.keys() & {"commands", "finally"}
            and name != "install"
            and isinstance(entry.value, yaml.MappingNode)
        ):
            self.document.complain(entry.key, f"{name} has no commands")
        versions = section.get("runtime-versions")
        runtimes = self.document.mapping(versions.value, "runtime-versions") if versions else {}
        return Phase(
            name=name,
            commands=self._commands(section, "commands", name),
            closing=self._commands(section, "finally", name),
            run_as=self._text(section, "run-as"),
            on_failure=self._on_failure(section, name),
            runtime_versions={key: self.document.text(item.value, key) for key, item in runtimes.items()},
        )

    def _commands(self, section: Mapping[str, Entry], key: str, phase: str) -> tuple[Command, ...]:
        if key not in section:
            return ()
        commands = []
        for number, node in enumerate(self.document.items(section[key].value, f"{phase}: {key}"), 1):
            if isinstance(node, yaml.ScalarNode):
                commands.append(Command("" if is_null(node) else str(node.value), node.start_mark.line + 1))
            else:
                read_as = 'a mapping, because of the ": " in it' if isinstance(node, yaml.MappingNode) else "a list"
                self.document.complain(
                    node, f"{key} {number} of {phase} is read as {read_as}; put the whole command in quotes"
                )
        return tuple(command for command in commands if command.text.strip())

    def _on_failure(self, section: Mapping[str, Entry], phase: str) -> OnFailure:
        if "on-failure" not in section:
            return OnFailure()
        node = section["on-failure"].value
        value = self.document.text(node, f"{phase}: on-failure")
        if value in {"ABORT", "CONTINUE"}:
            return OnFailure(action=value)
        form = RETRY.fullmatch(value)
        if not form:
            self.document.complain(node, f"on-failure of {phase} cannot be {quoted(value)}; it is {ON_FAILURE}")
            return OnFailure()
        retries = int(form[1]) if form[1] else DEFAULT_RETRIES
        if retries > MOST_RETRIES:
            self.document.complain(node, f"on-failure of {phase} may retry at most {MOST_RETRIES} times")
        pattern = form[2] or ".*"
        try:
            re.compile(pattern)
        except re.error as error:
            self.document.complain(node, f"on-failure of {phase}: {quoted(pattern)} is no regular expression ({error})")
        return OnFailure(action="RETRY", retries=retries, pattern=pattern)

    def _reports(self, top: Mapping[str, Entry]) -> tuple[ReportGroup, ...]:
        groups = self.document.mapping(top["reports"].value, "reports") if "reports" in top else {}
        return tuple(self._report(name, entry) for name, entry in groups.items())

    def _report(self, name: str, entry: Entry) -> ReportGroup:
        section = self.document.mapping(entry.value, f"report {name}", REPORT)
        if "files" not in section:
            self.document.complain(entry.key, f"report {quoted(name)} has no files")
        form = section.get("file-format")
        return ReportGroup(
            name=name,
            files=self._texts(section, "files"),
            format=self.document.choice(form.value, "file-format", REPORT_FORMATS, str.upper) if form else "JUNITXML",
            base_directory=self._text(section, "base-directory"),
            discard_paths=self._flag(section, "discard-paths"),
        )

    def _artifacts(self, node: yaml.Node, what: str, identifier: str = "") -> Artifacts:
        keys = ARTIFACT if identifier else (*ARTIFACT, "secondary-artifacts")
        section = self.document.mapping(node, what, keys)
        more = section.get("secondary-artifacts")
        secondary = self.document.mapping(more.value, "secondary-artifacts") if more else {}
        if "files" not in section and not secondary and isinstance(node, yaml.MappingNode):
            self.document.complain(node, f"{what} has no files")
        return Artifacts(
            identifier=identifier,
            files=self._texts(section, "files"),
            name=self._text(section, "name"),
            discard_paths=self._flag(section, "discard-paths"),
            base_directory=self._text(section, "base-directory"),
            exclude_paths=self._texts(section, "exclude-paths"),
            enable_symlinks=self._flag(section, "enable-symlinks"),
            secondary=tuple(
                self._artifacts(item.value, f"secondary artifact {name}", name) for name, item in secondary.items()
            ),
        )

    def _cache(self, node: yaml.Node) -> Cache:
        section = self.document.mapping(node, "cache", CACHE)
        if "paths" not in section and isinstance(node, yaml.MappingNode):
            self.document.complain(node, "cache has no paths")
        fallback = self._texts(section, "fallback-keys")
        if len(fallback) > MOST_FALLBACK_KEYS:
            self.document.complain(section["fallback-keys"].value, f"at most {MOST_FALLBACK_KEYS} fallback-keys")
        action = (
            self.document.choice(section["action"].value, "action", ("restore", "save")) if "action" in section else ""
        )
        return Cache(
            paths=self._texts(section, "paths"),
            key=self._text(section, "key"),
            fallback_keys=fallback,
            restores=action != "save",
            saves=action != "restore",
        )

    def _text(self, section: Mapping[str, Entry], key: str) -> str:
        return self.document.text(section[key].value, key) if key in section else ""

    def _texts(self, section: Mapping[str, Entry], key: str) -> tuple[str, ...]:
        return tuple(text for text in self.document.texts(section[key].value, key) if text) if key in section else ()

    def _flag(self, section: Mapping[str, Entry], key: str) -> bool:
        return key in section and self.document.boolean(section[key].value, key)
