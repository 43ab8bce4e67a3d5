"""Who reports of a deployment that somebody else makes."""

from typing import Any

import pytest
from pydantic import ValidationError

from deploy.targets.external import External


@pytest.mark.parametrize("said", [{}, {"app": "deployer", "user": "ana"}])
def test_it_is_one_app_or_one_person(said: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="external needs either app or user: who reports"):
        External.model_validate(said)


@pytest.mark.parametrize(
    ("said", "app", "login", "heard"),
    [
        ({"app": "deployer"}, "deployer", "deployer[bot]", True),
        ({"app": "deployer"}, "Deployer", "deployer[bot]", True),
        ({"app": "deployer"}, "other", "deployer[bot]", False),
        ({"app": "deployer"}, "", "deployer", False),
        ({"user": "ana"}, "", "Ana", True),
        ({"user": "ana"}, "", "bo", False),
        ({"user": "ana"}, "some-app", "ana", False),
    ],
)
def test_only_whom_it_names_is_heard(said: dict[str, Any], app: str, login: str, heard: bool) -> None:
    assert External(**said).hears(app, login) is heard


def test_nothing_is_driven() -> None:
    kind = External(app="deployer")
    assert kind.open("web", "staging", None) is None  # type: ignore[arg-type, func-returns-value]
    assert kind.problems(["A"]) == []
