"""Builds on CodeBuild from the order to the result, over HTTP."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from app.demo.aws.fleets.scripted import Ending
from app.demo.aws.refusal import Refusal
from checks.build import Architecture
from checks.errors import Busy, Permanent, Transient
from checks.result import Failure, Outcome
from checks.runners.codebuild import CodeBuildRunner, Place, Sources
from checks.test_report import TestReport
from tests.checks.runners.aws_town import ROLE, SHA, Clients, Town, archive, ended
from tests.checks.runners.workshop import until

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_build_costs_one_request_to_start_and_its_result_says_how_it_went(town: Town) -> None:
    town.endings["b1-0"] = Ending(exported={"MY_APP": "github/acme/web:4f2a91c"}, log="compiled\n")
    runner = town.runner()
    run = await runner.start(town.order())
    assert town.operations == ["StartBuild"]
    result = await ended(runner, run)
    assert (result.outcome, result.exported) == (Outcome.SUCCEEDED, {"MY_APP": "github/acme/web:4f2a91c"})
    assert [phase.name for phase in result.phases][-4:] == ["BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS", "FINALIZING"]
    assert "compiled" in result.log_tail.splitlines()
    assert result.tests is None


async def test_a_failed_command_is_told_with_its_phase_and_exit_code(town: Town) -> None:
    town.endings["b1-0"] = Ending(
        failing="PRE_BUILD", message="Error while executing command: npm ci. Reason: exit status 7"
    )
    runner = town.runner()
    result = await ended(runner, await runner.start(town.order()))
    assert result.outcome is Outcome.FAILED
    assert result.failure == Failure(phase="PRE_BUILD", command="npm ci", exit_code=7)


async def test_the_build_gets_the_pinned_source_and_all_variables(town: Town) -> None:
    run = await town.runner().start(town.order())
    build = town.build(run)
    assert build.settings["sourceVersion"] == f"refs/heads/main^{{{SHA}}}"
    assert {each["name"]: each["value"] for each in build.variables} == {
        "INTERLOCK_POST_BUILD_URL": "https://ci.example.org/post_build.sh",
        "INTERLOCK_RUN": town.order().token,
        "PRX_COMMIT": SHA,
        "PRX_REPO": "acme/web",
    }


async def test_a_run_goes_through_the_queue_and_the_phases(town: Town) -> None:
    town.gate.clear()
    runner = town.runner()
    run = await runner.start(town.order())
    phases = {(await runner.look([run]))[0].phase}
    town.gate.set()
    await ended(runner, run)
    assert phases <= {"QUEUED", "PROVISIONING"}
    assert phases


async def test_the_same_order_again_is_the_same_run(town: Town) -> None:
    runner = town.runner()
    run = await runner.start(town.order())
    assert await runner.start(town.order()) == run
    assert len([each for each in town.aws.builds.values() if each.project == town.project]) == 1


async def test_a_run_that_was_started_before_a_crash_is_adopted(town: Town) -> None:
    run = await town.runner().start(town.order())
    await town.runner().start(town.order("b2-0"))
    town.aws.asked.clear()
    assert await town.runner().start(town.order(), repeated=True) == run
    assert town.operations == ["ListBuildsForProject", "BatchGetBuilds"]


async def test_an_order_that_was_never_heard_of_is_started_once_when_repeated(town: Town) -> None:
    await town.runner().start(town.order("b2-0"))
    town.aws.asked.clear()
    await town.runner().start(town.order(), repeated=True)
    assert town.operations == ["ListBuildsForProject", "BatchGetBuilds", "StartBuild"]


async def test_builds_older_than_the_order_are_not_searched(town: Town) -> None:
    for number in range(3):
        await town.runner().start(town.order(f"old{number}-0"))
    town.aws.asked.clear()
    later = replace(town.order(), since=town.order().since + timedelta(hours=1))
    await town.runner().start(later, repeated=True)
    assert town.operations == ["ListBuildsForProject", "BatchGetBuilds", "StartBuild"]


async def test_a_start_whose_answer_was_lost_is_found_at_once(town: Town) -> None:
    town.aws.faults.lose_answer()
    run = await town.runner().start(town.order())
    assert town.operations == ["StartBuild", "ListBuildsForProject", "BatchGetBuilds"]
    assert [each.id for each in town.aws.builds.values() if each.project == town.project] == [run]


async def test_a_start_that_may_have_been_heard_is_looked_for_when_the_build_comes_again(town: Town) -> None:
    town.aws.faults.lose_answer()
    town.aws.faults.throttle("ListBuildsForProject")
    with pytest.raises(Busy, match="AWS could not be asked for StartBuild") as unanswered:
        await town.runner().start(town.order())
    assert unanswered.value.in_doubt
    (first,) = [each.id for each in town.aws.builds.values() if each.project == town.project]
    town.aws.asked.clear()
    changed = replace(town.order(), buildspec="version: 0.2 # the token alone would not find it")
    assert await town.runner().start(changed, repeated=True) == first
    assert "StartBuild" not in town.operations


async def test_a_run_that_cannot_be_looked_for_stays_in_doubt(town: Town) -> None:
    await town.runner().start(town.order())
    town.aws.faults.throttle("ListBuildsForProject")
    with pytest.raises(Busy, match="AWS asks to go slower") as waiting:
        await town.runner().start(town.order(), repeated=True)
    assert waiting.value.in_doubt


async def test_a_run_that_was_looked_for_in_vain_is_in_doubt_no_more(town: Town) -> None:
    town.aws.faults.most_builds = 0
    with pytest.raises(Busy, match="CodeBuild allows 0 builds") as full:
        await town.runner().start(town.order(), repeated=True)
    assert not full.value.in_doubt


async def test_a_token_that_was_used_with_another_order_leads_to_the_run(town: Town) -> None:
    run = await town.runner().start(town.order())
    changed = replace(town.order(), timeout=timedelta(minutes=90))
    assert await town.runner().start(changed) == run


async def test_a_build_for_which_there_is_no_room_waits_with_the_reason(town: Town) -> None:
    town.aws.faults.most_builds = 0
    with pytest.raises(Busy) as none:
        await town.runner().start(town.order())
    assert (str(none.value), none.value.in_doubt) == ("CodeBuild allows 0 builds at a time in this account", False)
    town.aws.faults.most_builds = None
    assert await town.runner().start(town.order())


async def test_the_limit_of_a_project_is_told_with_its_name(town: Town) -> None:
    town.aws.create_project("narrow", concurrentBuildLimit=1)
    town.gate.clear()
    runner = town.runner(project="narrow")
    await runner.start(town.order())
    with pytest.raises(Busy) as full:
        await runner.start(town.order("b2-0"))
    assert str(full.value) == "CodeBuild allows 1 build at a time in narrow"


async def test_throttling_and_missing_rights_let_the_build_wait(town: Town) -> None:
    town.aws.faults.throttle("StartBuild")
    with pytest.raises(Busy) as slow:
        await town.runner().start(town.order())
    town.aws.faults.deny("StartBuild")
    with pytest.raises(Busy) as denied:
        await town.runner().start(town.order())
    town.aws.faults.fail("StartBuild", status=503)
    with pytest.raises(Busy) as ill:
        await town.runner().start(town.order())
    assert [str(each.value) for each in (slow, denied, ill)] == [
        "AWS asks to go slower",
        "AWS said AccessDeniedException on StartBuild",
        "AWS said ServiceUnavailableException on StartBuild",
    ]


async def test_an_operator_reads_in_the_log_what_aws_said_of_a_build_that_waits(town: Town) -> None:
    town.aws.faults.deny("StartBuild")
    with capture_logs() as lines, pytest.raises(Busy):
        await town.runner().start(town.order())
    assert lines == [
        {
            "log_level": "warning",
            "event": "a build could not be started",
            "build": town.order().build,
            "reason": "AWS said AccessDeniedException on StartBuild",
            "said": "User: arn:aws:iam::123456789012:user/interlock is not authorized to perform: codebuild:StartBuild",
        }
    ]


async def test_a_project_that_does_not_exist_ends_the_build_with_what_to_do(town: Town) -> None:
    with pytest.raises(Permanent) as missing:
        await town.runner(project="wbe").start(town.order())
    assert str(missing.value) == ("CodeBuild has no project wbe in this account and region; look at CODEBUILD_PROJECT")


async def test_what_codebuild_does_not_understand_is_told_in_its_words(town: Town) -> None:
    town.aws.faults.refuse("StartBuild", Refusal("InvalidInputException", "Invalid image override"))
    with pytest.raises(Permanent) as refused:
        await town.runner().start(town.order())
    assert str(refused.value) == (
        f"CodeBuild refused to start a build in {town.project}: Invalid image override; look at its settings"
    )


async def test_an_aws_that_cannot_be_reached_lets_the_build_wait(town: Town) -> None:
    runner = CodeBuildRunner(
        town.home, clients=Clients("http://127.0.0.1:9"), place=Place(project="web"), source=Sources(), variables={}
    )
    with pytest.raises(Busy) as nobody:
        await runner.start(town.order())
    assert str(nobody.value) == "AWS could not be asked for StartBuild: it cannot be reached"
    with pytest.raises(Transient, match="AWS could not be asked for BatchGetBuilds"):
        await runner.look(["web:1"])


async def test_botocores_own_attempts_start_one_build(town: Town) -> None:
    town.clients = Clients(town.aws.url, attempts=3)
    town.aws.faults.lose_answer(times=2)
    run = await town.runner().start(town.order())
    assert town.operations == ["StartBuild"] * 3
    assert [each.id for each in town.aws.builds.values() if each.project == town.project] == [run]


async def test_each_architecture_runs_in_its_own_project_if_there_is_one(town: Town) -> None:
    town.aws.create_project(f"{town.project}-arm")
    runner = town.runner(project_aarch64=f"{town.project}-arm")
    arm = await runner.start(town.order(architecture=Architecture.AARCH64))
    intel = await runner.start(town.order("b2-0"))
    assert [run.partition(":")[0] for run in (arm, intel)] == [f"{town.project}-arm", town.project]
    assert await runner.start(town.order(architecture=Architecture.AARCH64), repeated=True) == arm


async def test_untrusted_code_runs_without_rights(town: Town) -> None:
    source = {"bucket": f"sources-{town.project}"}
    await asyncio.to_thread(town.clients.s3.create_bucket, Bucket=source["bucket"])
    town.content = archive({"buildspec.yml": "version: 0.2\n"})
    run = await town.runner(source=source).start(town.order(trusted=False))
    build = town.build(run)
    assert build.settings["serviceRole"] == ROLE
    assert build.settings["environment"]["privilegedMode"] is False
    assert build.settings["cache"] == {"type": "NO_CACHE"}
    with pytest.raises(Permanent, match="set CODEBUILD_UNTRUSTED_ROLE"):
        await town.runner(source=source, untrusted_role="").start(town.order("b2-0", trusted=False))


async def test_a_stopped_run_says_so_and_stopping_it_again_does_nothing(town: Town) -> None:
    town.gate.clear()
    runner = town.runner()
    run = await runner.start(town.order())
    await runner.stop(run)
    result = await ended(runner, run)
    assert (result.outcome, result.message) == (Outcome.STOPPED, "stopped")
    for other in (run, f"{town.project}:nobody", "b1-0"):
        await runner.stop(other)


async def test_runs_that_codebuild_does_not_know_are_lost_and_disturb_no_others(town: Town) -> None:
    runner = town.runner()
    run = await runner.start(town.order())
    await ended(runner, run)
    reports = await runner.look(["b1-0", f"{town.project}:nobody", run])
    assert [report.result and report.result.outcome for report in reports] == [
        Outcome.FAULT,
        Outcome.FAULT,
        Outcome.SUCCEEDED,
    ]
    assert reports[0].result
    assert reports[0].result.message == "CodeBuild knows nothing of this run"


async def test_whoever_looks_within_a_moment_shares_one_request(town: Town) -> None:
    town.gate.clear()
    runner = town.runner()
    runs = [await runner.start(town.order(f"b{number}-0")) for number in range(5)]
    town.aws.asked.clear()
    looks = await asyncio.gather(*(runner.look([run]) for run in runs))
    assert [look[0].run for look in looks] == runs
    assert [len(asked["ids"]) for asked in town.asked("BatchGetBuilds")] == [5]


async def test_more_than_a_hundred_runs_are_asked_for_in_batches(town: Town) -> None:
    await town.runner().look([f"{town.project}:{number}" for number in range(205)])
    assert sorted(len(asked["ids"]) for asked in town.asked("BatchGetBuilds")) == [5, 100, 100]


async def test_another_commit_than_the_checks_is_a_fault(town: Town) -> None:
    town.endings["b1-0"] = Ending(resolved="9be01d2" + "0" * 33)
    runner = town.runner()
    result = await ended(runner, await runner.start(town.order()))
    assert (result.outcome, result.message) == (
        Outcome.FAULT,
        "CodeBuild built 9be01d2, and this check is on 4f2a91c",
    )


async def test_a_build_that_the_platform_broke_is_a_fault(town: Town) -> None:
    town.aws.faults.broken = 1
    runner = town.runner()
    assert (await ended(runner, await runner.start(town.order()))).outcome is Outcome.FAULT


async def test_an_end_that_cannot_be_explained_yet_is_told_later(town: Town) -> None:
    town.endings["b1-0"] = Ending(log="the reason\n")
    runner = town.runner()
    run = await runner.start(town.order())
    await until(lambda: town.build(run).is_complete)
    town.aws.faults.throttle("GetLogEvents")
    (first,) = await runner.look([run])
    assert (first.phase, first.result) == ("FINALIZING", None)
    (second,) = await runner.look([run])
    assert second.result
    assert "the reason" in second.result.log_tail.splitlines()


async def test_the_tail_of_a_log_is_its_last_lines_with_secrets_masked(town: Town) -> None:
    numbered = "".join(f"line {number}\n" for number in range(500))
    town.endings["b1-0"] = Ending(log=f"{numbered}password: AKIAABCDEFGHIJKLMNOP\n")
    town.aws.faults.log_events = 30
    runner = town.runner()
    tail = (await ended(runner, await runner.start(town.order()))).log_tail.splitlines()
    assert len(tail) == 200
    assert "password: ***" in tail
    assert "line 499" in tail


async def test_a_log_that_may_not_be_read_keeps_no_result_back(town: Town) -> None:
    town.endings["b1-0"] = Ending(log="hidden\n")
    runner = town.runner()
    run = await runner.start(town.order())
    await until(lambda: town.build(run).is_complete)
    town.aws.faults.deny("GetLogEvents")
    (report,) = await runner.look([run])
    assert report.result
    assert (report.result.outcome, report.result.log_tail) == (
        Outcome.SUCCEEDED,
        "AWS said AccessDeniedException on GetLogEvents",
    )


async def test_tests_that_may_not_be_read_keep_no_result_back(town: Town) -> None:
    town.endings["b1-0"] = Ending(reports={"unit": {"junit.xml": b"<testsuite/>"}}, log="shown\n")
    runner = town.runner()
    run = await runner.start(town.order())
    await until(lambda: town.build(run).is_complete)
    town.aws.faults.deny("BatchGetReports")
    (report,) = await runner.look([run])
    assert report.result
    assert report.result.tests == TestReport(unread=("AWS said AccessDeniedException on BatchGetReports",))
    assert "shown" in report.result.log_tail.splitlines()
