"""The App's own identity: a JWT signed with its private key, right even if our clock is not."""

import re
from dataclasses import dataclass

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from app.github.clock import Clock
from app.github.exchange import Answer
from app.github.secret import Secret

BACKDATED = 60.0
LIFETIME = 540.0
"""GitHub allows ten minutes; nine leave room for a clock that is a little fast."""
RENEW_BEFORE = 120.0
TIME_CLAIM = re.compile(r"\b(exp|iat)\b")
LEAST_SKEW = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A credential and when it was made and ends, in seconds of our clock."""

    secret: Secret
    made_at: float
    expires_at: float


class AppKey:
    """Signs as the App. Raises ValueError at once if the key is not one."""

    def __init__(self, app_id: int, pem: str, clock: Clock | None = None) -> None:
        self._app_id = app_id
        self._key = _private_key(pem)
        self._clock = clock or Clock()
        self._ahead = 0.0
        self._token: Token | None = None

    def token(self) -> Token:
        now = self._clock.now()
        if self._token is None or not self._token.made_at <= now < self._token.expires_at - RENEW_BEFORE:
            self._token = Token(secret=self._sign(now - self._ahead), made_at=now, expires_at=now + LIFETIME)
        return self._token

    def learn(self, used: Token, answer: Answer) -> bool:
        """Take GitHub's time if that is why it refused `used`; True if another attempt may go better."""
        if used is not self._token:
            return True
        if not TIME_CLAIM.search(answer.message) or answer.date is None:
            return False
        ahead = self._clock.now() - answer.date.timestamp()
        if abs(ahead - self._ahead) < LEAST_SKEW:
            return False
        self._ahead, self._token = ahead, None
        return True

    def _sign(self, theirs: float) -> Secret:
        # PyJWT refuses a number as issuer since 2.10.
        claims = {"iss": str(self._app_id), "iat": int(theirs - BACKDATED), "exp": int(theirs + LIFETIME)}
        return Secret(jwt.encode(claims, self._key, algorithm="RS256"))

    def __repr__(self) -> str:
        return f"AppKey(app_id={self._app_id!r})"


def _private_key(pem: str) -> RSAPrivateKey:
    # Many places that hold settings allow no line breaks, so people write them as \n.
    text = pem.replace("\\n", "\n").strip()
    hint = "use the .pem file that GitHub made for the App"
    if "PRIVATE KEY-----" not in text:
        raise ValueError(f"GITHUB_PRIVATE_KEY is not a private key in PEM form; {hint}")
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except Exception:  # noqa: BLE001 (cryptography raises many kinds, some of which quote the key)
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError(  # noqa: TRY004 (to the operator it is a wrong value)
            f"GITHUB_PRIVATE_KEY cannot be read: it is damaged, encrypted or not an RSA key; {hint}"
        )
    return key
