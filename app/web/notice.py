"""What a page says instead of a build: why it shows none, and what to do. The words are the same for all alike."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from aiohttp import web

from app.github.people import Person
from app.web.pages import Pages

REFUSALS: Mapping[int, tuple[type[web.HTTPException], Mapping[str, str]]] = {
    # A 401 has to name a scheme. https://www.rfc-editor.org/rfc/rfc9110#name-401-unauthorized
    401: (web.HTTPUnauthorized, {"WWW-Authenticate": 'Cookie realm="Interlock", form-action="/sign-in"'}),
    403: (web.HTTPForbidden, {}),
    404: (web.HTTPNotFound, {}),
    503: (web.HTTPServiceUnavailable, {"Retry-After": "60"}),
}


class Notice(NamedTuple):
    """`to` and `label` make a button, if there is something to press."""

    status: int
    title: str
    words: Sequence[str]
    to: str = ""
    label: str = ""


def sign_in_first(to: str) -> Notice:
    words = ("Builds of private repositories are for people who can read the repository on GitHub.",)
    return Notice(401, "Sign in with GitHub to see this build", words, sign_in_address(to), "Sign in with GitHub")


def not_for(person: Person, to: str) -> Notice:
    words = (
        f"Either there is no build at this address, or @{person.login} cannot read its repository on GitHub.",
        "If your access is new, try again in a minute. If you have another account, choose it on GitHub first.",
    )
    return Notice(404, f"No build here for @{person.login}", words, sign_in_address(to), "Sign in again")


def not_set_up(missing: Sequence[str]) -> Notice:
    are = f"{' and '.join(missing)} {'are' if len(missing) > 1 else 'is'} not set"
    words = (
        f"Builds of private repositories are shown to people who sign in with GitHub, and here nobody can: {are}.",
        "Whoever operates this Interlock finds both on GitHub: Developer settings › GitHub Apps › Edit.",
        "The client ID is under About, a secret under Client secrets › Generate a new client secret.",
    )
    return Notice(403, "Sign-in is not set up", words)


def unknown_now(to: str) -> Notice:
    """Without the reason: it may name a repository which is nobody else's business."""
    words = ("Who may see it is asked of GitHub, and there is no answer now. Try again in a minute.",)
    return Notice(503, "Interlock cannot tell who may see this build", words, to, "Try again")


def unnamed_now(to: str) -> Notice:
    words = ("GitHub did not answer when it was asked who you are. Try again in a minute.",)
    return Notice(503, "You are not signed in yet", words, sign_in_address(to), "Sign in with GitHub")


def sign_in_stale() -> Notice:
    words = (
        "A sign-in lasts ten minutes, counts once, and ends in the browser where it began.",
        "This one began elsewhere, took longer, or a later one took its place.",
    )
    return Notice(400, "This sign-in does not count any more", words, sign_in_address(), "Sign in with GitHub")


def sign_in_refused(why: str, to: str) -> Notice:
    return Notice(403, "You are not signed in", (f"{why}.",), sign_in_address(to), "Sign in with GitHub")


def signed_in(person: Person) -> Notice:
    words = ("Open a build from its check on a commit or pull request: Details, then full log.",)
    return Notice(200, f"You are signed in as @{person.login}", words)


def sign_in_address(to: str = "") -> str:
    return "/sign-in" + (f"?{urlencode({'to': to})}" if to else "")


def show(pages: Pages, notice: Notice, person: Person | None = None) -> web.Response:
    return pages.page("notice.html", status=notice.status, notice=notice, person=person)


def refusal(pages: Pages, notice: Notice, person: Person | None = None) -> web.HTTPException:
    """The same page, to be raised."""
    page = show(pages, notice, person)
    kind, more = REFUSALS[notice.status]
    headers = {**page.headers, **more}
    del headers["Content-Type"]
    return kind(text=page.text, content_type="text/html", headers=headers)
