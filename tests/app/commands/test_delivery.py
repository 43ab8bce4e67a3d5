"""`status`, `why` and the commands of delivery, typed by somebody, against the API over real HTTP."""

import asyncio
import json
import logging
import os
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import web
from click.testing import CliRunner

from app.__main__ import main
from app.commands import following
from app.store.database import Database, driver_url
from deploy.target import failed
from tests.app.web.api.site import TOKEN, Site, site
from tests.deploy.stories import A, B, has

Typed = Callable[..., Awaitable[tuple[int, str, str]]]
GIT = '[core]\n\tbare = false\n[remote "origin"]\n\turl = {url}\n\tfetch = +refs/heads/*\n[remote "fork"]\n\turl = x\n'
REFUSES = (
    "interlock: http://127.0.0.1:1 cannot be reached (Connection refused): does Interlock run there? See INTERLOCK_URL"
)
ON_PRODUCTION = ("production", "-r", "acme/web")


@pytest.fixture
async def town(migrated_sqlite: str, tmp_path: Path) -> AsyncIterator[Site]:
    shown = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # one output for both
    like = str(driver_url(migrated_sqlite).database)
    database = Database(f"sqlite:///{shutil.copy(like, tmp_path / 'api.sqlite3')}")
    async with site(database) as made:
        yield made
    await database.close()
    structlog.configure(**shown)


@pytest.fixture
def typed(town: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """What somebody types in an empty folder while a worker works: exit status, what was printed, and what beside."""
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("INTERLOCK_URL", town.url)
    monkeypatch.setenv("API_TOKEN", f"{TOKEN}, another token that is older")
    monkeypatch.setattr(following, "PAUSE", 0.05)

    async def run(*arguments: str, works: bool = True) -> tuple[int, str, str]:
        worker = town.new_worker()
        working = asyncio.create_task(worker.run() if works else worker.drain())
        ended = await asyncio.to_thread(CliRunner().invoke, main, [*arguments])
        worker.stop()
        await working
        if ended.exception and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return ended.exit_code, ended.stdout.strip(), ended.stderr.strip()

    return run


async def test_promote_says_what_it_waits_for_and_why_says_it_again(town: Site, typed: Typed) -> None:
    await town.publish(A)
    await town.obeyed("cancel", environment="production")

    promoted = await typed("promote", "web", "production", "--repository", "acme/web")
    asked = await typed("why", "web", *ON_PRODUCTION)

    assert promoted == asked == (0, promoted[1], "")
    assert promoted[1].splitlines() == [
        "web aaaaaaa is not in production because",
        f"  • release-team: {await _waits(town)}; approve or reject it",
        "production has nothing yet",
    ]


async def test_live_asks_the_target_itself_and_fails_if_somebody_changed_it(town: Site, typed: Typed) -> None:
    await town.publish(A)
    spot = town.world.spots["staging"]
    assert spot

    assert await typed("live", "staging", "-r", "acme/web") == (0, "it is there", "")
    spot.has = "by-hand"
    assert await typed("live", "staging", "-r", "acme/web") == (1, "", "interlock: somebody else set by-hand")


async def test_an_override_is_followed_until_the_version_is_live(town: Site, typed: Typed) -> None:
    await town.publish(A)
    status, said, beside = await typed("override", *ON_PRODUCTION, "--because", "it is late")
    assert (status, said.rpartition(" ")[0].partition(" since")[0], beside) == (
        0,
        "web aaaaaaa is live in production",
        "",
    )


async def test_what_fails_ends_with_1_and_says_what_to_do(town: Site, typed: Typed) -> None:
    await town.publish(A)
    spot = town.world.spots["staging"]
    assert spot
    spot.ends = lambda: failed("the bucket is gone")
    assert await typed("redeploy", "staging", "-r", "acme/web") == (
        1,
        "web aaaaaaa is not in staging because\n  • the bucket is gone; deploy it again once that is mended\n"
        + await _present(town, "staging"),
        "",
    )


async def test_a_plan_is_only_told(town: Site, typed: Typed) -> None:
    await town.publish(A, B)
    told = await typed("rollback", "staging", "-r", "acme/web", "--because", "totals", "--plan")
    assert told == (
        0,
        "staging of web goes back from bbbbbbb to aaaaaaa; what contains bbbbbbb waits there for a revert or a person",
        "",
    )
    assert has(town.world, "staging") == "b"


async def test_a_rollback_puts_back_what_was_good(town: Site, typed: Typed) -> None:
    await town.publish(A, B)
    status, said, _ = await typed("rollback", "staging", "-r", "acme/web", "--because", "totals")
    assert (status, said.partition(" since")[0]) == (0, "web aaaaaaa is live in staging")
    assert has(town.world, "staging") == "a"


async def test_a_hold_and_a_lift_say_what_they_did(town: Site, typed: Typed) -> None:
    held = await typed("hold", "staging", "-r", "acme/web", "--because", "audit", "--kind", "lock")
    lifted = await typed("lift", "staging", "-r", "acme/web")
    nothing = await typed("lift", "-r", "acme/web")
    assert [held, lifted, nothing] == [
        (0, "staging of acme/web is locked: audit", ""),
        (0, "staging of acme/web moves again: no longer locked by @operator: audit", ""),
        (1, "", "interlock: nothing holds acme/web"),
    ]


async def test_without_waiting_the_plan_is_told(town: Site, typed: Typed) -> None:
    await town.publish(A)
    assert await typed("cancel", *ON_PRODUCTION, "--no-wait") == (0, "web aaaaaaa → production is given up", "")


async def test_json_is_what_the_api_says(town: Site, typed: Typed) -> None:
    await town.publish(A)
    status, said, _ = await typed("why", *ON_PRODUCTION, "--json")
    assert (status, json.loads(said)) == (0, await town.get("/api/why?repository=acme/web&environment=production"))
    status, said, _ = await typed("override", *ON_PRODUCTION, "--because", "late", "--json")
    outcome = json.loads(said)
    assert (status, outcome["state"], outcome["deployment"]["state"]) == (0, "obeyed", "live")


async def test_status_shows_each_environment_in_rows(town: Site, typed: Typed) -> None:
    await town.publish(A)
    await town.obeyed("hold", environment="staging", reason="audit")
    status, said, _ = await typed("status", "acme/web")
    rows = [line.split(maxsplit=4) for line in said.splitlines()]
    assert (status, rows[0]) == (0, ["web"])
    assert [row[:3] for row in rows[1:]] == [
        ["staging", "aaaaaaa", "live"],
        ["held", "now", "frozen"],
        ["production", "–"],
        ["aaaaaaa", "waits", "now"],
    ]
    assert said.splitlines()[2].endswith("frozen by @operator: audit")


@pytest.mark.parametrize(
    ("keys", "said", "then"),
    [(b"n\n", "interlock: nothing was done", "b"), (b"y\n", "", "a")],
)
async def test_on_a_terminal_what_is_dangerous_shows_its_plan_and_asks_once(
    town: Site, keys: bytes, said: str, then: str
) -> None:
    await town.publish(A, B)
    here, there = os.openpty()
    worker = town.new_worker()
    working = asyncio.create_task(worker.run())
    arguments = ("rollback", "staging", "-r", "acme/web", "--because", "totals")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app", *arguments),
        stdin=there,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"INTERLOCK_URL": town.url, "API_TOKEN": TOKEN},
    )
    os.write(here, keys)
    _, beside = await process.communicate()
    worker.stop()
    await working
    os.close(here)
    os.close(there)
    plan, question, *rest = beside.decode().partition("Do it? [y/N]:")
    assert plan.startswith("staging of web goes back from bbbbbbb to aaaaaaa;")
    assert (question, "".join(rest).strip(), has(town.world, "staging")) == ("Do it? [y/N]:", said, then)


