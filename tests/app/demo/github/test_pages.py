"""The pages show what is there, let people do what they may, and refuse the rest in words."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.app.demo.github.shop import CART, Shop, open_shop


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path) as opened:
        yield opened


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


async def text(http: aiohttp.ClientSession, url: str, status: int = 200) -> str:
    async with http.get(url) as answer:
        assert answer.status == status
        return await answer.text()


async def post(http: aiohttp.ClientSession, url: str, status: int = 200, **form: str) -> str:
    origin = "/".join(url.split("/")[:3])
    async with http.post(url, data=form, headers={"Origin": origin}) as answer:
        assert answer.status == status
        return await answer.text()


async def sign_in(http: aiohttp.ClientSession, shop: Shop, login: str) -> None:
    await post(http, f"{shop.github.url}/-/sign-in", login=login, to="/acme/shop")


async def test_every_link_on_every_page_leads_somewhere(shop: Shop, http: aiohttp.ClientSession) -> None:
    await sign_in(http, shop, "bo")
    waiting, seen = ["/"], {"/"}
    while waiting:
        page = await text(http, shop.github.url + waiting.pop())
        found = {each.partition("#")[0].replace("&amp;", "&") for each in re.findall(r'href="(/[^"]*)"', page)}
        waiting += sorted(found - seen)
        seen |= found
    pages = {path for path in seen if not path.startswith("/static/")}
    assert {"/acme", "/acme/shop/pull/1/checks", "/apps/interlock", "/acme/shop/edit/tax/shop/cart.py"} <= pages


@pytest.mark.parametrize(
    "page", ["", "/pulls", "/pull/1", "/pull/1/checks", "/pull/1/files", "/commits/tax", "/deployments"]
)
async def test_nothing_that_others_wrote_is_markup(shop: Shop, http: aiohttp.ClientSession, page: str) -> None:
    html = await text(http, shop.url(page))
    assert re.findall(r"<script>|<img|<i>|<b>|onclick|onerror=(?!alert\(2\)&gt;)|href=\"javascript| style=", html) == []


async def test_the_checks_tab_shows_the_answer_the_lines_and_the_buttons(
    shop: Shop, http: aiohttp.ClientSession
) -> None:
    page = await text(http, shop.url("/pull/1/checks"))
    wanted = [
        "2 of 248 tests failed",
        "<strong>2 tests failed</strong>",
        '<td align="right">expected 119.0',
        "Re-run",
        "expected 119.0",
        "    return round(net, 2)",
        "Re-run all checks",
    ]
    assert [each for each in wanted if each not in page] == []


async def test_who_may_only_read_sees_no_rerun_but_the_app_hears_their_press(
    shop: Shop, http: aiohttp.ClientSession
) -> None:
    await sign_in(http, shop, "stranger")
    assert "Re-run" not in await text(http, shop.url("/pull/1/checks"))
    assert "Must have write access" in await post(http, shop.url(f"/runs/{shop.failed.id}/rerun"), 403)
    await post(http, shop.url(f"/runs/{shop.waiting.id}/press"), action="approve")
    await shop.github.settled()
    body = json.loads(shop.told[0].body)
    assert (len(shop.told), body["requested_action"], body["sender"]["login"]) == (
        1,
        {"identifier": "approve"},
        "stranger",
    )


async def test_rerun_is_told_with_the_person_who_pressed(shop: Shop, http: aiohttp.ClientSession) -> None:
    await post(http, shop.url(f"/runs/{shop.failed.id}/rerun"), to="/acme/shop/pull/1/checks")
    await post(http, shop.url(f"/suites/{shop.failed.suite.id}/rerun"))
    await shop.github.settled()
    assert [(each.event, json.loads(each.body)["sender"]["login"]) for each in shop.told] == [
        ("check_run", "ana"),
        ("check_suite", "ana"),
    ]


async def test_a_check_that_runs_cannot_be_run_again(shop: Shop, http: aiohttp.ClientSession) -> None:
    await shop.github.update_run(shop.failed, {"status": "in_progress"})
    assert 'id="rerun"' not in await text(http, shop.url("/pull/1/checks"))
    assert "has completed" in await post(http, shop.url(f"/runs/{shop.failed.id}/rerun"), 422)


async def test_an_edit_is_a_commit_on_the_branch_and_leads_back_to_its_pull_request(
    shop: Shop, http: aiohttp.ClientSession
) -> None:
    page = await text(http, shop.url("/edit/tax/shop/cart.py"))
    sha = re.findall(r'name="sha" value="(\w+)"', page)[0]
    after = await post(
        http, shop.url("/edit/tax/shop/cart.py"), sha=sha, text=CART.replace("\n", "\r\n"), message="Tax again"
    )
    git = shop.github.git(shop.repository)
    assert (await git.file("tax", "shop/cart.py"), "Tax again" in after) == (CART.encode(), True)
    assert ((await git.commit("tax")).author.name, shop.pull.head_sha) == ("ana", await git.resolve("tax"))


async def test_an_edit_of_a_file_that_changed_meanwhile_is_refused(shop: Shop, http: aiohttp.ClientSession) -> None:
    sha = await shop.github.git(shop.repository).resolve("tax") or ""
    await shop.github.commit_files(shop.repository, "tax", {"shop/cart.py": "new\n"}, "Sooner", "bo")
    page = await post(http, shop.url("/edit/tax/shop/cart.py"), 409, sha=sha, text="late", message="Late")
    assert "has changed on tax since you opened it" in page


async def test_an_edit_may_be_proposed_instead(shop: Shop, http: aiohttp.ClientSession) -> None:
    await post(http, shop.url("/edit/main/README.md"), text="# Ours\n", message="Say whose", branch="whose")
    newest = shop.github.pull_requests_of(shop.repository)[0]
    assert (newest.title, newest.head_ref, newest.base_ref, newest.author.login) == (
        "Say whose",
        "whose",
        "main",
        "ana",
    )


async def test_a_pull_request_is_closed_reopened_and_merged(shop: Shop, http: aiohttp.ClientSession) -> None:
    pages = [await post(http, shop.url(f"/pull/1/{what}")) for what in ("close", "reopen", "merge")]
    assert [re.findall(r"</svg> (Open|Closed|Merged)</span>", page)[0] for page in pages] == [
        "Closed",
        "Open",
        "Merged",
    ]
    assert (shop.pull.merged_by is not None and shop.pull.merged_by.login) == "ana"


async def test_without_write_access_a_pull_request_is_not_merged(shop: Shop, http: aiohttp.ClientSession) -> None:
    await sign_in(http, shop, "stranger")
    assert "stranger cannot merge here" in await text(http, shop.url("/pull/1"))
    assert "has no write access" in await post(http, shop.url("/pull/1/merge"), 403)
    assert "has no write access" in await post(http, shop.url("/edit/tax/shop/cart.py"), 403, text="x")
    assert shop.pull.is_open


async def test_what_is_private_is_not_there_for_strangers(shop: Shop, http: aiohttp.ClientSession) -> None:
    await sign_in(http, shop, "stranger")
    assert "secret" not in await text(http, f"{shop.github.url}/acme")
    await text(http, f"{shop.github.url}/acme/secret", 404)
    await sign_in(http, shop, "bo")
    assert "Nothing has been pushed yet" in await text(http, f"{shop.github.url}/acme/secret")


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
async def test_a_form_from_elsewhere_is_refused(
    shop: Shop, http: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    async with http.post(shop.url("/pull/1/merge"), headers=headers) as answer:
        assert (answer.status, "has to be sent from a page of this site" in await answer.text()) == (403, True)
    assert shop.pull.is_open


@pytest.mark.parametrize("to", ["//evil.example", "/\\evil.example", "http://evil.example"])
async def test_signing_in_never_leads_elsewhere(shop: Shop, http: aiohttp.ClientSession, to: str) -> None:
    form = {"login": "bo", "to": to}
    headers = {"Origin": shop.github.url}
    async with http.post(f"{shop.github.url}/-/sign-in", data=form, headers=headers, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/")


async def test_a_delivery_shows_what_was_sent_and_is_sent_again(shop: Shop, http: aiohttp.ClientSession) -> None:
    newest = shop.github.deliveries[-1]
    at = f"{shop.github.url}/apps/interlock/deliveries/{newest.id}"
    page = await text(http, at)
    assert (newest.headers["X-Hub-Signature-256"] in page, "failed to connect to host" in page) == (True, True)
    await post(http, f"{at}/redeliver")
    await shop.github.settled()
    again = shop.github.deliveries[-1]
    assert (again.redelivery, again.guid, again.body) == (True, newest.guid, newest.body)


async def test_an_open_page_is_told_that_a_check_changed(shop: Shop, http: aiohttp.ClientSession) -> None:
    shown = re.findall(r'data-version="(\w+)"', await text(http, shop.url("/pull/1/checks")))[0]
    async with http.get(f"{shop.github.url}/-/events?of=acme/shop") as answer:
        assert await answer.content.readuntil(b"\n\n") == f"event: state\ndata: {shown}\n\n".encode()
        await shop.github.update_run(shop.failed, {"status": "in_progress"})
        assert await answer.content.readuntil(b"\n\n") != f"event: state\ndata: {shown}\n\n".encode()


async def test_a_site_that_was_made_to_lead_here_is_told_nothing(shop: Shop, http: aiohttp.ClientSession) -> None:
    """To its browser this would be one site with the attacker's own: it could push, and what is pushed is built."""
    stranger = {"Host": f"evil.example:{shop.github.port}", "Origin": f"http://evil.example:{shop.github.port}"}
    for path in ("/", "/api/v3/rate_limit", "/acme/shop.git/info/refs?service=git-receive-pack"):
        async with http.get(shop.github.url + path, headers=stranger) as answer:
            assert (answer.status, await answer.text()) == (421, f"This GitHub is at {shop.github.url}.\n")


