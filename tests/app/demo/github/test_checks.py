"""Check runs over REST: what an App may say, what it is told back, and what GitHub refuses."""

from typing import Any

import pytest

from app.demo.github.check_run import CheckRun
from app.demo.github.installing import Registration
from app.demo.github.refusal import Refusal
from tests.app.demo.github.world import PUBLIC_KEY, World

Json = dict[str, Any]
RUNS = "/repos/acme/web/check-runs"


@pytest.fixture
async def head(world: World) -> str:
    sha = await world.github.commit_files(world.web, "main", {"app.py": "1\n"}, "Begin", "ana")
    await world.heard()
    return sha


def annotation(**changes: Any) -> Json:
    given = {"path": "app.py", "start_line": 1, "end_line": 1, "annotation_level": "failure", "message": "no"}
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def output(**changes: Any) -> Json:
    return {"title": "2 tests failed", "summary": "**2** failed", **changes}


async def test_a_run_is_told_when_it_is_made_and_when_it_ends(world: World, head: str) -> None:
    token = await world.token()
    action = {"label": "Re-run", "description": "Run it again", "identifier": "rerun"}
    made = await world.ask("POST", RUNS, token, {"name": "ci", "head_sha": head, "external_id": "b1"}, 201)
    assert (made["status"], made["conclusion"], made["external_id"], made["id"] > 2**32) == ("queued", None, "b1", True)
    assert await world.heard() == [("check_run", "created")]
    place = f"{RUNS}/{made['id']}"
    running = await world.ask(
        "PATCH", place, token, {"status": "in_progress", "output": output(annotations=[annotation()])}
    )
    assert (running["status"], running["output"]["annotations_count"]) == ("in_progress", 1)
    assert await world.heard() == []
    ended = await world.ask(
        "PATCH",
        place,
        token,
        {
            "conclusion": "failure",
            "actions": [action],
            "output": output(annotations=[annotation(title="again")]),
        },
    )
    assert (ended["status"], ended["conclusion"], ended["output"]["annotations_count"]) == ("completed", "failure", 2)
    assert await world.heard() == [("check_run", "completed"), ("check_suite", "completed")]
    assert await world.ask("GET", place, token) == ended
    found = await world.ask("GET", f"{place}/annotations?per_page=1&page=2", token)
    assert [each["title"] for each in found] == ["again"]


async def asks_for_approval(world: World, head: str) -> CheckRun:
    action = {"label": "Approve", "description": "Let it run", "identifier": "approve"}
    asks = {"name": "ci", "head_sha": head, "conclusion": "action_required", "actions": [action]}
    run = await world.github.create_run(world.web, world.app, asks)
    assert await world.heard() == [("check_run", "created"), ("check_run", "completed"), ("check_suite", "completed")]
    return run


async def test_a_press_is_told_with_the_button_and_who_pressed_it(world: World, head: str) -> None:
    run = await asks_for_approval(world, head)
    await world.github.press(run.id, "approve", "eve")
    [pressed] = await world.webhooks()
    assert (pressed.payload["requested_action"], pressed.payload["sender"]["login"]) == (
        {"identifier": "approve"},
        "eve",
    )
    with pytest.raises(Refusal, match="no button 'rerun'"):
        await world.github.press(run.id, "rerun", "bo")


async def test_a_re_run_resets_the_suite_and_leaves_the_run_to_the_app(world: World, head: str) -> None:
    github, run = world.github, await asks_for_approval(world, head)
    with pytest.raises(Refusal, match="write access"):
        await github.rerequest(run.id, "eve")
    await github.rerequest(run.id, "bo")
    assert await world.heard() == [("check_run", "rerequested")]
    assert (run.status, run.conclusion, run.suite.status, run.suite.conclusion) == (
        "completed",
        "action_required",
        "queued",
        None,
    )
    await github.rerequest_suite(run.suite.id, "bo")
    assert await world.heard() == [("check_suite", "rerequested")]
    await github.update_run(run, {"status": "in_progress"})
    assert (run.conclusion, run.completed_at, run.suite.status) == (None, None, "in_progress")
    with pytest.raises(Refusal, match="not rerequestable"):
        await github.rerequest(run.id, "bo")


