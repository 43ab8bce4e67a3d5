import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from app.github.checks import GitHubChecks
from app.github.errors import Hitch
from app.github.repository import RepositoryCalls
from checks.annotation import Annotation
from checks.button import Action, Button
from checks.check_run import CheckRun
from checks.errors import Permanent, Transient
from checks.ports import Shown
from checks.repository import Repository
from tests.app.github.conftest import APP
from tests.app.github.endpoint import CheckRuns, Endpoint, Reply, TestClock

SHA = "4f2a91c" + "0" * 33
AT = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
QUEUED = CheckRun(
    external_id="b1",
    name="interlock",
    head_sha=SHA,
    status="queued",
    title="Waiting for a runner",
    summary="2 ahead",
    details_url="https://ci.example.org/builds/b1",
    actions=(Action(button=Button.CANCEL, label="Cancel", description="Stop this build"),),
)
RUNNING = replace(QUEUED, status="in_progress", title="Building", started_at=AT)
FAILED = replace(RUNNING, status="completed", conclusion="failure", title="3 tests failed", completed_at=AT)


def remarks(number: int) -> tuple[Annotation, ...]:
    return tuple(
        Annotation(path="a.py", start_line=line, end_line=line, title="failed", message=f"line {line}")
        for line in range(1, number + 1)
    )


@pytest.fixture
def checks(calls: RepositoryCalls) -> GitHubChecks:
    return GitHubChecks(calls, APP)


async def shown(answer: Any) -> Shown:
    result = await answer
    assert isinstance(result, Shown)
    return result


async def test_a_build_appears_with_everything_it_says(
    checks: GitHubChecks, runs: CheckRuns, endpoint: Endpoint, web_repository: Repository
) -> None:
    await checks.show(web_repository, QUEUED, None, repeated=False)
    assert endpoint.asked[-1].body == {
        "name": "interlock",
        "head_sha": SHA,
        "external_id": "b1",
        "status": "queued",
        "details_url": "https://ci.example.org/builds/b1",
        "output": {"title": "Waiting for a runner", "summary": "2 ahead"},
        "actions": [{"label": "Cancel", "description": "Stop this build", "identifier": "cancel"}],
    }


async def test_a_build_is_one_check_run_from_beginning_to_end(
    checks: GitHubChecks, runs: CheckRuns, endpoint: Endpoint, web_repository: Repository, time: TestClock
) -> None:
    known = await shown(checks.show(web_repository, QUEUED, None, repeated=False))
    time.time += 2
    known = await shown(checks.show(web_repository, RUNNING, known, repeated=False))
    known = await shown(checks.show(web_repository, replace(FAILED, annotations=remarks(3)), known, repeated=False))
    run = runs.only
    assert endpoint.lines == [
        "POST /repos/acme/web/check-runs",
        "PATCH /repos/acme/web/check-runs/100",
        "PATCH /repos/acme/web/check-runs/100",
    ]
    assert (run["status"], run["conclusion"], run["completed_at"]) == ("completed", "failure", "2026-11-21T14:05:00Z")
    assert (known.check_run, known.annotations) == (100, 3)


async def test_a_conclusion_is_never_told_before_the_end(
    checks: GitHubChecks, runs: CheckRuns, endpoint: Endpoint, web_repository: Repository
) -> None:
    await checks.show(web_repository, RUNNING, None, repeated=False)
    assert {"conclusion", "completed_at"} & endpoint.asked[-1].body.keys() == set()


async def test_what_looks_the_same_is_not_told_again(
    checks: GitHubChecks, runs: CheckRuns, endpoint: Endpoint, web_repository: Repository
) -> None:
    known = await checks.show(web_repository, QUEUED, None, repeated=False)
    before = len(endpoint.asked)
    assert await checks.show(web_repository, QUEUED, known, repeated=True) == known
    assert len(endpoint.asked) == before


async def test_a_build_killed_after_github_acted_adopts_the_check_run(
    checks: GitHubChecks, runs: CheckRuns, endpoint: Endpoint, web_repository: Repository
) -> None:
    runs.lose_answers(1)
    with pytest.raises(Transient):
        await checks.show(web_repository, QUEUED, None, repeated=False)
    known = await shown(checks.show(web_repository, QUEUED, None, repeated=True))
    assert (list(runs.runs), known.check_run) == ([100], 100)
    assert endpoint.asked[2].query == {
        "check_name": "interlock",
        "filter": "all",
        "app_id": str(APP),
        "per_page": "100",
    }


