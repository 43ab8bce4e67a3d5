"""What a browser keeps for us: small facts in cookies that are signed, have an end, and serve one purpose each."""

import hmac
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Generic, TypeVar

import msgspec
from aiohttp import web
from msgspec import Struct

PURPOSE = b"interlock sessions"
"""Sets these keys apart from everything else that the webhook secret signs."""

LONGEST = 4096
"""Characters that a browser keeps in a cookie."""

Kept = TypeVar("Kept", bound=Struct)


class Seal:
    """`secrets` are the webhook secrets: the first signs, any of them is accepted, so that they can be rotated."""

    def __init__(self, secrets: Sequence[str], now: Callable[[], float] = time.time) -> None:
        if not secrets or not all(secrets):
            raise ValueError("cookies need a secret to be signed with, and one is empty or missing")
        self._keys = [hmac.digest(secret.encode(), PURPOSE, "sha256") for secret in secrets]
        self._now = now

    def close(self, kept: Struct, life: timedelta) -> str:
        body = _text(msgspec.json.encode((self._now() + life.total_seconds(), kept)))
        return f"{body}.{_sign(self._keys[0], type(kept), body)}"

    def open(self, text: str, kind: type[Kept]) -> Kept | None:
        """What was sealed as this kind, unless it is forged, another kind, or past its end."""
        body, _, signature = text[:LONGEST].rpartition(".")
        given = signature.encode(errors="replace")
        if not sum(hmac.compare_digest(_sign(key, kind, body).encode(), given) for key in self._keys):
            return None
        try:
            until, kept = msgspec.json.decode(urlsafe_b64decode(body + "=="), type=tuple[float, dict[str, Any]])
            return msgspec.convert(kept, kind) if self._now() < until else None
        except ValueError:  # an older version of ours sealed it
            return None


class Cookie(Generic[Kept]):
    """One kind of fact in one cookie. Over HTTPS its name makes sure that no other host of the domain set it.

    https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes
    """

    def __init__(self, seal: Seal, name: str, kind: type[Kept], *, life: timedelta, secure: bool) -> None:
        self.name = f"__Host-{name}" if secure else name
        self._seal = seal
        self._kind = kind
        self._life = life
        self._secure = secure

    def read(self, request: web.Request) -> Kept | None:
        return self._seal.open(request.cookies.get(self.name, ""), self._kind)

    def write(self, response: web.StreamResponse, kept: Kept) -> None:
        self._set(response, self._seal.close(kept, self._life), int(self._life.total_seconds()))

    def clear(self, response: web.StreamResponse) -> None:
        self._set(response, "", 0)

    def _set(self, response: web.StreamResponse, value: str, seconds: int) -> None:
        response.set_cookie(
            self.name, value, max_age=seconds, path="/", httponly=True, samesite="Lax", secure=self._secure
        )


def _sign(key: bytes, kind: type[Struct], body: str) -> str:
    return _text(hmac.digest(key, f"{kind.__name__} {body}".encode(errors="replace"), "sha256"))


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
