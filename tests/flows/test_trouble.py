"""GitHub is ill, slow, forgetful or asked too much; repositories move and close: the checks are right in the end."""

from tests.flows.town import PASSING, WAITS, Town

MANY_FAIL = """\
version: 0.2
# PRX_
phases:
  build:
    commands:
      - |
        (echo "<testsuite>"
         for number in $(seq 120); do
           echo "<testcase name='t$number' file='many.py' line='$number'><failure message='no $number'/></testcase>"
         done
         echo "</testsuite>") > report.xml
      - exit 1
reports:
  tests:
    files: [report.xml]
"""


async def test_more_annotations_than_a_request_takes_all_arrive_once(town: Town) -> None:
    web = await town.repository()
    town.github.faults.lose_answer(method="PATCH", path="/check-runs/", times=2)

    sha = await town.push(web, {"buildspec.yml": MANY_FAIL, "many.py": "pass\n" * 200})

    check = await town.check(web, sha)
    await town.until(lambda: len(check.output.annotations) >= 120)
    assert check.output.title == "120 of 120 tests failed in build"
    assert sorted(remark.title or "" for remark in check.output.annotations) == sorted(f"no {n}" for n in range(1, 121))


async def test_a_github_that_answers_with_pages_of_html_gets_its_check_later(town: Town) -> None:
    web = await town.repository()
    town.github.faults.fail(502, times=4)

    sha = await town.push(web, {"buildspec.yml": PASSING})

    assert (await town.check(web, sha)).conclusion == "success"
    assert len(town.checks(web, sha)) == 1


async def test_a_check_whose_creation_was_never_confirmed_is_not_made_twice(town: Town) -> None:
    web = await town.repository()
    town.github.faults.lose_answer(method="POST", path="/check-runs$")

    sha = await town.push(web, {"buildspec.yml": PASSING})

    assert (await town.check(web, sha)).conclusion == "success"
    assert len(town.checks(web, sha)) == 1


async def test_a_rate_limit_is_waited_for(town: Town) -> None:
    web = await town.repository()
    town.github.faults.limit(429, retry_after=1, path="/check-runs")

    sha = await town.push(web, {"buildspec.yml": PASSING})

    assert (await town.check(web, sha)).conclusion == "success"


async def test_expired_tokens_are_renewed(town: Town) -> None:
    web = await town.repository()
    await town.check(web, await town.push(web, {"buildspec.yml": PASSING}))
    town.github.expire_tokens()

    sha = await town.push(web, {"README.md": "A word."})

    assert (await town.check(web, sha)).conclusion == "success"


async def test_webhooks_that_come_twice_build_once(town: Town) -> None:
    web = await town.repository()
    town.github.faults.double_next_delivery(5)

    sha = await town.push(web, {"buildspec.yml": PASSING})

    await town.check(web, sha)
    await town.github.settled()
    assert len(town.checks(web, sha)) == 1


async def test_a_redelivery_of_what_was_lost_is_built(town: Town) -> None:
    web = await town.repository()
    await town.github.settled()
    town.github.faults.drop_next_delivery()
    sha = await town.push(web, {"buildspec.yml": PASSING})
    await town.github.settled()
    assert town.told(web, sha) == []
    lost = next(delivery for delivery in town.github.deliveries if delivery.event == "push")

    await town.github.redeliver(lost.guid)

    assert (await town.check(web, sha)).conclusion == "success"


async def test_a_repository_that_is_renamed_during_a_build_keeps_its_check(town: Town) -> None:
    web = await town.repository()
    gate = town.directory / "gate"
    sha = await town.push(web, {"buildspec.yml": WAITS.format(gate=gate)})
    await town.check(web, sha, "in_progress")

    await town.github.rename_repository(web, "site")
    gate.touch()

    assert (await town.check(web, sha)).conclusion == "success"


async def test_an_archived_repository_stops_its_builds_and_troubles_nobody(town: Town) -> None:
    web = await town.repository()
    other = await town.repository("other")
    sha = await town.push(web, {"buildspec.yml": WAITS.format(gate=town.directory / "gate")})
    await town.until(lambda: town.told(web, sha) == ["in_progress: Building: build"])

    await town.github.archive_repository(web)

    assert (await town.check(other, await town.push(other, {"buildspec.yml": PASSING}))).conclusion == "success"
    assert town.told(web, sha) == ["in_progress: Building: build"]


async def test_a_suspended_installation_is_served_again_when_it_comes_back(town: Town) -> None:
    web = await town.repository(files={"README.md": "Empty."})
    [installation] = town.github.installations.values()
    await town.github.suspend(installation)
    await town.github.unsuspend(installation)

    sha = await town.push(web, {"buildspec.yml": PASSING})

    assert (await town.check(web, sha)).conclusion == "success"
