"""From the push to the check: what is built, what is not, and what that costs."""

from tests.flows.town import FAILING, PASSING, WAITS, Town


async def test_a_push_to_the_default_branch_becomes_a_passed_check(town: Town) -> None:
    web = await town.repository()

    sha = await town.push(web, {"buildspec.yml": PASSING})

    check = await town.check(web, sha)
    assert (check.name, check.conclusion) == ("Interlock", "success")
    assert check.output.title is not None
    assert check.output.title.startswith("Passed in ")


async def test_a_failing_command_is_named_in_the_title(town: Town) -> None:
    web = await town.repository()

    sha = await town.push(web, {"buildspec.yml": FAILING})

    check = await town.check(web, sha)
    assert (check.conclusion, check.output.title) == ("failure", "build failed: sh -c 'exit 3' exited with 3")


async def test_a_repository_that_does_not_opt_in_costs_one_request_ever(town: Town) -> None:
    ignored = await town.repository("ignored", {"README.md": "Nothing to build."})
    for number in range(3):
        await town.push(ignored, {"README.md": f"Still nothing: {number}"})

    web = await town.repository("web")
    await town.check(web, await town.push(web, {"buildspec.yml": PASSING}))  # later, so the others are through

    assert town.requests(ignored) == ["GET /contents/buildspec.yml"]


async def test_a_repository_opts_in_by_the_push_that_touches_its_buildspec(town: Town) -> None:
    web = await town.repository(files={"README.md": "Not yet."})

    sha = await town.push(web, {"buildspec.yml": PASSING})

    assert (await town.check(web, sha)).conclusion == "success"


async def test_an_unchanged_buildspec_is_not_asked_for_again(town: Town) -> None:
    web = await town.repository(files={"buildspec.yml": PASSING})
    asked = [*town.requests(web)]

    sha = await town.push(web, {"README.md": "A word."})

    await town.check(web, sha)
    assert "GET /contents/buildspec.yml" not in town.requests(web)[len(asked) :] or asked == []


async def test_a_build_of_a_push_costs_a_look_and_its_check(town: Town) -> None:
    web = await town.repository()

    await town.check(web, await town.push(web, {"buildspec.yml": PASSING}))

    requests = town.requests(web)
    assert requests[:2] == ["GET /contents/buildspec.yml", "POST /check-runs"]
    assert len(requests) <= 4
    assert all(request.startswith("PATCH /check-runs/") for request in requests[2:])


async def test_a_pull_request_and_its_push_are_one_build(town: Town) -> None:
    web = await town.repository(files={"README.md": "Empty."})

    pull_request = await town.pull_request(web, {"buildspec.yml": PASSING})

    await town.check(web, pull_request.head_sha)
    await town.github.settled()
    assert len(town.checks(web, pull_request.head_sha)) == 1


async def test_a_newer_head_cancels_the_build_of_the_older_one(town: Town) -> None:
    web = await town.repository(files={"README.md": "Empty."})
    gate = town.directory / "gate"
    pull_request = await town.pull_request(web, {"buildspec.yml": WAITS.format(gate=gate)})
    old = pull_request.head_sha
    await town.check(web, old, "in_progress")

    new = await town.push(web, {"buildspec.yml": PASSING}, branch="topic", by="bo")

    assert (await town.check(web, new)).conclusion == "success"
    cancelled = await town.check(web, old)
    assert (cancelled.conclusion, cancelled.output.title) == ("cancelled", f"Cancelled: {new[:7]} is newer")


async def test_a_closed_pull_request_cancels_its_build(town: Town) -> None:
    web = await town.repository(files={"README.md": "Empty."})
    pull_request = await town.pull_request(web, {"buildspec.yml": WAITS.format(gate=town.directory / "gate")})
    await town.check(web, pull_request.head_sha, "in_progress")

    await town.github.close_pull_request(pull_request)

    check = await town.check(web, pull_request.head_sha)
    assert (check.conclusion, check.output.title) == ("cancelled", "Cancelled: #1 was closed")


async def test_skip_ci_gives_a_skipped_check_that_can_be_run_after_all(town: Town) -> None:
    web = await town.repository()
    sha = await town.push(web, {"buildspec.yml": PASSING}, message="Only words [skip ci]")
    skipped = await town.check(web, sha)
    assert (skipped.conclusion, skipped.output.title) == ("skipped", "Skipped: the commit message says [skip ci]")

    await town.github.rerequest(skipped.id, "ana")

    assert (await town.check(web, sha, number=2)).conclusion == "success"


async def test_a_broken_buildspec_is_a_failed_check_with_the_line(town: Town) -> None:
    web = await town.repository()

    sha = await town.push(web, {"buildspec.yml": "version: 0.2\n# PRX_\nphases:\n  biuld:\n    commands: [ls]\n"})

    check = await town.check(web, sha)
    assert check.conclusion == "failure"
    assert check.output.title == 'buildspec.yml line 4: unknown phase "biuld"; did you mean "build"?'


async def test_a_merge_group_is_built(town: Town) -> None:
    web = await town.repository(files={"buildspec.yml": PASSING})
    pull_request = await town.pull_request(web, {"README.md": "A word."})

    group = await town.github.form_merge_group(pull_request, by="ana")

    assert (await town.check(web, group.head_sha)).conclusion == "success"


async def test_deleting_a_branch_and_pushing_a_tag_build_nothing(town: Town) -> None:
    web = await town.repository(files={"README.md": "Empty."})
    sha = await town.push(web, {"buildspec.yml": PASSING}, branch="side")
    await town.copies["ana", web.id].git("tag", "v1")
    await town.copies["ana", web.id].git("push", "--quiet", "origin", "v1")
    await town.github.delete_branch(web, "side", by="ana")

    last = await town.push(web, {"NEWS.md": "Built."}, branch="main")

    await town.check(web, last)
    assert town.told(web, sha) == []