async def test_a_check_run_that_was_adopted_is_remembered_even_if_its_progress_has_to_wait(
    checks: GitHubChecks, runs: CheckRuns, web_repository: Repository
) -> None:
    runs.lose_answers(1)
    with pytest.raises(Transient):
        await checks.show(web_repository, QUEUED, None, repeated=False)
    ended = [replace(FAILED, external_id=name) for name in ("b2", "b3", "b4")]
    *_, adopted = await asyncio.gather(
        *(checks.show(web_repository, check, None, repeated=False) for check in ended),
        checks.show(web_repository, RUNNING, None, repeated=True),
    )
    assert adopted == Shown(build="b1", check_run=100, digest="")
    await checks.show(web_repository, FAILED, adopted, repeated=False)
    assert [run["external_id"] for run in runs.runs.values()].count("b1") == 1


async def test_adoption_finds_the_run_on_a_later_page_and_only_our_own(
    checks: GitHubChecks, runs: CheckRuns, web_repository: Repository
) -> None:
    runs.add(head_sha=SHA, name="interlock", external_id="b1", app={"id": 1})
    runs.add(head_sha=SHA, name="interlock", external_id="b0")
    runs.add(head_sha=SHA, name="interlock", external_id="b00")
    ours = runs.add(head_sha=SHA, name="interlock", external_id="b1")
    known = await shown(checks.show(web_repository, RUNNING, None, repeated=True))
    assert (known.check_run, len(runs.runs)) == (ours, 4)