async def test_a_command_that_nobody_takes_up_is_told(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "MOST_PATIENCE", 0.1)
    assert await typed("hold", "-r", "acme/web", "--because", "audit", works=False) == (
        1,
        "",
        "interlock: nobody took it up within 0 s: does a worker run? The command is kept",
    )


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://github.com/acme/web.git", "acme/web"),
        ("https://ana:secret@github.example.org/acme/web/", "acme/web"),
        ("git@github.com:acme/web.git", "acme/web"),
        ("ssh://git@github.com:22/acme/web", "acme/web"),
    ],
)
async def test_in_a_clone_the_repository_is_known(town: Site, typed: Typed, url: str, found: str) -> None:
    below = Path.cwd() / "src"
    below.mkdir()
    (Path.cwd() / ".git").mkdir()
    (Path.cwd() / ".git/config").write_text(GIT.format(url=url))
    await town.publish(A)
    assert await typed("why", "staging") == await typed("why", "staging", "-r", found)
    assert (await typed("why", "staging"))[0] == 0


async def test_a_work_tree_knows_the_repository_of_its_clone(typed: Typed) -> None:
    git = Path.cwd().parent / "clone/.git"
    (git / "worktrees/one").mkdir(parents=True)
    (git / "config").write_text(GIT.format(url="git@github.com:acme/wbe.git"))
    (git / "worktrees/one/commondir").write_text("../..\n")
    (Path.cwd() / ".git").write_text(f"gitdir: {git}/worktrees/one\n")
    assert (await typed("why"))[2] == 'interlock: there is no repository "acme/wbe"; did you mean "acme/web"?'


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (
            ("why", "wbe", "production", "-r", "acme/web"),
            1,
            'interlock: there is no service "wbe" in acme/web; did you mean "web"?',
        ),
        (
            ("promote", "prodution", "-r", "acme/web"),
            1,
            'interlock: there is no environment "prodution" for web; did you mean "production"?',
        ),
        (("rollback", *ON_PRODUCTION), 1, "interlock: rollback needs a reason: say why"),
        (
            ("promote", *ON_PRODUCTION),
            1,
            "interlock: nothing is live and verified in staging, so nothing can be promoted from there",
        ),
        (
            ("promote", "production"),
            2,
            "Error: this is no clone of a repository on GitHub: say which one, as owner/name",
        ),
        (("promote", "production", "-r", "acme"), 2, 'Error: "acme" is no repository: say owner/name'),
        (("promote", "a", "b", "c", "-r", "acme/web"), 2, "Error: say at most a service and an environment, not a b c"),
        (
            ("promote", "a", "-e", "b", "-r", "acme/web"),
            2,
            "Error: say service and environment once: as arguments or as options",
        ),
        (("deploy", *ON_PRODUCTION), 2, "Error: Missing option '--version'."),
        (
            ("hold", *ON_PRODUCTION, "--until", "soon"),
            2,
            'Error: --until: "soon" is no time: say 2h, 3d, or 2027-01-04T08:00+01:00',
        ),
    ],
)
async def test_what_is_wrong_is_said_in_a_line(
    typed: Typed, arguments: tuple[str, ...], status: int, said: str
) -> None:
    ended, printed, beside = await typed(*arguments)
    assert (ended, printed, beside.splitlines()[-1]) == (status, "", said)


