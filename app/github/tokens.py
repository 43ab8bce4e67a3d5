"""Installation tokens: made once for all who ask, renewed in time, narrowed where they are handed on."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from app.github.auth import Token
from app.github.clock import Clock
from app.github.errors import Hitch, NotInstalled, Refused
from app.github.exchange import Answer, Request
from app.github.secret import Secret
from app.github.single_flight import SingleFlight
from checks.repository import Repository

RENEW_BEFORE = 300.0
READ_CONTENTS = {"contents": "read"}

Key = tuple[int, int | None]
"""(installation, repository); None for all repositories, and all that the App may do with them."""


class Tokens:
    """What is inside a token is GitHub's business: it has had two forms already."""

    def __init__(self, send: Callable[[Request], Awaitable[Answer]], clock: Clock) -> None:
        self._send = send
        self._clock = clock
        self._tokens: dict[Key, Token] = {}
        self._making: SingleFlight[Token] = SingleFlight()

    async def of(self, installation: int) -> Token:
        """A token for all that the App may do in this installation, valid for five minutes at least."""
        return await self._get((installation, None))

    async def scoped(self, repository: Repository, *, renewed: bool = False) -> Token:
        """A token to hand on: for reading the contents of this repository alone.

        `renewed` asks for another one than was handed on before.
        """
        key = (repository.installation, repository.id)
        if renewed:
            self._tokens.pop(key, None)
        return await self._get(key)

    def discard(self, token: Token) -> None:
        """GitHub does not accept this one: the next caller gets another."""
        for key in [key for key, kept in self._tokens.items() if kept is token]:
            del self._tokens[key]

    async def _get(self, key: Key) -> Token:
        now = self._clock.now()
        token = self._tokens.get(key)
        if token and token.made_at <= now < token.expires_at - RENEW_BEFORE:
            return token
        return await self._making(key, lambda: self._make(key))

    async def _make(self, key: Key) -> Token:
        self._forget_expired()
        installation, repository = key
        body = {} if repository is None else {"repository_ids": [repository], "permissions": READ_CONTENTS}
        request = Request(
            method="POST",
            path="/app/installations/{installation}/access_tokens",
            variables={"installation": str(installation)},
            body=body,
            urgency=0,
            repeatable=True,
        )
        try:
            answer = await self._send(request)
        except Refused as refused:
            raise _explained(installation, refused) from None
        token = self._read(answer)
        self._tokens[key] = token
        return token

    def _read(self, answer: Answer) -> Token:
        try:
            secret, end = Secret(answer.data["token"]), datetime.fromisoformat(answer.data["expires_at"])
        except (TypeError, KeyError, ValueError):
            raise Hitch("GitHub answered without the token that was asked for", harmless=True) from None
        now = self._clock.now()
        # The end is a time of GitHub's clock; what counts here is how long that is from now.
        theirs = answer.date.timestamp() if answer.date else now
        return Token(secret=secret, made_at=now, expires_at=now + end.timestamp() - theirs)

    def _forget_expired(self) -> None:
        now = self._clock.now()
        self._tokens = {key: token for key, token in self._tokens.items() if now < token.expires_at}


def _explained(installation: int, refused: Refused) -> Exception:
    match refused.status:
        case 403:
            why = f"The App cannot act for installation {installation}: {refused.said}; an owner can end a suspension"
        case 404:
            why = f"The App is not installed any more (installation {installation}); install it again to go on"
        case _:
            return refused
    return NotInstalled(why, installation=installation)
