"""Whose places are whose: what the operator says is open to all repositories, to one, or to none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.allowed import Allowed, allowed

PARAMETERS = allowed(
    "HAND_OFF_PARAMETERS", ["/stag/", "acme/Web=/stag/Web/", "acme/web=/prod/Web/", "acme/api=/stag/Api/"], "*"
)


@pytest.mark.parametrize(
    ("repository", "name", "refusal"),
    [
        ("acme/docs", "/stag/Docs/tag", ""),
        ("acme/docs", "/stag/Web/tag", "HAND_OFF_PARAMETERS keeps it for acme/web"),
        ("acme/docs", "/prod/Web/tag", "HAND_OFF_PARAMETERS lets acme/docs change /stag/*"),
        ("acme/web", "/stag/Web/tag", ""),
        ("acme/web", "/prod/Web/tag", ""),
        ("ACME/Web", "/prod/Web/tag", ""),
        ("acme/web", "/stag/Docs/tag", "HAND_OFF_PARAMETERS lets acme/web change /stag/Web/* or /prod/Web/*"),
        ("acme/web", "/stag/Api/tag", "HAND_OFF_PARAMETERS lets acme/web change /stag/Web/* or /prod/Web/*"),
        ("acme/web-2", "/stag/Web/tag", "HAND_OFF_PARAMETERS keeps it for acme/web"),
        ("acme/api", "/stag/Api", "HAND_OFF_PARAMETERS lets acme/api change /stag/Api/*"),
        ("acme/docs", "/STAG/tag", "HAND_OFF_PARAMETERS lets acme/docs change /stag/*"),
    ],
)
def test_a_repository_changes_its_own_places_or_those_of_nobody(repository: str, name: str, refusal: str) -> None:
    sentence = f"{name} may not be changed: {refusal}; ask the operator" if refusal else ""
    assert PARAMETERS.refusal(repository, name) == sentence


@pytest.mark.parametrize(
    ("entry", "name", "may"),
    [
        ("api", "api", True),
        ("api", "api-2", False),
        ("web-*", "web-api", True),
        ("web-*", "web", False),
        ("*", "anything", True),
        ("*-api", "web-api", True),
    ],
)
def test_a_star_stands_for_anything_and_a_name_for_itself(entry: str, name: str, may: bool) -> None:
    assert (allowed("DEPLOY_FUNCTIONS", [entry]).refusal("acme/web", name) == "") is may


def test_what_is_not_set_lets_nobody_change_anything() -> None:
    assert allowed("DEPLOY_FUNCTIONS", []).refusal("acme/web", "api") == (
        "api may not be changed: DEPLOY_FUNCTIONS lets acme/web change nothing; ask the operator"
    )


def test_two_repositories_may_share_what_is_kept_for_both() -> None:
    shared = allowed("DEPLOY_FUNCTIONS", ["acme/web=api", "acme/api=api"])
    assert [shared.refusal(each, "api") for each in ("acme/web", "acme/api")] == ["", ""]
    assert shared.refusal("acme/docs", "api").startswith("api may not be changed: DEPLOY_FUNCTIONS lets acme/docs")


OWNERS = st.sampled_from(["", "acme/a", "acme/b", "acme/c"])
NAMES = st.text("ab*", min_size=1, max_size=3)


@given(st.lists(st.tuples(OWNERS, NAMES), max_size=6), st.text("ab", max_size=3))
def test_no_place_of_one_repository_is_open_to_another(entries: list[tuple[str, str]], name: str) -> None:
    rule: Allowed = allowed("X", [f"{owner}={each}" if owner else each for owner, each in entries])
    keepers = {each.owner for each in rule.places if each.owner and each.has(name)}
    may = {each for each in ("acme/a", "acme/b", "acme/c", "acme/d") if not rule.refusal(each, name)}
    if keepers:
        assert may == keepers
    else:
        is_open = any(not each.owner and each.has(name) for each in rule.places)
        bound = {each.owner for each in rule.places if each.owner}
        assert may == ({"acme/a", "acme/b", "acme/c", "acme/d"} - bound if is_open else set())
