"""The buttons of a check do what they say, for those who may."""

from tests.flows.town import FAILING, PASSING, WAITS, Town


async def test_re_run_builds_the_commit_once_more(town: Town) -> None:
    web = await town.repository()
    sha = await town.push(web, {"buildspec.yml": FAILING})
    failed = await town.check(web, sha)

    await town.github.rerequest(failed.id, "bo")

    again = await town.check(web, sha, number=2)
    assert (again.name, again.conclusion) == (failed.name, "failure")
    assert again.external_id != failed.external_id


async def test_pressing_twice_builds_once(town: Town) -> None:
    web = await town.repository()
    gate = town.directory / "gate"
    gate.parent.mkdir(exist_ok=True)
    gate.touch()
    sha = await town.push(web, {"buildspec.yml": WAITS.format(gate=gate)})
    check = await town.check(web, sha)
    gate.unlink()

    await town.github.rerequest(check.id, "bo")
    await town.github.rerequest(check.id, "bo")
    await town.until(lambda: "is running already" in (check.output.summary or ""))
    gate.touch()

    await town.check(web, sha, number=2)
    assert len(town.checks(web, sha)) == 2


async def test_re_run_all_builds_every_check_of_the_commit(town: Town) -> None:
    web = await town.repository()
    both = PASSING.replace("PRX_", "PRX_BUILD_X86_64 PRX_BUILD_AARCH64")
    sha = await town.push(web, {"buildspec.yml": both})
    await town.check(web, sha, number=1)
    await town.check(web, sha, number=2)

    [suite] = town.github.suites_of(web, sha)
    await town.github.rerequest_suite(suite.id, "bo")

    assert sorted([(await town.check(web, sha, number=number)).name for number in (3, 4)]) == [
        "Interlock",
        "Interlock (aarch64)",
    ]


async def test_cancel_stops_a_running_build(town: Town) -> None:
    web = await town.repository()
    sha = await town.push(web, {"buildspec.yml": WAITS.format(gate=town.directory / "gate")})
    running = await town.check(web, sha, "in_progress")

    await town.github.press(running.id, "cancel", "bo")

    check = await town.check(web, sha)
    assert (check.conclusion, check.output.title) == ("cancelled", "Cancelled: @bo asked for it")


async def test_somebody_without_write_access_cannot_cancel(town: Town) -> None:
    web = await town.repository()
    gate = town.directory / "gate"
    sha = await town.push(web, {"buildspec.yml": WAITS.format(gate=gate)})
    running = await town.check(web, sha, "in_progress")

    await town.github.press(running.id, "cancel", "sam")

    await town.until(lambda: "has no write access" in (running.output.summary or ""))
    gate.touch()
    assert (await town.check(web, sha)).conclusion == "success"
