"""What the one comment on a pull request says."""

from datetime import timedelta

from msgspec.structs import replace

from checks.repository import Repository
from deploy.deployment import State
from deploy.trail import Step, Trail, trail_text
from tests.deploy.stories import A, B
from tests.deploy.world import NOW

WEB = Repository(id=42, full_name="acme/web", installation=7, html_url="https://github.com/acme/web")
HEAD = "**Where is this change**\n\n| environment | state | version | since | why |\n| --- | --- | --- | --- | --- |\n"


def step(environment: str, state: State = State.LIVE, sha: str = A, why: str = "written", service: str = "web") -> Step:
    return Step(service=service, environment=environment, state=state, sha=sha, why=why, at=NOW)


def linked(sha: str) -> str:
    return f"[`{sha[:7]}`](https://github.com/acme/web/commit/{sha})"


def test_each_environment_has_a_line_and_what_is_not_live_says_why() -> None:
    steps = (step("staging", sha=B), step("production", State.GATED, why="release-team: needs @ana"))
    assert trail_text(WEB, steps) == (
        f"{HEAD}| staging | ● live | {linked(B)} | 21 Nov 12:00 UTC |  |\n"
        f"| production | ○ waits | {linked(A)} | 21 Nov 12:00 UTC | release-team: needs @\u200bana |"
    )


def test_where_there_are_several_services_each_is_named() -> None:
    text = trail_text(WEB, (step("staging"), step("staging", State.FAILED, why="smoke: 500", service="api")))
    assert text == (
        f"{HEAD}| web staging | ● live | {linked(A)} | 21 Nov 12:00 UTC |  |\n"
        f"| api staging | ✕ failed | {linked(A)} | 21 Nov 12:00 UTC | smoke: 500 |"
    )


def test_an_environment_keeps_its_line() -> None:
    trail = Trail(repository=42, pull_request=5)
    for each in (step("staging"), step("production"), step("staging", State.ROLLED_BACK)):
        trail = trail.stepped(each)
    assert trail.steps == (step("staging", State.ROLLED_BACK), step("production"))


def test_what_was_said_is_no_news_later() -> None:
    trail = Trail(repository=42, pull_request=5).stepped(step("staging"))
    assert trail.stepped(replace(step("staging"), at=NOW + timedelta(hours=1))) == trail
