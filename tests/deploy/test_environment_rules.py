"""GitHub's own rules of an environment hold for deployments that GitHub would let pass."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.environment_rules import (
    Branches,
    EnvironmentRules,
    Facts,
    Pattern,
    Reviewed,
    Reviewer,
    judge,
    matches,
)
from deploy.promotion import Decision, State, Verdict

ASKED = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

BO = Reviewer(id=2, name="bo")
RELEASE = Reviewer(id=7, name="release", is_team=True)
WAITS = "needs one of @bo, @acme/release; asked 14:02 UTC"
TWO = (BO, RELEASE)


def says(by: str, *, approved: bool = True, reason: str = "", **known: bool) -> Reviewed:
    return Reviewed(decision=Decision(by=by, by_id=1, approved=approved, at=ASKED, reason=reason), **known)


def judged(rules: dict[str, Any], facts: dict[str, Any]) -> Mapping[str, Verdict]:
    known: dict[str, Any] = {"owner": "acme", "ref": "main", "asked_at": ASKED, "now": ASKED + 5 * MINUTE} | facts
    return judge(EnvironmentRules(environment="production", **rules), Facts(**known))


def passed(why: str) -> Verdict:
    return Verdict(state=State.PASSED, why=why)


def failed(why: str) -> Verdict:
    return Verdict(state=State.FAILED, why=why)


def pending(why: str, again: timedelta | None = None) -> Verdict:
    return Verdict(state=State.PENDING, why=why, again=again)


REVIEWED = {"reviewers": TWO}
NOT_SELF = {"reviewers": TWO, "prevent_self_review": True}
WAIT = {"wait": 30 * MINUTE}
PROTECTED = {"branches": Branches.PROTECTED}
SELECTED = {"branches": Branches.NAMED, "patterns": (Pattern(name="release/*"), Pattern(name="v*", is_tag=True))}
ONLY = "only branch release/*, tag v* may be deployed here, and not"
BYPASS = says("cy", reason="fire", administers=True, bypasses=True)
MAY = {"admins_may_bypass": True}

TABLE: list[tuple[str, dict[str, Any], dict[str, Any], Mapping[str, Verdict]]] = [
    ("no rules", {}, {}, {}),
    ("nobody reviewed", REVIEWED, {}, {"reviewers": pending(WAITS)}),
    ("a user approved", REVIEWED, {"reviewed": [says("bo", reviews=True)]}, {"reviewers": passed("approved by @bo")}),
    (
        "one approval of a team suffices",
        REVIEWED,
        {"reviewed": [says("di", reviews=True, reason="go")]},
        {"reviewers": passed("approved by @di: go")},
    ),
    ("a stranger approved", REVIEWED, {"reviewed": [says("eve")]}, {"reviewers": pending(WAITS)}),
    ("a stranger rejected", REVIEWED, {"reviewed": [says("eve", approved=False)]}, {"reviewers": pending(WAITS)}),
    (
        "an administrator is no reviewer",
        REVIEWED,
        {"reviewed": [says("cy", administers=True)]},
        {"reviewers": pending(WAITS)},
    ),
    (
        "a rejection beats an approval",
        REVIEWED,
        {"reviewed": [says("bo", reviews=True), says("di", reviews=True, approved=False, reason="no")]},
        {"reviewers": failed("rejected by @di: no")},
    ),
    (
        "the initiator may approve",
        REVIEWED,
        {"initiator": "bo", "reviewed": [says("bo", reviews=True)]},
        {"reviewers": passed("approved by @bo")},
    ),
    (
        "the initiator may not, if self-review is prevented",
        NOT_SELF,
        {"initiator": "Bo", "reviewed": [says("bo", reviews=True)]},
        {"reviewers": pending(f"{WAITS}; @bo asked for this deployment, which does not count")},
    ),
    (
        "somebody else may, if self-review is prevented",
        NOT_SELF,
        {"initiator": "bo", "reviewed": [says("bo", reviews=True), says("di", reviews=True)]},
        {"reviewers": passed("approved by @di")},
    ),
    (
        "nobody is the initiator of what goes by itself",
        NOT_SELF,
        {"reviewed": [says("bo", reviews=True)]},
        {"reviewers": passed("approved by @bo")},
    ),
    (
        "whose change goes by itself may not, if self-review is prevented",
        NOT_SELF,
        {"authors": ("ana", "Bo"), "reviewed": [says("bo", reviews=True)]},
        {"reviewers": pending(f"{WAITS}; @bo has a part in it, which does not count")},
    ),
    (
        "whose change it is may approve otherwise",
        REVIEWED,
        {"authors": ("bo",), "reviewed": [says("bo", reviews=True)]},
        {"reviewers": passed("approved by @bo")},
    ),
    (
        "the initiator may reject, even if self-review is prevented",
        NOT_SELF,
        {"initiator": "bo", "reviewed": [says("bo", reviews=True, approved=False)]},
        {"reviewers": failed("rejected by @bo")},
    ),
    ("preventing self-review alone asks for nobody", {"prevent_self_review": True}, {"initiator": "bo"}, {}),
    (
        "the timer runs",
        WAIT,
        {},
        {"wait": pending("waits until 14:32 UTC, 30 min after it was asked for", 25 * MINUTE)},
    ),
    ("the timer has run", WAIT, {"now": ASKED + 30 * MINUTE}, {"wait": passed("waited 30 min")}),
    (
        "the timer may take 30 days",
        {"wait": 43_200 * MINUTE},
        {},
        {"wait": pending("waits until 23 Dec 2026 14:02 UTC, 43200 min after it was asked for", 43_195 * MINUTE)},
    ),
    (
        "an approval does not stop the timer",
        REVIEWED | WAIT,
        {"reviewed": [says("bo", reviews=True)]},
        {
            "reviewers": passed("approved by @bo"),
            "wait": pending("waits until 14:32 UTC, 30 min after it was asked for", 25 * MINUTE),
        },
    ),
    (
        "the timer does not approve",
        REVIEWED | WAIT,
        {"now": ASKED + 30 * MINUTE},
        {"reviewers": pending(WAITS), "wait": passed("waited 30 min")},
    ),
    (
        "a protected branch",
        PROTECTED,
        {"protected": True, "any_protected": True},
        {"branch": passed("branch main may be deployed")},
    ),
    (
        "a branch beside protected ones",
        PROTECTED,
        {"ref": "wip", "any_protected": True},
        {"branch": failed("only protected branches may be deployed here, and branch wip is none")},
    ),
    ("any branch where none is protected", PROTECTED, {"ref": "wip"}, {"branch": passed("branch wip may be deployed")}),
    (
        "a tag named like a protected branch",
        PROTECTED,
        {"is_tag": True, "protected": True, "any_protected": True},
        {"branch": failed("only protected branches may be deployed here, and tag main is none")},
    ),
    (
        "a branch of the pattern",
        SELECTED,
        {"ref": "release/1"},
        {"branch": passed("branch release/1 may be deployed")},
    ),
    ("a branch of no pattern", SELECTED, {}, {"branch": failed(f"{ONLY} branch main")}),
    ("a wildcard stops at a slash", SELECTED, {"ref": "release/1/2"}, {"branch": failed(f"{ONLY} branch release/1/2")}),
    ("a tag of the pattern", SELECTED, {"ref": "v1", "is_tag": True}, {"branch": passed("tag v1 may be deployed")}),
    ("a branch named like the tags", SELECTED, {"ref": "v1"}, {"branch": failed(f"{ONLY} branch v1")}),
    (
        "a tag named like the branches",
        SELECTED,
        {"ref": "release/1", "is_tag": True},
        {"branch": failed(f"{ONLY} tag release/1")},
    ),
    (
        "patterns without a pattern",
        {"branches": Branches.NAMED},
        {},
        {"branch": failed("only nothing may be deployed here, and not branch main")},
    ),
    (
        "an administrator bypasses reviewers, timer and what is unknown",
        REVIEWED | WAIT | MAY | {"unknown": ("datadog",)},
        {"reviewed": [BYPASS]},
        dict.fromkeys(("reviewers", "wait", "unknown"), passed("bypassed by @cy: fire")),
    ),
    ("an administrator may not bypass", REVIEWED, {"reviewed": [BYPASS]}, {"reviewers": pending(WAITS)}),
    (
        "nobody else bypasses",
        REVIEWED | MAY,
        {"reviewed": [says("bo", reviews=True, bypasses=True)]},
        {"reviewers": pending(WAITS)},
    ),
    (
        "a bypass does not change the branch",
        SELECTED | MAY,
        {"reviewed": [BYPASS]},
        {"branch": failed(f"{ONLY} branch main")},
    ),
    (
        "a rule that only GitHub knows",
        {"unknown": ("datadog", "other")},
        {},
        {
            "unknown": Verdict(
                state=State.INCONCLUSIVE,
                why="GitHub has rules here that only it can ask: datadog, other; a person has to decide",
            )
        },
    ),
    (
        "everything at once",
        NOT_SELF | WAIT | SELECTED,
        {"ref": "release/1", "initiator": "bo", "reviewed": [says("di", reviews=True)], "now": ASKED + 31 * MINUTE},
        {
            "branch": passed("branch release/1 may be deployed"),
            "reviewers": passed("approved by @di"),
            "wait": passed("waited 30 min"),
        },
    ),
]


@pytest.mark.parametrize(
    ("rules", "facts", "verdicts"), [row[1:] for row in TABLE], ids=[row[0].replace(" ", "_") for row in TABLE]
)
def test_an_environment_asks_for_what_github_says(
    rules: dict[str, Any], facts: dict[str, Any], verdicts: Mapping[str, Verdict]
) -> None:
    assert judged(rules, facts) == verdicts


@pytest.mark.parametrize(
    ("pattern", "ref", "is_matched"),
    [
        ("main", "main", True),
        ("main", "Main", False),
        ("main", "mains", False),
        ("*", "main", True),
        ("*", "release/1", False),
        ("*/*", "release/1", True),
        ("release/*", "release/", True),
        ("release/*/*", "release/1/2", True),
        ("release/**", "release/1/2", False),
        ("release/**/*", "release/1/2/3", True),
        ("release/**/*", "release/1", True),
        ("**/fix", "fix", True),
        ("**/fix", "a/b/fix", True),
        ("**/fix", "a/prefix", False),
        ("a**/fix", "ab/fix", True),
        ("a**/fix", "ab/c/fix", False),
        ("v?", "v1", True),
        ("v?", "v12", False),
        ("a?b", "a/b", False),
        ("v[0-9]", "v7", True),
        ("v[0-9]", "vx", False),
        ("v[!0-9]", "vx", True),
        ("v[^0-9]", "v1", False),
        ("a[!x]b", "a/b", False),
        ("v[]]", "v]", True),
        ("v[1", "v[1", False),
        ("v[9-0]", "v5", False),
        ("v[a&&b]", "v&", True),
        ("v\\*", "v*", True),
        ("v\\*", "v1", False),
        ("v1.0", "v1x0", False),
        ("{a,b}", "a", False),
        ("refs/heads/main", "main", True),
        ("refs/tags/main", "main", False),
        ("refs/pull/*/merge", "refs/pull/7/merge", True),
    ],
)
def test_patterns_are_read_as_ruby_reads_them(pattern: str, ref: str, is_matched: bool) -> None:
    assert matches(Pattern(name=pattern), ref) is is_matched
