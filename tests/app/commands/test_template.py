"""`interlock template` prints the templates as they are, and the wheel has them."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from app.commands.template import TEMPLATES, template


@pytest.mark.parametrize(
    ("arguments", "name"), [([], "template.yml"), (["builds"], "template.yml"), (["address"], "address.yml")]
)
def test_a_template_is_printed_as_it_is(arguments: list[str], name: str) -> None:
    ended = CliRunner().invoke(template, arguments)
    assert (ended.exit_code, ended.output) == (0, Path("app/aws", name).read_text())


def test_an_unknown_stack_is_wrong_usage_and_told() -> None:
    ended = CliRunner().invoke(template, ["queue"])
    assert (ended.exit_code, "'queue' is not one of 'builds', 'address'" in ended.output) == (2, True)


def test_every_template_beside_the_code_can_be_printed() -> None:
    assert sorted(TEMPLATES.values()) == sorted(path.name for path in Path("app/aws").glob("*.yml"))
