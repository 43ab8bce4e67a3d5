"""What must never be read by accident: a type that hides its value, and a mask for text that may hold one."""

import hmac
import re
from collections.abc import Mapping, MutableMapping
from typing import Any

HIDDEN = "***"

# Installation tokens come in two forms: `ghs_` + 36 characters, and since 2026 `ghs_<app>_<JWT>` of about 520.
# https://github.blog/changelog/2026-05-15-github-app-installation-tokens-per-request-override-header/
_SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\b(?P<header>authorization[\"']?\s*[:=,]\s*[\"']?(?:(?:bearer|basic|token)\s+)?)[^\s\"',}]+"
    r"|\b(?P<kind>(?:bearer|basic|token)\s+)(?=[a-z._~+/=-]*[0-9])[a-z0-9._~+/=-]{10,}"
    r"|(?P<scheme>\b[a-z][a-z0-9+.-]*://)[^\s/@]+@"
    r"|\b(?:gh[pousr]_|github_pat_)[a-z0-9._-]{10,}"
    r"|\beyJ[a-z0-9_-]{8,}\.[a-z0-9_-]{4,}(?:\.[a-z0-9_-]*)?",
    re.DOTALL | re.IGNORECASE,
)


class Secret:
    """A string that only `reveal` shows; printing, formatting and logging it does not."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return f"Secret({HIDDEN})"

    def __str__(self) -> str:
        return HIDDEN

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a secret is not written anywhere")


def mask(text: str) -> str:
    """The text without GitHub tokens, JWTs, private keys, Authorization headers and passwords in addresses."""
    return _SECRET.sub(_hide, text)


def masked(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor; it has to come after the one that renders exceptions."""
    for key, value in event.items():
        event[key] = _masked_value(value)
    return event


def _hide(found: re.Match[str]) -> str:
    if found["scheme"]:
        return f"{found['scheme']}{HIDDEN}@"
    return f"{found['header'] or found['kind'] or ''}{HIDDEN}"


def _masked_value(value: Any) -> Any:
    match value:
        case str():
            return mask(value)
        case bytes():
            return mask(value.decode(errors="replace"))
        case Mapping():
            return {key: _masked_value(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_masked_value(item) for item in value]
        case None | bool() | int() | float():
            return value
        case _:
            text = repr(value)
            safe = mask(text)
            return value if safe == text else safe
