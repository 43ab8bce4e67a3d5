"""What the webhooks about commits become: pushes, pull requests, merge groups, buttons of checks."""

from typing import Any

import msgspec
import pytest

from app.github.webhook import NotForUs, Translation
from checks.change import Change, Purpose, Push
from checks.events import (
    BranchPushed,
    ButtonPressed,
    ChangeReceived,
    MergeGroupDestroyed,
    PullRequestClosed,
    RerunOfAllRequested,
)
from checks.pull_request import PullRequest
from deploy.events import DeliveryButtonPressed
from tests.app.github.webhooks import (
    APP,
    AROUND,
    COMMIT,
    GROUP,
    NEW,
    NOW,
    OLD,
    PULL,
    PULL_REQUEST,
    PUSH,
    QUEUE,
    WEB,
    ZERO,
    changed,
    pulled,
    told,
)
from tests.published.webhooks import Payload


def test_a_push_to_the_default_branch_is_a_change() -> None:
    push = Push(before=OLD, after=NEW, touched_buildspec=False, touched_delivery=False)
    change = changed(purpose=Purpose.PUSH, branch="trunk", message="Round totals", push=push)
    assert told("push", PUSH) == (ChangeReceived(change=change, by="ana"),)


def test_a_push_to_another_branch_only_says_what_became_of_the_buildspec() -> None:
    push = Push(before=OLD, after=NEW, touched_buildspec=False, touched_delivery=False)
    assert told("push", PUSH | {"ref": "refs/heads/round/totals"}) == (
        BranchPushed(repository=42, push=push, by="ana"),
    )


@pytest.mark.parametrize(
    ("difference", "reason"),
    [
        ({"deleted": True, "after": ZERO}, "trunk was deleted"),
        ({"after": ZERO}, "trunk was deleted"),
        ({"before": NEW}, "trunk did not move"),
        ({"ref": "refs/tags/trunk"}, "refs/tags/trunk is not a branch"),
        ({"ref": "trunk"}, "trunk is not a branch"),
        ({"ref": f"refs/heads/{QUEUE}"}, f"{QUEUE} belongs to the merge queue, which tells by merge_group"),
        (
            {"installation": None},
            "it names no installation: a webhook of the repository sent it, not that of the App",
        ),
    ],
)
def test_a_push_that_is_not_for_us_says_why(difference: Payload, reason: str) -> None:
    assert told("push", PUSH | difference) == NotForUs(reason)


def _commits(*lists: Payload) -> Payload:
    return {"commits": [{"id": OLD} | COMMIT | files for files in lists]}


@pytest.mark.parametrize(
    ("difference", "touched"),
    [
        ({}, False),
        (_commits({"modified": ["buildspec.yml"]}), True),
        (_commits({"added": ["buildspec.yml"]}, {}), True),
        (_commits({}, {"removed": ["buildspec.yml"]}), True),
        (_commits({"modified": ["ci/buildspec.yml", "buildspec.yml.old", "BUILDSPEC.YML"]}), False),
        ({"forced": True}, None),
        ({"created": True}, None),
        ({"before": ZERO}, None),
        ({"commits": []}, None),
        ({"commits": None}, None),
        (_commits({"id": OLD}), None),
        ({"commits": [COMMIT] * 2047}, False),
        ({"commits": [COMMIT] * 2048}, None),
        (_commits({"modified": [f"{number}.py" for number in range(2999)]}), False),
        (_commits({"modified": [f"{number}.py" for number in range(3000)]}), None),
        (_commits({"modified": None}), None),
        (_commits({"modified": None}, {"added": ["buildspec.yml"]}), True),
    ],
)
def test_a_push_tells_whether_the_buildspec_was_touched_only_when_it_knows(
    difference: Payload, touched: bool | None
) -> None:
    match told("push", PUSH | difference):
        case (ChangeReceived(change=Change(push=Push(touched_buildspec=said))),):
            assert said is touched
        case other:
            pytest.fail(f"not a change: {other}")


def test_a_push_without_sender_or_head_commit_is_still_a_change() -> None:
    push = Push(before=OLD, after=NEW, touched_buildspec=False, touched_delivery=False)
    change = Change(
        repository=WEB, purpose=Purpose.PUSH, sha=NEW, branch="trunk", sender="", received_at=NOW, push=push
    )
    assert told("push", PUSH | {"sender": None, "head_commit": None}) == (ChangeReceived(change=change),)


@pytest.mark.parametrize("action", ["opened", "reopened", "ready_for_review", "unlocked"])
def test_a_pull_request_is_a_change(action: str) -> None:
    change = changed(purpose=Purpose.PULL_REQUEST, branch="round/totals", action=action, pull_request=PULL_REQUEST)
    assert pulled(action) == (ChangeReceived(change=change, by="ana"),)


def test_new_commits_of_a_pull_request_name_the_head_that_they_replace() -> None:
    match pulled("synchronize", before=OLD, after=NEW):
        case (ChangeReceived(change=Change(pull_request=PullRequest() as heard)),):
            assert heard == msgspec.structs.replace(PULL_REQUEST, previous_head_sha=OLD)
        case other:
            pytest.fail(f"not a change: {other}")


def test_a_new_base_is_a_change_and_a_new_title_is_not() -> None:
    match pulled("edited", changes={"base": {"ref": {"from": "old"}, "sha": {"from": OLD}}}):
        case (ChangeReceived(change=Change(action=action)),):
            assert action == "edited"
        case other:
            pytest.fail(f"not a change: {other}")
    assert pulled("edited", changes={"title": {"from": "Old"}}) == NotForUs(
        "the pull request was edited, but not its base"
    )