async def test_a_repeated_task_whose_first_try_did_nothing_creates_the_check_run(
    checks: GitHubChecks, runs: CheckRuns, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on(f"GET /repos/acme/web/commits/{SHA}/check-runs", Reply(200, {"total_count": 0, "check_runs": []}))
    await checks.show(web_repository, QUEUED, None, repeated=True)
    assert runs.only["external_id"] == "b1"


@pytest.mark.parametrize("total", [1, 50, 51, 120])
@pytest.mark.parametrize("lost", [0, 1, 2, 3, 4])
async def test_every_annotation_arrives_once_whichever_answer_is_lost(
    checks: GitHubChecks, runs: CheckRuns, web_repository: Repository, total: int, lost: int
) -> None:
    check = replace(FAILED, annotations=remarks(total))
    writes = 0

    async def until_done(known: Shown | None) -> Shown:
        nonlocal writes
        repeated = False
        while True:
            writes += 1
            runs.lose_answers(1 if writes == lost else 0)
            try:
                if known is None:
                    return await shown(checks.show(web_repository, check, known, repeated=repeated))
                return await checks.annotate(web_repository, check, known, repeated=repeated)
            except Transient:
                repeated = True

    known = await until_done(None)
    while known.annotations < total:
        known = await until_done(known)
    assert [each["message"] for each in runs.only["annotations"]] == [f"line {line}" for line in range(1, total + 1)]
    assert known.annotations == total


async def test_a_conclusion_told_twice_does_not_double_its_annotations(
    checks: GitHubChecks, runs: CheckRuns, web_repository: Repository, time: TestClock
) -> None:
    known = await checks.show(web_repository, RUNNING, None, repeated=False)
    check = replace(FAILED, annotations=remarks(10))
    runs.lose_answers(1)
    with pytest.raises(Transient):
        await checks.show(web_repository, check, known, repeated=False)
    known = await shown(checks.show(web_repository, check, known, repeated=True))
    assert (len(runs.only["annotations"]), known.annotations) == (10, 10)


async def test_a_note_added_at_the_end_does_not_double_the_annotations(
    checks: GitHubChecks, runs: CheckRuns, web_repository: Repository
) -> None:
    check = replace(FAILED, annotations=remarks(60))
    known = await checks.show(web_repository, check, None, repeated=False)
    noted = replace(check, summary="@eve cannot approve")
    known = await shown(checks.show(web_repository, noted, known, repeated=False))
    assert (len(runs.only["annotations"]), known.annotations) == (50, 50)
    assert runs.only["output"]["summary"] == "@eve cannot approve"


async def test_a_bad_annotation_does_not_hide_the_conclusion(
    checks: GitHubChecks, runs: CheckRuns, web_repository: Repository
) -> None:
    bad = Annotation(path="a.py", start_line=0, end_line=0, title="", message="no line")
    check = replace(FAILED, summary="3 failed", annotations=(*remarks(2), bad))
    known = await shown(checks.show(web_repository, check, None, repeated=False))
    assert (runs.only["conclusion"], runs.only["annotations"], known.annotations) == ("failure", [], 3)
    assert runs.only["output"]["summary"] == (
        '3 failed\n\n*3 annotations are missing here: GitHub refused them (Invalid request. ["annotations"]).*'
    )


async def test_a_bad_annotation_in_a_later_batch_is_noted_and_ends_the_sending(
    checks: GitHubChecks, runs: CheckRuns, web_repository: Repository
) -> None:
    bad = Annotation(path="a.py", start_line=0, end_line=0, title="", message="no line")
    check = replace(FAILED, annotations=(*remarks(50), bad, *remarks(60)))
    known = await shown(checks.show(web_repository, check, None, repeated=False))
    known = await checks.annotate(web_repository, check, known, repeated=False)
    assert (len(runs.only["annotations"]), known.annotations) == (50, 111)
    assert "61 annotations are missing here" in runs.only["output"]["summary"]


async def test_progress_waits_for_the_next_turn_and_is_left_out_when_conclusions_wait(
    checks: GitHubChecks, runs: CheckRuns, web_repository: Repository, time: TestClock
) -> None:
    known = await shown(checks.show(web_repository, QUEUED, None, repeated=False))
    known = await shown(checks.show(web_repository, RUNNING, known, repeated=False))
    ended = [replace(FAILED, external_id=name) for name in ("b2", "b3")]
    *_, left_out = await asyncio.gather(
        *(checks.show(web_repository, check, None, repeated=False) for check in ended),
        checks.show(web_repository, replace(RUNNING, title="Building: post_build"), known, repeated=False),
    )
    assert left_out is None
    assert [run["output"]["title"] for run in runs.runs.values()] == ["Building", "3 tests failed", "3 tests failed"]


async def test_a_conclusion_waits_its_turn(
    checks: GitHubChecks, runs: CheckRuns, web_repository: Repository, time: TestClock
) -> None:
    known = await checks.show(web_repository, QUEUED, None, repeated=False)
    await checks.show(web_repository, FAILED, known, repeated=False)
    assert (runs.only["status"], time.slept) == ("completed", [1.0])


async def test_a_deleted_check_run_is_replaced(
    checks: GitHubChecks, runs: CheckRuns, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on("GET /repositories/42", Reply(200, {"id": 42, "full_name": "acme/web"}))
    gone = Shown(build="b1", check_run=5, digest="old")
    known = await shown(checks.show(web_repository, FAILED, gone, repeated=False))
    assert (known.check_run, runs.only["conclusion"]) == (100, "failure")


async def test_a_deleted_check_run_whose_replacement_was_not_heard_of_is_not_replaced_twice(
    checks: GitHubChecks, runs: CheckRuns, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on("GET /repositories/42", Reply(200, {"id": 42, "full_name": "acme/web"}))
    gone = Shown(build="b1", check_run=5, digest="old")
    check = replace(FAILED, annotations=remarks(3))
    runs.lose_answers(1)
    with pytest.raises(Transient):
        await checks.show(web_repository, check, gone, repeated=False)
    known = await shown(checks.show(web_repository, check, gone, repeated=True))
    assert (list(runs.runs), known.check_run, len(runs.only["annotations"])) == ([100], 100, 3)


async def test_a_commit_github_does_not_know_yet_is_tried_again(
    checks: GitHubChecks, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on("POST /repos/acme/web/check-runs", Reply(422, {"message": f"No commit found for SHA: {SHA}"}))
    with pytest.raises(Transient, match="No commit found"):
        await checks.show(web_repository, QUEUED, None, repeated=False)


async def test_an_archived_repository_is_the_end_of_it(
    checks: GitHubChecks, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on("POST /repos/acme/web/check-runs", Reply(403, {"message": "Repository was archived so is read-only."}))
    with pytest.raises(Permanent) as refused:
        await checks.show(web_repository, QUEUED, None, repeated=False)
    assert str(refused.value) == (
        "GitHub refused to POST /repos/acme/web/check-runs: Repository was archived so is read-only. "
        "(the repository is archived; unarchive it on GitHub to go on)"
    )


async def test_an_address_that_is_no_web_address_is_left_out(
    checks: GitHubChecks, runs: CheckRuns, endpoint: Endpoint, web_repository: Repository
) -> None:
    await checks.show(web_repository, replace(QUEUED, details_url=""), None, repeated=False)
    assert "details_url" not in endpoint.asked[-1].body


async def test_a_create_whose_fate_is_unknown_is_not_sent_again(
    checks: GitHubChecks, runs: CheckRuns, endpoint: Endpoint, web_repository: Repository
) -> None:
    endpoint.on("POST /repos/acme/web/check-runs", Reply(502, raw=b"<html>Bad gateway</html>"))
    with pytest.raises(Hitch):
        await checks.show(web_repository, QUEUED, None, repeated=False)
    assert endpoint.lines == ["POST /repos/acme/web/check-runs"]
