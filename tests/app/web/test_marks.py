"""The page of a build says which tests are new here and which are flaky, in the words of the check."""

import re
from collections.abc import AsyncIterator

import aiohttp
import pytest
from msgspec.structs import replace

from checks.build import State
from checks.change import Purpose
from checks.result import Outcome, Result
from checks.test_report import FailedTest, Mark, TestReport, Verdict
from tests.app.web.build_site import PUSH, SHOP, World, build_site

BASE = "77aa0be" + "0" * 33


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with build_site() as site:
        yield site


def failed(name: str, mark: Mark | None = None) -> FailedTest:
    return FailedTest(name=name, verdict=Verdict.FAILED, message="no", mark=mark)


async def shown(world: World, tests: TestReport, purpose: Purpose = Purpose.PUSH) -> str:
    """The part of the page that is about tests, every run of white space as one space."""
    state, outcome = (State.FAILED, Outcome.FAILED) if tests.failed else (State.SUCCEEDED, Outcome.SUCCEEDED)
    link = world.add("b", b"log\n", state=state, result=Result(outcome=outcome, tests=tests))
    world.builds["b"] = replace(world.builds["b"], change=replace(PUSH, purpose=purpose))
    async with aiohttp.ClientSession() as http, http.get(link) as answer:
        page = await answer.text()
    return " ".join(page.partition('<h2 id="tests">')[2].partition("</section>")[0].split())


def names(part: str) -> list[str]:
    return re.findall(r'<th scope="row">(.*?)</th>', part)


@pytest.mark.parametrize(
    ("purpose", "words"),
    [(Purpose.PUSH, "new since 77aa0be"), (Purpose.MERGE_GROUP, "new here, passes on main")],
)
async def test_a_mark_stands_by_its_test(world: World, purpose: Purpose, words: str) -> None:
    failures = (failed("a", Mark.NEW), failed("b"), failed("c", Mark.FLAKY))
    part = await shown(world, TestReport(passed=2, failed=3, failures=failures, base=BASE), purpose)

    comma = '<span class="vh">, </span>'
    assert names(part) == [
        f'<code>a</code><span class="mark-new">{comma}<a href="{SHOP.html_url}/commit/{BASE}">{words}</a></span>',
        "<code>b</code>",
        f'<code>c</code><span class="mark-flaky">{comma}flaky: passed on this commit before</span>',
    ]
    assert "3 failed (1 new, 1 flaky)</span>" in part


async def test_a_passed_build_names_its_flaky_tests_which_are_only_text(world: World) -> None:
    part = await shown(world, TestReport(passed=2, flaky=("a", "<b>")))

    assert part.endswith(
        '<p class="note">Flaky: 2 tests failed on this commit before and passed now: '
        "<code>a</code>, <code>&lt;b&gt;</code>.</p>"
    )


async def test_tests_that_are_too_many_are_said_not_to_be_compared(world: World) -> None:
    part = await shown(world, TestReport(passed=20_000, failed=1, failures=(failed("a"),)))

    assert '<p class="soft">Not compared with other builds: there are more than 20,000 tests.</p>' in part
