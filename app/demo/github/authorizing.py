"""People authorise an App: they say yes on a page, and the App gets a code that it exchanges once for a token.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
"""

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from app.demo.github.account import User
from app.demo.github.auth import Doorkeeper, UserToken
from app.demo.github.installation import App
from app.demo.github.model import Model

CODE_LIFE = timedelta(minutes=10)


class NotExchanged(Exception):
    """The App gets no token; `error` is GitHub's word for the reason, the message its sentence."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__(message)
        self.error = error


@dataclass(frozen=True, kw_only=True)
class Grant:
    """`back` is where the code was sent; whoever exchanges it knows what hashes to `challenge`, if there is one."""

    app: App
    user: User
    back: str
    challenge: str = field(repr=False)
    expires_at: datetime


class Authorizing:
    def __init__(self, model: Model, doorkeeper: Doorkeeper) -> None:
        self._model = model
        self._doorkeeper = doorkeeper
        self._grants: dict[str, Grant] = {}

    def client(self, client_id: str) -> App | None:
        return next((app for app in self._model.apps.values() if app.client_id == client_id), None)

    def grant(self, app: App, user: User, *, back: str, challenge: str) -> str:
        """A code, for one exchange within ten minutes."""
        code = secrets.token_hex(10)
        end = self._model.clock() + CODE_LIFE
        self._grants[code] = Grant(app=app, user=user, back=back, challenge=challenge, expires_at=end)
        return code

    def exchange(self, *, client_id: str, client_secret: str, code: str, back: str, verifier: str) -> UserToken:
        """A code that somebody tried is used up, whatever came of it."""
        app = self.client(client_id)
        if app is None or not secrets.compare_digest(app.client_secret.encode(), client_secret.encode()):
            raise NotExchanged(
                "incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect."
            )
        grant = self._grants.pop(code, None)
        if grant is None or grant.app is not app or grant.expires_at <= self._model.clock():
            raise NotExchanged("bad_verification_code", "The code passed is incorrect or expired.")
        if back and back != grant.back:
            said = "The redirect_uri MUST match the registered callback URL for this application."
            raise NotExchanged("redirect_uri_mismatch", said)
        if grant.challenge and _challenge(verifier) != grant.challenge:
            raise NotExchanged("bad_verification_code", "The code passed is incorrect or expired.")
        return self._doorkeeper.issue_to(grant.user, app)


def _challenge(verifier: str) -> str:
    """https://www.rfc-editor.org/rfc/rfc7636#section-4.2"""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
