"""REST: the App itself, its installations and their tokens, its webhook deliveries; and the root."""

import json
import sys

from aiohttp import web

from app.demo.github import check_rules
from app.demo.github.auth import LEVELS, InstallationToken, TokenFormat
from app.demo.github.delivery import Delivery
from app.demo.github.documents.app import app, installation
from app.demo.github.documents.fields import Json, time
from app.demo.github.documents.repository import repository
from app.demo.github.installation import Installation
from app.demo.github.refusal import Refusal, not_found
from app.demo.github.repository import Repository
from app.demo.github.rest.call import MOST_PER_PAGE, PER_PAGE, REPO, Call, Route, positive, reply

MOST_REPOSITORIES = 500


async def root(call: Call) -> web.Response:
    api = call.github.api_url
    return reply(
        {
            "current_user_url": f"{api}/user",
            "rate_limit_url": f"{api}/rate_limit",
            "repository_url": f"{api}/repos/{{owner}}/{{repo}}",
            "user_url": f"{api}/users/{{user}}",
        }
    )


async def meta(call: Call) -> web.Response:
    return reply({"verifiable_password_authentication": False, "hooks": ["127.0.0.0/8"], "git": ["127.0.0.0/8"]})


async def rate_limit(call: Call) -> web.Response:
    call.github.limits.give_back(call.caller)
    core = call.github.limits.quota(call.caller).document()
    return reply({"resources": {"core": core, "search": core}, "rate": core})


async def the_app(call: Call) -> web.Response:
    one = call.app()
    count = sum(1 for each in call.github.installations.values() if each.app is one)
    return reply(app(call.github, one) | {"installations_count": count})


async def installations(call: Call) -> web.Response:
    mine = [each for each in call.github.installations.values() if each.app is call.app()]
    found, headers = call.page(mine)
    return reply([installation(call.github, each) for each in found], headers=headers)


async def one_installation(call: Call) -> web.Response:
    return reply(installation(call.github, _installation(call)))


async def installation_of_repository(call: Call) -> web.Response:
    one = call.app()
    repo = call.github.repository(f"{call.text('owner')}/{call.text('repo')}")
    found = call.github.installation_on(repo, one)
    if found is None:
        raise not_found()
    return reply(installation(call.github, found))


async def installation_of_organisation(call: Call) -> web.Response:
    one, account = call.app(), call.github.organisation(call.text("org"))
    found = next((i for i in call.github.installations.values() if i.app is one and i.account is account), None)
    if found is None:
        raise not_found()
    return reply(installation(call.github, found))


async def create_token(call: Call) -> web.Response:
    one = _installation(call)
    if one.suspended_at is not None:
        raise Refusal(403, "This installation has been suspended")
    body = await call.body()
    chosen = _chosen(call, one, body)
    asked = check_rules.field(body, "permissions", dict) or {}
    if not all(_grants(one.app.permissions.get(name), level) for name, level in asked.items()):
        raise Refusal(422, "The permissions requested are not granted to this installation.")
    wanted = call.request.headers.get("X-GitHub-Stateless-S2S-Token", "")
    form = {"enabled": TokenFormat.STATELESS, "disabled": TokenFormat.OPAQUE}.get(wanted)
    ids = None if chosen is None else frozenset(each.id for each in chosen)
    token = call.github.doorkeeper.issue(one, asked or dict(one.app.permissions), ids, form)
    return reply(_token(call, token, chosen), 201)


def _grants(held: str | None, asked: object) -> bool:
    return held is not None and asked in LEVELS[: LEVELS.index(held) + 1]


def _chosen(call: Call, one: Installation, body: Json) -> list[Repository] | None:
    """The repositories that the token is narrowed to; None if it is not."""
    names, ids = (check_rules.field(body, name, list) for name in ("repositories", "repository_ids"))
    if names is None and ids is None:
        return None
    covered = call.github.covered(one)
    found = [each for each in covered if each.name in (names or []) or each.id in (ids or [])]
    asked = len(names or []) + len(ids or [])
    if asked > MOST_REPOSITORIES or len(found) != asked:
        raise Refusal(
            422, "There is at least one repository that does not exist or is not accessible to the parent installation."
        )
    return found