async def test_only_failed_checks_are_re_run_one_by_one(world: World, head: str) -> None:
    for name, conclusion in (("a", "failure"), ("b", "success"), ("c", "timed_out")):
        run = await world.github.create_run(
            world.web, world.app, {"name": name, "head_sha": head, "conclusion": conclusion}
        )
    await world.heard()
    await world.github.rerequest_failed(run.suite.id, "bo")
    told = [(each.payload["action"], each.payload["check_run"]["name"]) for each in await world.webhooks()]
    assert told == [("rerequested", "a"), ("rerequested", "c")]


async def test_runs_and_suites_are_found_by_commit(world: World, head: str) -> None:
    token = await world.token()
    made = [
        (await world.ask("POST", RUNS, token, {"name": name, "head_sha": head}, 201))["id"] for name in ("a", "b", "a")
    ]
    place = f"/repos/acme/web/commits/{head}"
    latest = await world.ask("GET", f"{place}/check-runs?check_name=a", token)
    assert [each["id"] for each in latest["check_runs"]] == [made[2]]
    every = await world.ask("GET", f"{place}/check-runs?check_name=a&filter=all&app_id={world.app.id}", token)
    assert (every["total_count"], [each["id"] for each in every["check_runs"]]) == (2, [made[2], made[0]])
    assert (await world.ask("GET", f"{place}/check-runs?app_id=1", token))["check_runs"] == []
    async with await world.raw("GET", "/repos/acme/web/commits/main/check-runs", token) as answer:
        assert (await answer.json())["total_count"] == 2
    suites = await world.ask("GET", f"{place}/check-suites", token)
    assert [(each["head_sha"], each["status"]) for each in suites["check_suites"]] == [(head, "queued")]
    suite = suites["check_suites"][0]["id"]
    assert (await world.ask("GET", f"/repos/acme/web/check-suites/{suite}", token))["id"] == suite
    in_suite = await world.ask("GET", f"/repos/acme/web/check-suites/{suite}/check-runs", token)
    assert in_suite["total_count"] == 2
    await world.ask("POST", f"/repos/acme/web/check-suites/{suite}/rerequest", token, None, 201)


async def test_a_forks_commit_has_a_suite_without_a_branch_and_without_pull_requests(world: World, head: str) -> None:
    fork = await world.github.fork(world.web, "eve")
    sha = await world.github.commit_files(fork, "fix", {"b": "1"}, "Fix", "eve")
    await world.github.open_pull_request(world.web, "Fix", head="eve:fix", by="eve")
    await world.heard()
    run = await world.ask("POST", RUNS, await world.token(), {"name": "ci", "head_sha": sha}, 201)
    [created] = await world.webhooks()
    suite = created.payload["check_run"]["check_suite"]
    assert (run["pull_requests"], suite["head_branch"], suite["pull_requests"]) == ([], None, [])


async def test_only_the_app_that_made_a_run_may_change_it(world: World, head: str) -> None:
    github = world.github
    other = await github.register_app(
        Registration(
            name="Other",
            owner="acme",
            public_key=PUBLIC_KEY,
            webhook_url=world.listener.url,
            webhook_secret="x",
            permissions={"checks": "write"},
            events=("push",),
        )
    )
    await github.install_app(other, "acme", by="ana")
    run = await github.create_run(world.web, other, {"name": "lint", "head_sha": head})
    async with await world.raw("PATCH", f"{RUNS}/{run.id}", await world.token(), {"status": "in_progress"}) as answer:
        assert answer.status == 403
        assert "can only be modified by the GitHub App that created it" in (await answer.json())["message"]
    assert run.status == "queued"
    # Both hear of it, and only the one that made it is asked to run it again.
    await github.update_run(run, {"conclusion": "failure"})
    await world.heard()
    await github.rerequest(run.id, "bo")
    assert [each.headers["X-GitHub-Hook-ID"] for each in await world.webhooks()] == [str(other.hook_id)]