@pytest.mark.parametrize(
    ("variables", "status", "said"),
    [
        ({"API_TOKEN": ""}, 2, "interlock: API_TOKEN is not set: whoever runs Interlock has it"),
        ({"API_TOKEN": "a\nb"}, 2, "interlock: API_TOKEN: must be one line of letters, digits and signs"),
        ({"INTERLOCK_URL": "localhost:80"}, 2, "interlock: INTERLOCK_URL: must begin with https:// (or http://)"),
        (
            {"INTERLOCK_URL": "https://ana:secret@localhost"},
            2,
            "interlock: INTERLOCK_URL: must not hold credentials; the token is API_TOKEN",
        ),
        (
            {"INTERLOCK_URL": "http://127.0.0.1:1"},
            1,
            REFUSES,
        ),
        ({"API_TOKEN": "another token than that"}, 1, "interlock: API_TOKEN is not the token of {url}"),
    ],
)
async def test_a_wrong_setting_is_said_in_a_line(
    town: Site, typed: Typed, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], status: int, said: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert await typed("status", "acme/web") == (status, "", said.format(url=town.url))


PAGE = "interlock: {url} answers 200 with a page instead of JSON: is INTERLOCK_URL Interlock's address?"
OTHER = "interlock: {url} answers 502 with something else instead of JSON: is INTERLOCK_URL Interlock's address?"
AWAY = "interlock: {url} sends to https://elsewhere.example: set INTERLOCK_URL to the address of Interlock"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"text": "<h1>Welcome</h1>", "content_type": "text/html"}, PAGE),
        ({"text": "Bad gateway", "status": 502}, OTHER),
        ({"text": "[]", "status": 502, "content_type": "application/json"}, OTHER),
        ({"status": 302, "headers": {"Location": "https://elsewhere.example"}}, AWAY),
        (
            {"text": '{"error": "no\\u001b[2J"}', "status": 409, "content_type": "application/json"},
            "interlock: no [2J",
        ),
    ],
)
async def test_a_server_that_is_not_interlock_is_told_in_a_line(
    typed: Typed, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], said: str
) -> None:
    """And is sent the token no further."""

    async def stranger(_request: web.Request) -> web.Response:
        return web.Response(**answer)

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", stranger)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    monkeypatch.setenv("INTERLOCK_URL", url)
    assert await typed("status", "acme/web") == (1, "", said.format(url=url))
    await runner.cleanup()


async def _waits(town: Site) -> str:
    """What the promotion says: it names the moment in which it was asked."""
    [explanation] = (await town.get("/api/why?repository=acme/web&environment=production"))["explanations"]
    return str(explanation["reasons"][0]["why"])


async def _present(town: Site, environment: str) -> str:
    [explanation] = (await town.get(f"/api/why?repository=acme/web&environment={environment}"))["explanations"]
    return str(explanation["present"])
