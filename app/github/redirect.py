"""Where a redirect may lead: to another path of the same host, and with the same method."""

from yarl import URL

from app.github.exchange import READS
from checks.errors import Permanent

MOST_REDIRECTS = 3
SAME_METHOD = frozenset({301, 302, 307, 308})
SEE_OTHER = 303


def is_redirect(status: int) -> bool:
    return status in SAME_METHOD or status == SEE_OTHER


def target(asked: URL, status: int, location: str, method: str) -> URL:
    """The address to ask next, with the same method and body.

    GitHub wants 301, 302 and 307 repeated verbatim; most HTTP clients turn a POST into a GET and lose its
    body, and some send the token along to whatever host the answer names. Both are refused here.
    https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
    """
    if status == SEE_OTHER and method not in READS:
        raise Permanent(f"GitHub answered a {method} with a redirect to something to read ({SEE_OTHER})")
    return on_same_host(asked, location)


def on_same_host(asked: URL, location: str) -> URL:
    """An address that GitHub names, if the token may be sent there; `Permanent` if not."""
    try:
        there = asked.join(URL(location, encoded=True))
        same = bool(location) and there.origin() == asked.origin() and there.user is None
    except (ValueError, TypeError):
        same = False
    if not same:
        raise Permanent(f"GitHub redirects {asked.host} to another host; if that is right, change GITHUB_API_URL")
    return there