def test_a_closed_pull_request_is_not_open() -> None:
    closed = msgspec.structs.replace(PULL_REQUEST, open=False)
    assert pulled("closed", PULL | {"state": "closed"}) == (
        PullRequestClosed(repository=42, pull_request=closed, by="ana"),
    )


def test_a_pull_request_whose_fork_and_author_are_gone_is_still_a_change() -> None:
    match pulled("reopened", PULL | {"user": None, "draft": None, "head": PULL_HEAD_WITHOUT_REPOSITORY}):
        case (ChangeReceived(change=Change(pull_request=PullRequest() as heard)),):
            assert heard == msgspec.structs.replace(
                PULL_REQUEST, author="", draft=False, head_repository=None, head_owner=""
            )
            assert heard.is_from_fork
        case other:
            pytest.fail(f"not a change: {other}")


PULL_HEAD_WITHOUT_REPOSITORY = {"ref": "round/totals", "sha": NEW, "repo": None, "user": None}


def test_a_merge_group_is_a_change_on_the_queues_own_branch() -> None:
    group = GROUP | {"head_commit": {"id": NEW, "message": "Merge #5"}}
    heard = told("merge_group", AROUND | {"action": "checks_requested", "merge_group": group})
    change = changed(purpose=Purpose.MERGE_GROUP, branch=QUEUE, action="checks_requested", message="Merge #5")
    assert heard == (ChangeReceived(change=change, by="ana"),)
    assert change.ref == GROUP["head_ref"]


def test_the_end_of_a_merge_group_says_why() -> None:
    heard = told("merge_group", AROUND | {"action": "destroyed", "reason": "dequeued", "merge_group": GROUP})
    assert heard == (MergeGroupDestroyed(repository=42, sha=NEW, reason="dequeued", by="ana"),)


CHECK_RUN = {"id": 1, "head_sha": NEW, "external_id": "01build", "app": {"id": APP}, "pull_requests": []}


def checked(action: str, check: Payload = CHECK_RUN, **more: Any) -> Translation:
    return told("check_run", AROUND | {"action": action, "check_run": check, **more})


def test_re_run_presses_a_button() -> None:
    assert checked("rerequested") == (ButtonPressed(build="01build", button="rerun", by="ana"),)


@pytest.mark.parametrize("button", ["rerun", "approve", "cancel"])
def test_a_button_of_ours_is_pressed(button: str) -> None:
    assert checked("requested_action", requested_action={"identifier": button}) == (
        ButtonPressed(build="01build", button=button, by="ana"),
    )


def test_a_button_that_we_never_drew_is_not_for_us() -> None:
    unknown = NotForUs("no check of ours has a button 'launch'")
    assert checked("requested_action", requested_action={"identifier": "launch"}) == unknown
    assert checked("requested_action") == NotForUs("no check of ours has a button ''")


def test_a_button_of_a_delivery_check_names_the_commit_and_the_person() -> None:
    check = CHECK_RUN | {"external_id": f"delivery:42:{NEW}"}
    more = {"requested_action": {"identifier": "promote-0a1b2c3d"}, "sender": {"login": "ana", "id": 5}}
    assert checked("requested_action", check, **more) == (
        DeliveryButtonPressed(repository=42, sha=NEW, button="promote-0a1b2c3d", by="ana", by_id=5),
    )
    assert checked("rerequested", check) == (DeliveryButtonPressed(repository=42, sha=NEW, button="rerun", by="ana"),)


@pytest.mark.parametrize("name", [f"delivery:43:{NEW}", f"delivery:42:{OLD}", f"configuration:42:{NEW}"])
def test_a_check_that_belongs_to_something_else_has_no_buttons(name: str) -> None:
    check = CHECK_RUN | {"external_id": name}
    assert checked("requested_action", check, requested_action={"identifier": "cancel"}) == NotForUs(
        "the check has no buttons"
    )


@pytest.mark.parametrize(
    ("difference", "reason"),
    [
        ({"app": {"id": APP + 1}}, "the check belongs to another App"),
        ({"app": None}, "the check belongs to another App"),
        ({"external_id": ""}, "the check names no build"),
        ({"external_id": None}, "the check names no build"),
    ],
)
def test_a_check_that_is_not_ours_says_why(difference: Payload, reason: str) -> None:
    assert checked("rerequested", CHECK_RUN | difference) == NotForUs(reason)


def test_re_run_all_names_the_commit() -> None:
    suite = {"id": 2, "head_sha": NEW, "app": {"id": APP}, "head_branch": None}
    payload = AROUND | {"action": "rerequested", "check_suite": suite}
    assert told("check_suite", payload) == (RerunOfAllRequested(repository=42, sha=NEW, by="ana"),)
    other = payload | {"check_suite": suite | {"app": {"id": APP + 1}}}
    assert told("check_suite", other) == NotForUs("the check suite belongs to another App")


@pytest.mark.parametrize(
    ("event", "action"),
    [("check_run", "created"), ("check_run", "completed"), ("check_suite", "requested"), ("check_suite", "completed")],
)
def test_the_echo_of_our_own_checks_is_not_for_us(event: str, action: str) -> None:
    payload = AROUND | {"action": action, event: CHECK_RUN}
    assert told(event, payload) == NotForUs(f"{event} {action} has no route")
