"""`interlock check` of delivery; of the buildspec, see `test_build`."""

from pathlib import Path

import pytest

from tests.app.commands.test_build import CHECK, run, spec
from tests.checks.runners.workshop import phases

PLACE = "target: {type: local, artifact: SITE}"
DELIVERY = f"""\
services:
  web:
    environments:
      staging: {{{PLACE}}}
      production: {{{PLACE}}}
"""


@pytest.fixture
def web(tmp_path: Path) -> Path:
    return spec(tmp_path / "web", phases(build="true"))


def write(directory: Path, name: str, text: str) -> Path:
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["interlock.yml", "interlock.yaml"])
def test_the_pipeline_is_told_in_a_line(web: Path, name: str) -> None:
    write(web, f".github/{name}", DELIVERY)
    valid = f"{web}/buildspec.yml: valid\n{web}/.github/{name}: web: staging → production (by hand)"
    assert run(CHECK, web) == (0, valid, "")


def test_what_is_wrong_with_the_buildspec_and_with_delivery_is_told_at_once(web: Path) -> None:
    write(web, "buildspec.yml", "version: 0.2\nphases:\n  biuld: {}\n")
    write(web, ".github/interlock.yml", DELIVERY.replace("production", "production/eu").replace("artifact", "artefact"))
    assert run(CHECK, web) == (
        1,
        (
            f'{web}/buildspec.yml:3:3: unknown phase "biuld"; did you mean "build"?\n'
            f"{web}/.github/interlock.yml:4: target needs artifact: the label of the zip\n"
            f'{web}/.github/interlock.yml:4: unknown key in target: "artefact"; did you mean "artifact"?\n'
            f'{web}/.github/interlock.yml:5: "production/eu" is no name: a name begins with a letter or a digit, '
            "goes on with these, -, _ or ., and has 100 characters at most"
        ),
        "",
    )


def test_only_one_file_is_read(web: Path) -> None:
    write(web, ".github/interlock.yml", DELIVERY)
    write(web, ".github/interlock.yaml", "")
    status, said, _ = run(CHECK, web)
    unread = f"{web}/.github/interlock.yaml: is not read while .github/interlock.yml is there: remove one of them"
    assert (status, said.splitlines()[-1]) == (1, unread)


def test_what_the_organisation_says_is_known_if_its_repository_is_named(web: Path, tmp_path: Path) -> None:
    write(web, ".github/interlock.yml", DELIVERY.replace("production: {", "production: {before: [release], "))
    place = f"{web}/.github/interlock.yml"
    status, said, _ = run(CHECK, web)
    assert (status, said.splitlines()[1:]) == (1, [f'{place}:5: there is no promotion "release"; there is none'])
    theirs = tmp_path / "theirs"
    write(theirs, "interlock/promotions/release.yml", "type: manual\n")
    status, said, _ = run(CHECK, web, "--organisation", theirs)
    assert (status, said.splitlines()[1:]) == (0, [f"{place}: web: staging → production"])
    wrong = write(theirs, "interlock/promotions/release.yml", "type: manaul\n")
    status, said, _ = run(CHECK, web, "--organisation", theirs)
    why = f'{wrong}:1: release cannot have the type "manaul"; did you mean "manual"?'
    assert (status, said.splitlines()[1:]) == (1, [why])


def test_a_service_that_only_the_organisation_defines_is_told(web: Path, tmp_path: Path) -> None:
    write(tmp_path / "theirs", "interlock/services/web.yml", f"environments: {{staging: {{{PLACE}}}}}\n")
    status, said, _ = run(CHECK, web, "--organisation", tmp_path / "theirs")
    assert (status, said.splitlines()[1:]) == (0, [f"{tmp_path}/theirs: web: staging"])


def test_an_organisations_repository_is_validated_with_what_has_no_effect(tmp_path: Path) -> None:
    write(tmp_path, "interlock/environments/staging.yml", f"{PLACE}\nwebhook: {{deployment: {{created: []}}}}\n")
    write(tmp_path, "deploydb/pipelines/p.yml", "environments: [staging]\n")
    assert run(CHECK, tmp_path) == (
        0,
        (
            f"{tmp_path}/interlock/environments/staging.yml:2: webhook has no effect: "
            "Interlock sends no webhooks of DeployDB's\n"
            f"{tmp_path}: valid: 0 services, 1 pipeline, 1 environment, 0 promotions"
        ),
        "",
    )


def test_what_is_wrong_in_an_organisations_repository_is_told_by_file(tmp_path: Path) -> None:
    lost = write(tmp_path, "interlock/service/web.yml", "artifacts: A\n")
    wrong = write(tmp_path, "interlock/services/web.yml", "\npipelines: [p]\n")
    assert run(CHECK, tmp_path) == (
        1,
        (
            f'{lost}: files in this folder mean nothing; did you mean "services"?\n'
            f'{wrong}:2: there is no pipeline "p"; there is none'
        ),
        "",
    )


def test_a_repository_with_a_folder_of_that_name_is_still_a_repository(web: Path) -> None:
    write(web, "interlock/services/web.yml", "nothing of ours: 1\n")
    assert run(CHECK, web) == (0, f"{web}/buildspec.yml: valid", "")
    named = web.rename(web.parent / ".github")
    assert run(CHECK, named)[0] == 1


def test_what_is_no_text_is_refused(web: Path) -> None:
    path = write(web, ".github/interlock.yml", "")
    path.write_bytes(b"\xff")
    assert run(CHECK, web) == (1, f"{web}/buildspec.yml: valid", f"interlock: {path} is not UTF-8 text")
