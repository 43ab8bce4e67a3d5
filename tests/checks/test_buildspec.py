import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.buildspec import Artifacts, BuildspecError, Cache, Command, Env, OnFailure, ReportGroup
from checks.buildspec_schema import parse, problems

AMBIGUOUS = 'commands 2 of build is read as a mapping, because of the ": " in it; put the whole command in quotes'
BUILD = "phases:\n  build:\n    commands: [make]\n"


def told(text: str) -> list[tuple[int, int, str]]:
    return [(problem.line, problem.column, problem.message) for problem in problems(text)]


def test_a_single_command_may_be_written_without_a_list() -> None:
    spec = parse("version: 0.2\nphases:\n  build:\n    commands: make all\n")
    assert spec.phase("build").commands == (Command("make all", 4),)


def test_commands_know_the_line_that_they_stand_on() -> None:
    spec = parse("version: 0.2\nphases:\n  build:\n    commands:\n      - |\n        a\n        b\n      - 12\n")
    assert spec.phase("build").commands == (Command("a\nb\n", 5), Command("12", 8))


def test_values_stay_what_they_look_like() -> None:
    spec = parse("version: 0.2\nenv:\n  variables:\n    A: 1.10\n    B: yes\n    C:\n    D: '$PATH:/x'\n" + BUILD)
    assert spec.env.variables == {"A": "1.10", "B": "yes", "C": "", "D": "$PATH:/x"}


def test_the_old_version_has_names_of_its_own() -> None:
    spec = parse("version: 0.1\nenvironment_variables:\n  plaintext:\n    A: b\n" + BUILD)
    assert (spec.keeps_shell_state, spec.env) == (False, Env(variables={"A": "b"}))


def test_everything_that_a_buildspec_may_hold_is_read() -> None:
    spec = parse("""\
version: 0.2
run-as: ana
env:
  shell: bash
  parameter-store: {KEY: /path}
  secrets-manager: {PASSWORD: "db:password"}
  exported-variables: [TAG, TAG]
  git-credential-helper: yes
proxy: {upload-artifacts: no, logs: no}
batch: {fast-fail: true, build-list: []}
phases:
  install: {runtime-versions: {python: 3.11}}
  build:
    on-failure: RETRY-2-timeout
    commands: [make]
    finally: [clean]
reports:
  unit: {files: ["**/*.xml"], file-format: junitxml, base-directory: out, discard-paths: yes}
artifacts:
  files: ["**/*"]
  name: v-$TAG
  type: zip
  secondary-artifacts: {docs: {files: [a], base-directory: html}}
cache: {key: k, fallback-keys: [f], action: restore, paths: [node_modules/**/*]}
""")
    assert spec.env == Env(
        shell="bash",
        parameter_store={"KEY": "/path"},
        secrets_manager={"PASSWORD": "db:password"},
        exported_variables=("TAG",),
        git_credential_helper=True,
    )
    assert spec.phase("build").on_failure == OnFailure(action="RETRY", retries=2, pattern="timeout")
    assert spec.phase("build").closing == (Command("clean", 16),)
    assert spec.phase("install").runtime_versions == {"python": "3.11"}
    assert spec.reports == (ReportGroup(name="unit", files=("**/*.xml",), base_directory="out", discard_paths=True),)
    docs = Artifacts(identifier="docs", files=("a",), base_directory="html")
    assert spec.artifacts == Artifacts(files=("**/*",), name="v-$TAG", secondary=(docs,))
    assert spec.cache == Cache(paths=("node_modules/**/*",), key="k", fallback_keys=("f",), saves=False)
    assert spec.notes == ("batch: has no effect, because this is a single build",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [(1, 1, "the file is empty")]),
        ("- a", [(1, 1, "the file has to be a mapping of names to values, not a list")]),
        ("version: 0.2\nphases:\n  biuld: {}\n", [(3, 3, 'unknown phase "biuld"; did you mean "build"?')]),
        ("version: 0.2\nartefacts: {}\n" + BUILD, [(2, 1, 'unknown key "artefacts"; did you mean "artifacts"?')]),
        ("version: 0.3\n" + BUILD, [(1, 10, 'version cannot be "0.3"; it is one of 0.1, 0.2')]),
        (BUILD, [(1, 1, "version is missing; the present one is: version: 0.2")]),
        ("version: 0.2\n", [(1, 1, "phases is missing: nothing says what to run")]),
        (
            "version: 0.2\nbatch: {build-list: []}\n",
            [
                (
                    1,
                    1,
                    "phases is missing: this file only lists builds of a batch, and is none that can be run by itself",
                )
            ],
        ),
        (
            "version: 0.2\nphases: {}\n",
            [(2, 9, "phases is empty; it holds one or more of install, pre_build, build, post_build")],
        ),
        ("version: 0.2\nphases:\n  build: {on-failure: ABORT}\n", [(3, 3, "build has no commands")]),
        (
            "version: 0.2\nphases:\n  build:\n    commands:\n      - make\n      - echo a: b\n",
            [(6, 9, AMBIGUOUS)],
        ),
        (
            "version: 0.2\nenv: {variables: {CODEBUILD_X: 1}}\n" + BUILD,
            [(2, 19, '"CODEBUILD_X": names that begin with CODEBUILD_ are reserved')],
        ),
        (
            "version: 0.2\nenv: {variables: {MY-NAME: 1}}\n" + BUILD,
            [(2, 19, '"MY-NAME" is no name for a variable: letters, digits and _ only')],
        ),
        (
            "version: 0.2\ncache: {paths: [a], fallback-keys: [a, b, c, d, e, f]}\n" + BUILD,
            [(2, 36, "at most 5 fallback-keys")],
        ),
        (
            "version: 0.2\nartifacts: {files: [a], discard-paths: maybe}\n" + BUILD,
            [(2, 40, 'discard-paths has to be yes or no, not "maybe"')],
        ),
        ("version: 0.2\nversion: 0.2\n" + BUILD, [(2, 1, '"version" is given twice in the file')]),
        ("version: 0.2\n\tphases:\n", [(2, 1, "not valid YAML: a tab is used where YAML wants spaces")]),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, expected: list[tuple[int, int, str]]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("ABORT", OnFailure(action="ABORT")),
        ("CONTINUE", OnFailure(action="CONTINUE")),
        ("RETRY", OnFailure(action="RETRY", retries=3)),
        ("RETRY-7", OnFailure(action="RETRY", retries=7)),
        ("RETRY-7-a-b", OnFailure(action="RETRY", retries=7, pattern="a-b")),
        ("RETRY-exit status [12]", OnFailure(action="RETRY", retries=3, pattern="exit status [12]")),
        ("RETRY-12th", OnFailure(action="RETRY", retries=3, pattern="12th")),
    ],
)
def test_on_failure_has_these_forms(value: str, expected: OnFailure) -> None:
    spec = parse(f"version: 0.2\nphases:\n  build:\n    commands: [a]\n    on-failure: {value}\n")
    assert spec.phase("build").on_failure == expected


