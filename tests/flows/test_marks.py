"""Failing tests are marked by what the other builds of the repository say."""

from tests.flows.town import Town

BUILDSPEC = """\
version: 0.2
# PRX_
phases:
  build:
    commands:
      - sh test.sh > junit.xml
      - if grep -q '<failure' junit.xml; then exit 1; fi
reports:
  tests:
    files: [junit.xml]
    file-format: JUNITXML
"""
REPORT = """\
echo '<testsuite name="cart">'
echo '<testcase classname="cart" name="test_empty">{empty}</testcase>'
echo '<testcase classname="cart" name="test_total">{total}</testcase>'
echo '</testsuite>'
"""
FAILURE = '<failure message="expected 119, got 100"/>'


def files(*, empty: str = "", total: str = "") -> dict[str, str]:
    """A repository whose tests say this."""
    return {"buildspec.yml": BUILDSPEC, "test.sh": REPORT.format(empty=empty, total=total)}


def rows(summary: str | None) -> list[str]:
    return [line.split(" | ")[0] for line in (summary or "").splitlines() if line.startswith("| `test_")]


async def test_a_test_that_a_pull_request_breaks_is_new_here(town: Town) -> None:
    web = await town.repository()
    main = await town.push(web, files(empty=FAILURE))
    await town.check(web, main)
    request = await town.pull_request(web, files(empty=FAILURE, total=FAILURE))

    check = await town.check(web, request.head_sha)

    page = f"{town.github.url}/acme/web"
    assert check.output.title == "2 of 2 tests failed in build"
    assert rows(check.output.summary) == [
        f"| `test_total` · *[new here, passes on main]({page}/commit/{main})*",
        "| `test_empty`",
    ]
    assert (check.output.summary or "").startswith("**2 tests failed** (1 new) · ")


async def test_a_test_that_fails_and_passes_on_one_commit_is_flaky(town: Town) -> None:
    web = await town.repository()
    weather = town.directory / "weather"
    weather.parent.mkdir(exist_ok=True)
    weather.write_text(FAILURE)
    sha = await town.push(web, files(total=f"'$(cat {weather})'"))
    failed = await town.check(web, sha)

    weather.write_text("")
    await town.github.rerequest(failed.id, "bo")
    passed = await town.check(web, sha, number=2)
    weather.write_text(FAILURE)
    await town.github.rerequest(passed.id, "bo")
    again = await town.check(web, sha, number=3)

    assert [check.conclusion for check in (failed, passed, again)] == ["failure", "success", "failure"]
    assert [rows(check.output.summary) for check in (failed, again)] == [
        ["| `test_total`"],
        ["| `test_total` · *flaky: passed on this commit before*"],
    ]
    paragraphs = (passed.output.summary or "").split("\n\n")
    assert paragraphs[1] == "**Flaky:** 1 test failed on this commit before and passed now: `test_total`."
