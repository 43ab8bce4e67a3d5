"""Who calls the API: an App by its signed token, an installation by the token it got, a person, or nobody."""

import secrets
from base64 import b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.types import Options

from app.demo.github.account import Account, Permission, User
from app.demo.github.installation import App, Installation
from app.demo.github.model import Model
from app.demo.github.refusal import Refusal, not_found
from app.demo.github.repository import Repository

LONGEST_JWT = timedelta(minutes=10)
TOKEN_LIFE = timedelta(hours=1)
USER_TOKEN_LIFE = timedelta(hours=8)
# GitHub's clock may differ from the App's by a little.
LEEWAY = timedelta(seconds=5)
LEVELS = ("read", "write", "admin")
# The times are checked afterwards, as GitHub has its own words for each that is wrong.
SIGNATURE_ALONE: Options = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_iss": False}


class TokenFormat(StrEnum):
    """`ghs_` and 36 characters, or `ghs_`, the App's number and about 500 characters with two dots."""

    OPAQUE = "opaque"
    STATELESS = "stateless"


@dataclass(eq=False, kw_only=True)
class InstallationToken:
    """`repositories` narrows what the installation covers; None leaves it as it is."""

    token: str = field(repr=False)
    installation: Installation
    permissions: dict[str, str]
    repositories: frozenset[int] | None
    expires_at: datetime


@dataclass(eq=False, kw_only=True)
class UserToken:
    """What an App may do in the name of a person who authorised it."""

    token: str = field(repr=False)
    app: App
    user: User
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Exactly one of `app`, `client`, `token` and `user` is set, or none of them for nobody. `key` tells callers apart.

    A `client` is an App that shows its client's secret. A `user` may come `through` an App that they authorised.
    """

    key: str = field(repr=False)
    app: App | None = None
    client: App | None = None
    token: InstallationToken | None = None
    user: User | None = None
    through: App | None = None

    @property
    def account(self) -> Account | None:
        """Who acts: a person, or the App's bot."""
        return self.token.installation.app.bot if self.token else self.user


