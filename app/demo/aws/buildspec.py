"""The buildspec that a build runs with: the one of the request or the project, or a file of the source."""

import asyncio
import shutil
from pathlib import Path

import yaml

from app.demo.aws.build import Build
from app.demo.aws.source import SourceProblem
from checks.runners.local.job import DirectorySource, GitSource
from checks.runners.local.machine import network_variables, search_path
from checks.runners.local.source import SourceGone, SourceUnavailable, fetch

TYPED = {"PARAMETER_STORE": "parameter-store", "SECRETS_MANAGER": "secrets-manager"}
BUILDSPEC = "buildspec.yml"


async def buildspec_of(build: Build, source: GitSource | DirectorySource, token: str, folder: Path) -> str:
    """The text itself; a source is looked at in a folder of its own below `folder`. Raises SourceProblem."""
    asked = build.settings["source"].get("buildspec", "")
    if "\n" in asked:
        return _with_typed(asked, build.variables)
    name = asked or BUILDSPEC
    text = await asyncio.to_thread(_file, source, name, token, folder / f"{build.uuid}.look")
    if text is None:
        raise SourceProblem(f"stat {name}: no such file or directory", "YAML_FILE_ERROR")
    return _with_typed(text, build.variables)


def _file(source: GitSource | DirectorySource, name: str, token: str, folder: Path) -> str | None:
    try:
        if isinstance(source, DirectorySource):
            return _text(Path(source.path), name)
        folder.parent.mkdir(parents=True, exist_ok=True)
        fetch(source, folder, token, {"PATH": search_path(), **network_variables()})
        return _text(folder, name)
    except (SourceGone, SourceUnavailable) as error:
        raise SourceProblem(str(error)) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _text(folder: Path, name: str) -> str | None:
    path = folder / name
    return path.read_text(errors="replace") if path.is_file() and path.resolve().is_relative_to(folder) else None


def _with_typed(buildspec: str, variables: list[dict[str, str]]) -> str:
    """Values from Parameter Store and Secrets Manager are had, and masked, as if the buildspec had asked for them."""
    typed = [each for each in variables if each["type"] in TYPED]
    if not typed:
        return buildspec
    try:
        document = yaml.safe_load(buildspec)
    except yaml.YAMLError:
        return buildspec
    if not isinstance(document, dict):
        return buildspec
    env = document["env"] = document.get("env") or {}
    for each in typed:
        env[TYPED[each["type"]]] = {**(env.get(TYPED[each["type"]]) or {}), each["name"]: each["value"]}
    return yaml.safe_dump(document, sort_keys=False)