@pytest.mark.parametrize("value", ["abort", "RETRY-101", "RETRY-(", "SOMETIMES"])
def test_other_forms_of_on_failure_are_refused(value: str) -> None:
    (problem,) = problems(f"version: 0.2\nphases:\n  build:\n    commands: [a]\n    on-failure: {value}\n")
    assert (problem.line, problem.column) == (5, 17)


def test_all_problems_are_found_in_one_look() -> None:
    text = "version: 1\nphases:\n  biuld: {}\n  build:\n    commands: [a]\n    color: red\n"
    assert [line for line, _, _ in told(text)] == [1, 3, 6]


def test_the_first_problem_reads_as_a_sentence() -> None:
    with pytest.raises(BuildspecError) as raised:
        parse("version: 0.2\nphases:\n  biuld: {}\n")
    assert str(raised.value) == 'buildspec.yml line 3: unknown phase "biuld"; did you mean "build"?'


def test_shared_parts_are_followed() -> None:
    spec = parse("version: 0.2\nphases:\n  pre_build: &p\n    commands: [a]\n  build:\n    <<: *p\n    finally: [b]\n")
    assert (spec.phase("build").commands, spec.phase("build").closing) == ((Command("a", 4),), (Command("b", 7),))


def test_aliases_that_multiply_are_refused() -> None:
    levels = "\n".join(f"  L{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 9))
    text = f"version: 0.2\nenv:\n  variables:\n    A: &l0 x\nphases: &p\n{levels}\n  build:\n    commands: *l8\n"
    assert problems(text) != ()


def test_a_list_that_holds_itself_is_refused() -> None:
    assert problems("version: 0.2\nphases:\n  build: &a\n    commands: *a\n") != ()


def test_a_mapping_that_merges_itself_is_refused() -> None:
    assert told("&a\nversion: 0.2\n<<: *a\n") == [(1, 1, "the file is a part of itself")]


def test_a_file_that_is_nested_without_end_is_refused() -> None:
    assert told("a: " + "[" * 5000) == [(1, 1, "the file is nested too deeply")]


def test_a_file_that_is_far_too_large_is_refused() -> None:
    assert told("#" * 70_000) == [(1, 1, "the file is larger than 64 KiB")]


@given(st.text(max_size=200) | st.text(alphabet="version: 02\n-[]{}&*a'\"|<>phsbuild", max_size=200))
def test_no_text_whatever_is_more_than_a_buildspec_or_a_list_of_problems(text: str) -> None:
    found = problems(text)
    if found:
        with pytest.raises(BuildspecError):
            parse(text)
    else:
        assert parse(text).version in {"0.1", "0.2"}