WRONG: list[tuple[Json, str]] = [
    ({"name": None}, '"name" wasn\'t supplied.'),
    ({"head_sha": "0" * 40}, "No commit found for SHA: " + "0" * 40),
    ({"status": "done"}, "done is not a member of ['queued', 'in_progress', 'completed']."),
    ({"status": "completed"}, '"conclusion" wasn\'t supplied.'),
    ({"conclusion": "stale"}, "stale is not a member of"),
    ({"details_url": ""}, "Validation Failed"),
    ({"details_url": "ftp://x"}, "Validation Failed"),
    ({"started_at": "today"}, "is not a valid date-time"),
    ({"output": {"summary": "x"}}, '"title" wasn\'t supplied.'),
    ({"output": {"title": "x"}}, '"summary" wasn\'t supplied.'),
    ({"output": output(summary="x" * 65_536)}, "Only 65535 characters are allowed; 65536 were supplied."),
    ({"output": output(text="x" * 65_536)}, "Only 65535 characters are allowed; 65536 were supplied."),
    ({"output": output(annotations=[annotation()] * 51)}, "No more than 50 items are allowed; 51 were supplied."),
    ({"output": output(annotations=[annotation(start_line=0)])}, "Validation Failed"),
    ({"output": output(annotations=[annotation(start_line=2)])}, "Validation Failed"),
    ({"output": output(annotations=[annotation(end_line=2, start_column=1)])}, "Validation Failed"),
    ({"output": output(annotations=[annotation(path="./app.py")])}, "Validation Failed"),
    ({"output": output(annotations=[annotation(path="/src/app.py")])}, "Validation Failed"),
    ({"output": output(annotations=[annotation(message="")])}, "Validation Failed"),
    ({"output": output(annotations=[annotation(message="x" * 65_537)])}, "Validation Failed"),
    ({"output": output(annotations=[annotation(title="x" * 256)])}, "Only 255 characters are allowed"),
    ({"output": output(annotations=[annotation(annotation_level="error")])}, "error is not a member of"),
    ({"output": output(annotations=[annotation(path=None)])}, '"path" wasn\'t supplied.'),
    ({"actions": [{"label": "x" * 21, "description": "d", "identifier": "i"}]}, "Only 20 characters are allowed"),
    ({"actions": [{"label": "l", "description": "x" * 41, "identifier": "i"}]}, "Only 40 characters are allowed"),
    ({"actions": [{"label": "l", "description": "d", "identifier": "x" * 21}]}, "Only 20 characters are allowed"),
    ({"actions": [{"label": "l", "description": "d", "identifier": "i"}] * 4}, "No more than 3 items are allowed; 4"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
async def test_a_wrong_check_run_is_refused_in_githubs_words(
    world: World, head: str, wrong: Json, message: str
) -> None:
    body = {name: value for name, value in {"name": "ci", "head_sha": head, **wrong}.items() if value is not None}
    async with await world.raw("POST", RUNS, await world.token(), body) as answer:
        assert answer.status == 422
        assert message in (await answer.json())["message"]
    assert (world.github.runs, await world.heard()) == ({}, [])


async def test_a_refused_update_changes_nothing(world: World, head: str) -> None:
    run = await world.github.create_run(world.web, world.app, {"name": "ci", "head_sha": head})
    body = {"status": "in_progress", "output": output(annotations=[annotation()] * 51)}
    async with await world.raw("PATCH", f"{RUNS}/{run.id}", await world.token(), body) as answer:
        assert answer.status == 422
    assert (run.status, run.output.title, run.output.annotations) == ("queued", None, [])