def words(html: str) -> str:
    """What somebody reads of a page."""
    return " ".join(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", html, flags=re.DOTALL).split())


async def test_a_repository_shows_what_is_where(shop: Shop, http: aiohttp.ClientSession) -> None:
    side = words((await text(http, shop.url())).partition("Environments")[2])
    sha = shop.pull.head_sha[:7]
    assert f"preview – nothing yet staging Active {sha} View staging" in side
    assert f"production Queued {sha}" in side


async def test_deployments_tell_their_rules_and_their_history(shop: Shop, http: aiohttp.ClientSession) -> None:
    shown = words(await text(http, shop.url("/deployments")))
    assert "production Review by bo or crew, not by whoever deploys; Wait 30 min; Only main Queued" in shown
    history = shown.partition("History")[2]
    assert history.index("production Round") < history.index("staging Round")
    assert "Live and verified View deployment 2 statuses in_progress: Deploying &lt;b&gt;totals&lt;/b&gt; by" in history


async def test_a_pull_request_shows_its_comments_and_where_it_was_deployed(
    shop: Shop, http: aiohttp.ClientSession
) -> None:
    shown = words(await text(http, shop.url("/pull/1")))
    sha = shop.pull.head_sha[:7]
    assert "staging has it , production waits." in shown
    assert "interlock:where" not in await text(http, shop.url("/pull/1"))
    staging = shown.index(f"Active interlock[bot] deployed {sha} to staging")
    assert staging < shown.index(f"Queued interlock[bot] requested a deployment of {sha} to production")
    assert "deployed" not in words(await text(http, shop.url("/pull/2")))


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
async def test_each_button_merges_in_its_own_way(shop: Shop, http: aiohttp.ClientSession, method: str) -> None:
    await sign_in(http, shop, "bo")
    git = shop.github.git(shop.repository)
    before = await git.commit("main")
    await post(http, shop.url("/pull/1/merge"), method=method)
    after = await git.commit("main")
    subject = {"merge": "Merge pull request #1 from acme/tax", "squash": f"{shop.pull.title} (#1)"}
    assert (shop.pull.merged, after.subject) == (True, subject.get(method, "Round <i>totals</i>"))
    assert after.parents[0] == before.sha
    assert len(after.parents) == (2 if method == "merge" else 1)


async def test_a_way_to_merge_that_is_none_is_refused(shop: Shop, http: aiohttp.ClientSession) -> None:
    await sign_in(http, shop, "bo")
    await post(http, shop.url("/pull/1/merge"), status=422, method="octopus")
    assert shop.pull.is_open