def new_key_pair() -> tuple[str, str]:
    """For an App, as PEM: the private key (PKCS#1, as GitHub hands it out) and the public one."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


class Doorkeeper:
    """Knows the tokens; new ones have `token_format` unless the request asks for another."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.token_format = TokenFormat.OPAQUE
        self._tokens: dict[str, InstallationToken] = {}
        self.user_tokens: dict[str, UserToken] = {}

    def expire_tokens(self) -> None:
        """Every installation token handed out so far is refused from now on."""
        for each in self._tokens.values():
            each.expires_at = self.model.clock()

    def revoke(self, token: InstallationToken) -> None:
        self._tokens.pop(token.token, None)

    def issue(
        self,
        installation: Installation,
        permissions: dict[str, str],
        repositories: frozenset[int] | None,
        form: TokenFormat | None = None,
    ) -> InstallationToken:
        made = InstallationToken(
            token=_new_token(installation.app, form or self.token_format),
            installation=installation,
            permissions=permissions,
            repositories=repositories,
            expires_at=self.model.now() + TOKEN_LIFE,
        )
        self._tokens[made.token] = made
        return made

    def issue_to(self, user: User, app: App) -> UserToken:
        made = UserToken(
            token=f"ghu_{secrets.token_hex(18)}", app=app, user=user, expires_at=self.model.now() + USER_TOKEN_LIFE
        )
        self.user_tokens[made.token] = made
        return made

    def caller(self, authorization: str) -> Caller:
        """Of a request's `Authorization` header; refuses what is there but no good."""
        scheme, _, credentials = authorization.partition(" ")
        if not authorization:
            return Caller(key="")
        if scheme.lower() == "basic":
            client = self._client(credentials)
            if client is not None:
                return Caller(key=client.client_id, client=client)
            credentials = password(credentials)
        elif scheme.lower() not in {"bearer", "token"}:
            raise _bad_credentials()
        if credentials.startswith("ey") and credentials.count(".") == 2:  # noqa: PLR2004 -- header.claims.signature
            return Caller(key=credentials, app=self._app(credentials))
        return self.holder(credentials)

    def holder(self, token: str) -> Caller:
        """Whoever holds this installation token or personal token."""
        found = self._tokens.get(token)
        if found is not None and found.expires_at > self.model.clock() and not found.installation.gone:
            if found.installation.suspended_at is not None:
                raise Refusal(403, "This installation has been suspended")
            return Caller(key=token, token=found)
        authorized = self.user_tokens.get(token)
        if authorized is not None and authorized.expires_at > self.model.clock():
            return Caller(key=token, user=authorized.user, through=authorized.app)
        user = self.model.user_with_token(token)
        if user is None:
            raise _bad_credentials()
        return Caller(key=token, user=user)

    def _client(self, credentials: str) -> App | None:
        given = _basic(credentials)
        return next((app for app in self.model.apps.values() if (app.client_id, app.client_secret) == given), None)

    def _app(self, token: str) -> App:
        """The App that signed a JWT; each way to get it wrong has GitHub's own words."""
        try:
            said = jwt.decode(token, options={"verify_signature": False})
        except jwt.InvalidTokenError:
            raise Refusal(401, "A JSON web token could not be decoded") from None
        app = next((a for a in self.model.apps.values() if str(said.get("iss")) in {str(a.id), a.client_id}), None)
        if app is None:
            raise Refusal(404, "Integration not found")
        try:
            jwt.decode(token, app.public_key, algorithms=["RS256"], options=SIGNATURE_ALONE)
        except jwt.InvalidTokenError:
            raise Refusal(401, "A JSON web token could not be decoded") from None
        self._check_times(said.get("iat"), said.get("exp"))
        return app

    def _check_times(self, issued: object, expires: object) -> None:
        now = self.model.clock()
        if not isinstance(expires, int) or expires <= now.timestamp():
            words = "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the"
            raise Refusal(401, f"{words} assertion expires")
        if expires > (now + LONGEST_JWT + LEEWAY).timestamp():
            raise Refusal(401, "'Expiration time' claim ('exp') is too far in the future")
        if not isinstance(issued, int) or issued > (now + LEEWAY).timestamp():
            words = "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
            raise Refusal(401, words)

    def allow(self, caller: Caller, repo: Repository, permission: str, level: str) -> None:
        """Lets the caller read or write this part of a repository; hides what they may not know of."""
        if caller.through is not None or caller.client is not None:
            # GitHub would allow what both the person and the App may; nobody here asks for more than who they are.
            raise Refusal(403, "Resource not accessible by integration")
        if caller.token is None:
            self._allow_person(caller.user, repo, level)
            return
        token = caller.token
        covered = token.installation.covers(repo) and (token.repositories is None or repo.id in token.repositories)
        if not covered and repo.private:
            raise not_found()
        held = token.permissions.get(permission) if covered else "read"
        if held is None or LEVELS.index(held) < LEVELS.index(level):
            raise Refusal(403, "Resource not accessible by integration")

    def _allow_person(self, user: User | None, repo: Repository, level: str) -> None:
        held = self.model.permission(user, repo)
        if held is Permission.NONE:
            raise not_found()
        if level != "read" and not held.allows(Permission.WRITE):
            raise Refusal(403 if user else 401, "Must have push access" if user else "Requires authentication")


def password(credentials: str) -> str:
    """The password of HTTP's basic authentication; the user's name does not matter to a token."""
    return _basic(credentials)[1]


def _basic(credentials: str) -> tuple[str, str]:
    try:
        user, _, secret = b64decode(credentials, validate=True).decode().partition(":")
    except (BadBase64, ValueError):
        raise _bad_credentials() from None
    return user, secret


def _bad_credentials() -> Refusal:
    return Refusal(401, "Bad credentials")


def _new_token(app: App, form: TokenFormat) -> str:
    if form is TokenFormat.OPAQUE:
        return f"ghs_{secrets.token_hex(18)}"
    parts = (urlsafe_b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (30, 165, 192))
    return f"ghs_{app.id}_{'.'.join(parts)}"
