"""What the documentation shows is valid, and it tells every key."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from pydantic import BaseModel

from deploy.configuration import FILE, Defaults, read, read_defaults
from deploy.configuration.complaint import keys
from deploy.configuration.deploydb import Environment as TheirEnvironment
from deploy.configuration.deploydb import Pipeline
from deploy.configuration.deploydb import Service as TheirService
from deploy.configuration.organisation import FOLDERS
from deploy.configuration.written import Environment, File, Notify, Service
from deploy.pipeline import Configuration
from deploy.promotion import Promotion
from deploy.promotions import KINDS as PROMOTIONS
from deploy.targets import KINDS as TARGETS

TEXT = Path("docs/delivery-configuration.md").read_text()
EXAMPLES = [(name, text) for name, text in re.findall(r"```yaml\n# (\S+)\n(.*?)```", TEXT, re.DOTALL)]
THEIRS = {name: text for name, text in EXAMPLES if name != FILE}
COMMON = keys(Promotion)


def section(heading: str) -> str:
    """What is below a heading, up to the next one of any level."""
    [found] = re.findall(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", TEXT, re.DOTALL | re.MULTILINE)
    return str(found)


def told(heading: str) -> list[str]:
    """The keys in the first column of a table."""
    return re.findall(r"^\| `([\w]+)` \|", section(heading), re.MULTILINE)


def told_of_kinds(heading: str) -> dict[str, list[str]]:
    """The keys in the second column, by the kind above them."""
    found: dict[str, list[str]] = {}
    for kind, key in re.findall(r"^\| (?:\*\*`(\w+)`\*\*)? ?\| (?:`(\w+)`)?", section(heading), re.MULTILINE):
        if kind:
            found[kind] = []
        elif key:
            found[list(found)[-1]].append(key)
    return found


def understood(text: str, defaults: Defaults) -> Configuration:
    return read(text, repository=42, full_name="acme/web", sha="", defaults=defaults)


def test_there_is_an_example_of_the_shortest_file_and_of_one_that_builds_on_the_organisation() -> None:
    names = [name for name, _ in EXAMPLES]
    assert (TEXT.count("```yaml"), names.count(FILE), len(THEIRS)) == (len(EXAMPLES), 3, 4)
    assert EXAMPLES[0][1].count("\n") == 3


@pytest.mark.parametrize("text", [text for name, text in EXAMPLES if name == FILE])
def test_every_example_is_valid(text: str) -> None:
    alone = "pipeline:" not in text
    assert understood(text, Defaults() if alone else read_defaults(THEIRS)).services[0].name == "web"


def test_the_last_example_is_gated_by_the_organisation() -> None:
    [service] = understood(EXAMPLES[-1][1], read_defaults(THEIRS)).services
    staging, production = service.environments
    assert [rule.name for rule in staging.after] == ["smoke"]
    assert [rule.name for rule in production.before] == ["release-team"]
    assert (production.automatic, production.rolls_back, service.labels) == (True, True, ("CODE",))


@pytest.mark.parametrize(
    ("heading", "known"),
    [
        ("The file", keys(File)),
        ("A service", keys(Service)),
        ("An environment", keys(Environment)),
        ("Notify", keys(Notify)),
        ("`services/*.yml`", keys(TheirService)),
        ("`pipelines/*.yml`", keys(Pipeline)),
        ("`environments/*.yml`", set(keys(TheirEnvironment)) - set(keys(Environment))),
        ("Promotions", ("type", *COMMON)),
    ],
)
def test_every_key_is_in_its_table_and_no_other(heading: str, known: Iterable[str]) -> None:
    assert sorted(told(heading)) == sorted(known)


@pytest.mark.parametrize(("heading", "kinds", "common"), [("Promotions", PROMOTIONS, COMMON), ("Targets", TARGETS, ())])
def test_every_kind_is_in_its_table_with_all_its_keys(
    heading: str, kinds: dict[str, type[BaseModel]], common: tuple[str, ...]
) -> None:
    """What is common to all is told of one again where it means something else there."""
    found = {kind: sorted(set(named) - set(common)) for kind, named in told_of_kinds(heading).items()}
    assert found == {name: sorted(set(keys(kind)) - {"type", *common}) for name, kind in kinds.items()}


def test_every_folder_is_told() -> None:
    assert re.findall(r"^### `(\w+)/\*\.yml`$", TEXT, re.MULTILINE) == list(FOLDERS)