def _token(call: Call, token: InstallationToken, chosen: list[Repository] | None) -> Json:
    narrow = token.installation.selected is not None or chosen is not None
    document: Json = {
        "token": token.token,
        "expires_at": time(token.expires_at),
        "permissions": token.permissions,
        "repository_selection": "selected" if narrow else "all",
    }
    if chosen is not None:
        document["repositories"] = [repository(call.github, each) for each in chosen]
    return document


async def revoke_token(call: Call) -> web.Response:
    call.github.doorkeeper.revoke(call.token())
    return reply(None, 204)


async def installation_repositories(call: Call) -> web.Response:
    token = call.token()
    every = [
        each
        for each in call.github.covered(token.installation)
        if token.repositories is None or each.id in token.repositories
    ]
    found, headers = call.page(every)
    documents = [repository(call.github, each) for each in found]
    return reply({"total_count": len(every), "repositories": documents}, headers=headers)


async def hook_config(call: Call) -> web.Response:
    one = call.app()
    return reply({"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": one.webhook_url})


async def deliveries(call: Call) -> web.Response:
    """The newest first; `cursor` is the number of the delivery to go on after."""
    one, wanted = call.app(), call.query("status")
    size = min(positive(call.query("per_page"), PER_PAGE), MOST_PER_PAGE)
    before = positive(call.query("cursor").removeprefix("v1_"), sys.maxsize)
    every = [
        each
        for each in call.github.delivery_log(one)
        if each.id < before and (not wanted or each.succeeded == (wanted == "success"))
    ]
    headers = {}
    if len(every) > size:
        after = call.request.url.update_query(cursor=f"v1_{every[size - 1].id}")
        headers["Link"] = f'<{after}>; rel="next"'
    return reply([_delivery(each) for each in every[:size]], headers=headers)


async def one_delivery(call: Call) -> web.Response:
    found = _own_delivery(call)
    request = {"headers": found.headers, "payload": json.loads(found.body)}
    response = {"headers": found.response_headers, "payload": found.response_body}
    whole = {"url": found.app.webhook_url, "request": request, "response": response}
    return reply(_delivery(found) | whole)


async def redeliver(call: Call) -> web.Response:
    await call.github.redeliver(_own_delivery(call).guid)
    return reply({}, 202)


def _own_delivery(call: Call) -> Delivery:
    number = call.number("delivery")
    found = next((each for each in call.github.delivery_log(call.app()) if each.id == number), None)
    if found is None:
        raise not_found()
    return found


def _delivery(one: Delivery) -> Json:
    return {
        "id": one.id,
        "guid": one.guid,
        "delivered_at": time(one.delivered_at),
        "redelivery": one.redelivery,
        "duration": one.duration,
        "status": one.status,
        "status_code": one.status_code,
        "event": one.event,
        "action": one.action,
        "installation_id": one.installation,
        "repository_id": one.repository,
        "throttled_at": None,
    }


def _installation(call: Call) -> Installation:
    one = call.github.installations.get(call.number("installation"))
    if one is None or one.app is not call.app():
        raise not_found()
    return one


ROUTES: tuple[Route, ...] = (
    ("GET", "", root),
    ("GET", "/", root),
    ("GET", "/meta", meta),
    ("GET", "/rate_limit", rate_limit),
    ("GET", "/app", the_app),
    ("GET", "/app/installations", installations),
    ("GET", "/app/installations/{installation}", one_installation),
    ("POST", "/app/installations/{installation}/access_tokens", create_token),
    ("GET", "/app/hook/config", hook_config),
    ("GET", "/app/hook/deliveries", deliveries),
    ("GET", "/app/hook/deliveries/{delivery}", one_delivery),
    ("POST", "/app/hook/deliveries/{delivery}/attempts", redeliver),
    ("GET", REPO + "/installation", installation_of_repository),
    ("GET", "/orgs/{org}/installation", installation_of_organisation),
    ("GET", "/installation/repositories", installation_repositories),
    ("DELETE", "/installation/token", revoke_token),
)
