"""The published descriptions say yes to what fits them and no to what does not."""

from pathlib import Path

import pytest

from tests.published import npm
from tests.published.openapi import openapi
from tests.published.webhooks import webhook_examples, webhook_schema_errors

CHECK_RUNS = "/repos/acme/web/check-runs"
CHECK_RUN = {"name": "build", "head_sha": "4f2a91c" + "0" * 33, "status": "queued"}


def test_a_right_request_has_no_errors() -> None:
    assert openapi().request_errors("POST", CHECK_RUNS, {}, CHECK_RUN) == []


def test_a_wrong_body_is_named_field_by_field() -> None:
    action = {"label": "much longer than twenty", "description": "", "identifier": "rerun"}
    assert openapi().request_errors("POST", CHECK_RUNS, {}, CHECK_RUN | {"actions": [action], "colour": "red"}) == [
        'body/actions/0/label: "much longer than twenty" is longer than 20 characters',
        "body: colour is unknown",
    ]


def test_a_missing_body_is_named() -> None:
    assert openapi().request_errors("POST", CHECK_RUNS, {}) == ['body: null is not of type "object"']


def test_a_body_where_there_is_none_is_named() -> None:
    assert openapi().request_errors("DELETE", "/installation/token", {}, {}) == ["body: there must be none"]


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ({"per_page": "100", "status": "failure"}, []),
        ({"page": "2"}, ["query: page is unknown, there are per_page, cursor, status"]),
        ({"per_page": "all"}, ['query per_page: "all" is not of type "integer"']),
    ],
)
def test_query_parameters_are_checked_by_name_and_type(query: dict[str, str], errors: list[str]) -> None:
    assert openapi().request_errors("GET", "/app/hook/deliveries", query) == errors


@pytest.mark.parametrize("path", ["/repos/acme/web/contents/a/buildspec.yml", "/repos/acme/web/git/ref/heads/a/b"])
def test_some_parameters_may_hold_slashes(path: str) -> None:
    assert openapi().request_errors("GET", path, {}) == []


@pytest.mark.parametrize("path", ["/repos/acme/web/check-runs/None", "/repos/acme/web/nothing", "/repos//web"])
def test_a_path_that_github_does_not_have_is_named(path: str) -> None:
    assert openapi().request_errors("GET", path, {}) == [f"GET {path}: GitHub has no such operation"]


def test_null_is_right_where_github_allows_it_and_nowhere_else() -> None:
    permission = {"permission": "read", "role_name": "read", "user": None}
    path = "/repos/acme/web/collaborators/ana/permission"
    assert openapi().response_errors("GET", path, 200, permission) == []
    assert openapi().response_errors("GET", path, 200, permission | {"permission": None}) == [
        'response/permission: null is not of type "string"'
    ]


def test_a_status_that_github_does_not_answer_is_named() -> None:
    assert openapi().response_errors("DELETE", "/installation/token", 200) == [
        "DELETE /installation/token: GitHub answers 204, not 200"
    ]
    assert openapi().response_errors("DELETE", "/installation/token", 204) == []


def test_most_published_examples_of_webhooks_fit_the_published_schemas() -> None:
    fits = [not webhook_schema_errors(event, one) for event, listed in webhook_examples().items() for one in listed]
    assert (len(fits), sum(fits)) == (329, 276)


def test_an_archive_with_other_bytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npm, "CACHE", tmp_path)
    (tmp_path / npm.SCHEMAS.archive).write_bytes(b"something else")
    with pytest.raises(AssertionError, match=r"is not the @octokit/webhooks-schemas 7\.6\.1 that is expected"):
        npm._archive(npm.SCHEMAS)


@pytest.mark.parametrize(("required", "outcome"), [("0", pytest.skip.Exception), ("1", pytest.fail.Exception)])
def test_without_npm_a_test_is_skipped_or_fails_where_everything_is_required(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, required: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setattr(npm, "CACHE", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("REQUIRE_ALL", required)
    with pytest.raises(outcome, match=r"@octokit/webhooks-schemas@7\.6\.1 cannot be fetched: install npm"):
        npm._archive(npm.SCHEMAS)
