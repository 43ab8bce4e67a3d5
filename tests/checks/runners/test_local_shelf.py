"""A build that was sent to publish leaves zips under the name of its commit, once; nobody else leaves anything."""

import shutil
from pathlib import Path

import pytest

from checks.result import Outcome
from checks.runners.local.job import Shelf
from checks.runners.local.runner import LocalRunner
from tests.checks.runners.workshop import Workshop, ended, lines, order, phases, repository, until
from tests.needs import needs

PUBLISHES = {"PRX_CI_PUBLISH": "true"}
LAY = 'mkdir -p "$INTERLOCK_DEPOT/GitHub/acme/web" && echo {what} > "$INTERLOCK_DEPOT/{name}"'


def lay(name: str = "GitHub/acme/web/abc.zip", what: str = "one") -> str:
    return LAY.format(name=name, what=what)


@pytest.fixture
def depot(tmp_path: Path) -> Path:
    folder = tmp_path / "depot"
    folder.mkdir()
    folder.chmod(0o777)  # so that nothing but a sandbox keeps anybody out
    return folder


@pytest.fixture
def shelf(depot: Path) -> Shelf:
    return Shelf(folder=str(depot), prefix="GitHub/acme/web/abc")


def kept(depot: Path) -> dict[str, str]:
    found = [each for each in depot.rglob("*") if each.is_file()]
    return {each.relative_to(depot).as_posix(): each.read_text() for each in found}


async def test_what_it_lays_down_is_kept_once_it_has_succeeded(workshop: Workshop, depot: Path, shelf: Shelf) -> None:
    commands = f"{lay()} && {lay('GitHub/acme/web/abc-docs.zip', 'two')}"
    result = await workshop.build(phases(build=commands), shelf=shelf)
    assert result.outcome is Outcome.SUCCEEDED, result
    assert kept(depot) == {"GitHub/acme/web/abc.zip": "one\n", "GitHub/acme/web/abc-docs.zip": "two\n"}
    await until(lambda: not (workshop.home / "runs" / "run" / "published").exists())


async def test_what_is_there_is_never_replaced(workshop: Workshop, depot: Path, shelf: Shelf) -> None:
    outcomes = []
    for run, what in (("first", "one"), ("second", "two")):
        outcomes.append((await workshop.build(phases(build=lay(what=what)), run, shelf=shelf)).outcome)
    assert (outcomes, kept(depot)) == ([Outcome.SUCCEEDED] * 2, {"GitHub/acme/web/abc.zip": "one\n"})
    assert "with another content, and is never replaced" in (await workshop.runner.log("second")).decode()


async def test_a_build_that_fails_leaves_nothing(workshop: Workshop, depot: Path, shelf: Shelf) -> None:
    result = await workshop.build(phases(build=lay(), post_build="exit 3"), shelf=shelf)
    assert (result.outcome, kept(depot)) == (Outcome.FAILED, {})


@pytest.mark.parametrize(
    "command",
    [
        lay("GitHub/acme/web/abd.zip"),
        lay("GitHub/acme/web/abc.tar"),
        lay("GitHub/acme/loose.zip"),
        f'{lay()} && ln -s /etc/passwd "$INTERLOCK_DEPOT/GitHub/acme/web/abc-link.zip"',
    ],
)
async def test_other_names_fail_the_build_and_nothing_of_it_is_kept(
    workshop: Workshop, depot: Path, shelf: Shelf, command: str
) -> None:
    result = await workshop.build(phases(build=command), shelf=shelf)
    assert (result.outcome, kept(depot)) == (Outcome.FAILED, {})
    assert "cannot be published: lay down zips named GitHub/acme/web/abc….zip" in result.message


@pytest.mark.parametrize(("variables", "told"), [({}, "none"), (PUBLISHES, "told")])
async def test_only_who_was_sent_to_publish_is_told_where(
    tmp_path: Path, depot: Path, variables: dict[str, str], told: str
) -> None:
    (sha,) = repository(tmp_path / "origin")
    runner = LocalRunner(tmp_path / "home", depot=depot)
    say = 'if [ -n "$INTERLOCK_DEPOT" ]; then echo told; else echo none; fi'
    run = await runner.start(order(f"file://{tmp_path}/origin", sha, phases(build=f"'{say}'"), variables=variables))
    await ended(runner, run)
    assert told in await lines(runner, run)


async def test_code_from_outside_is_told_nothing_and_reaches_nothing(tmp_path: Path, depot: Path) -> None:
    needs(shutil.which("bwrap") is not None, "the sandbox needs bubblewrap: apt-get install bubblewrap")
    (sha,) = repository(tmp_path / "origin")
    runner = LocalRunner(tmp_path / "home", depot=depot)
    say = f"echo told=$INTERLOCK_DEPOT; touch {depot}/x ../published/x && echo wrote; true"
    buildspec = phases(build=f"'{say}'")
    run = await runner.start(order(f"file://{tmp_path}/origin", sha, buildspec, trusted=False, variables=PUBLISHES))
    await ended(runner, run)
    said = await lines(runner, run)
    assert ("told=" in said, "wrote" in said, kept(depot)) == (True, False, {})
