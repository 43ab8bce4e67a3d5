"""The page on which a person lets an App know who they are, and the door where the App asks for its token.

The page asks every time, so that another person can be chosen at its top right; GitHub asks once.
"""

from urllib.parse import urlencode, urlsplit

from aiohttp import web

from app.demo.github.authorizing import NotExchanged
from app.demo.github.documents.fields import Json
from app.demo.github.installation import App
from app.demo.github.pages.visit import Visit, page
from app.demo.github.platform import GITHUB
from app.demo.github.refusal import Refusal, not_found
from app.web.pages import SECURITY

ERRORS = "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors"


@page
async def ask(visit: Visit) -> web.StreamResponse:
    app = _app(visit)
    back = _back(visit, app)
    if not back:
        said = "The redirect_uri MUST match the registered callback URL for this application."
        return _return(app.callback_urls[0], visit, error="redirect_uri_mismatch", error_description=said)
    if visit.request.query.get("code_challenge_method", "S256") != "S256":
        raise Refusal(400, "A code challenge has to be made with the method S256.")
    answer = visit.page("authorize.html", app=app, back=urlsplit(back))
    # The answer to the form leads to the App, which browsers refuse unless the page has said so.
    policy, target = answer.headers["Content-Security-Policy"], urlsplit(back)
    wider = policy.replace("form-action 'self'", f"form-action 'self' {target.scheme}://{target.netloc}")
    answer.headers["Content-Security-Policy"] = wider
    return answer


@page
async def decide(visit: Visit) -> web.StreamResponse:
    app, form = _app(visit), await visit.form()
    back = _back(visit, app)
    if not back:
        raise Refusal(400, "The redirect_uri MUST match the registered callback URL for this application.")
    if form.get("authorize") != "yes":
        said = "The user has denied your application access."
        return _return(back, visit, error="access_denied", error_description=said)
    challenge = visit.request.query.get("code_challenge", "")
    user = visit.github.user(visit.login)
    return _return(back, visit, code=visit.github.authorizing.grant(app, user, back=back, challenge=challenge))


async def exchange(request: web.Request) -> web.Response:
    """No page: the App itself asks, and is answered as a form or, if it prefers, in JSON. A refusal is a 200 too."""
    form = await request.post()
    given = {name: value for name, value in (*request.query.items(), *form.items()) if isinstance(value, str)}
    try:
        made = request.app[GITHUB].authorizing.exchange(
            client_id=given.get("client_id", ""),
            client_secret=given.get("client_secret", ""),
            code=given.get("code", ""),
            back=given.get("redirect_uri", ""),
            verifier=given.get("code_verifier", ""),
        )
        document: Json = {"access_token": made.token, "scope": "", "token_type": "bearer"}
    except NotExchanged as no:
        tail = no.error.replace("_", "-")
        document = {"error": no.error, "error_description": str(no), "error_uri": f"{ERRORS}/#{tail}"}
    headers = {"Cache-Control": "no-store"}
    if "json" in request.headers.get("Accept", ""):
        return web.json_response(document, headers=headers)
    return web.Response(text=urlencode(document), content_type="application/x-www-form-urlencoded", headers=headers)


def _app(visit: Visit) -> App:
    found = visit.github.authorizing.client(visit.request.query.get("client_id", ""))
    if found is None or not found.callback_urls:
        raise not_found()
    return found


def _back(visit: Visit, app: App) -> str:
    """Where the App wants people to be sent; empty if it never said so when it was registered."""
    wanted = visit.request.query.get("redirect_uri", app.callback_urls[0])
    return wanted if wanted in app.callback_urls else ""


def _return(to: str, visit: Visit, **said: str) -> web.Response:
    state = visit.request.query.get("state")
    query = urlencode(said if state is None else {**said, "state": state})
    return web.Response(status=302, headers={**SECURITY, "Location": f"{to}?{query}"})


ROUTES = [
    web.get("/login/oauth/authorize", ask),
    web.post("/login/oauth/authorize", decide),
    web.post("/login/oauth/access_token", exchange),
]
