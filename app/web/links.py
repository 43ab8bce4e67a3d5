"""Links to a build's log that are their own key: whoever has the link may read that log, and no other."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from urllib.parse import quote

PURPOSE = b"interlock log links"
"""Sets these keys apart from everything else that the webhook secret signs."""


class LogLinks:
    """`secrets` are the webhook secrets: the first signs, any of them is accepted, so that they can be rotated."""

    def __init__(self, public_url: str, secrets: Sequence[str]) -> None:
        if not secrets:
            raise ValueError("log links need at least one secret")
        self._url = public_url.rstrip("/")
        self._keys = [hmac.digest(secret.encode(), PURPOSE, "sha256") for secret in secrets]

    def log(self, build: str) -> str:
        return f"{self._url}/builds/{quote(build, safe='')}?key={_sign(self._keys[0], build)}"

    def allows(self, build: str, key: str) -> bool:
        given = key.encode(errors="replace")
        return any(hmac.compare_digest(_sign(known, build).encode(), given) for known in self._keys)


def _sign(key: bytes, build: str) -> str:
    return urlsafe_b64encode(hmac.digest(key, build.encode(errors="replace"), "sha256")).decode().rstrip("=")
