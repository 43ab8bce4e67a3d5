"""Whether GitHub sent a webhook."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.github.webhook import verify

SECRET = "It's a Secret to Everybody"
HELLO = b"Hello, World!"
SIGNED = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_githubs_documented_signature_is_right() -> None:
    assert verify([SECRET], HELLO, SIGNED)


@pytest.mark.parametrize("secrets", [["new", SECRET], [SECRET, "new"], ["", SECRET]])
def test_each_of_several_secrets_is_valid(secrets: list[str]) -> None:
    assert verify(secrets, HELLO, SIGNED)


@pytest.mark.parametrize(
    ("secrets", "body", "signature"),
    [
        ([SECRET], HELLO, None),
        ([SECRET], HELLO, ""),
        ([SECRET], HELLO, SIGNED.removeprefix("sha256=")),
        ([SECRET], HELLO, SIGNED.replace("sha256", "sha1")),
        ([SECRET], HELLO, "sha1=" + hmac.new(SECRET.encode(), HELLO, hashlib.sha1).hexdigest()),
        ([SECRET], HELLO, "sha256=" + hmac.new(SECRET.encode(), HELLO, hashlib.sha1).hexdigest()),
        ([SECRET], HELLO, SIGNED + "\n"),
        ([SECRET], HELLO, SIGNED[:-1] + "é"),
        ([SECRET], HELLO, SIGNED[:-1] + "\udcff"),
        ([SECRET], HELLO, SIGNED[:-1] + "٧"),
        ([SECRET], HELLO + b" ", SIGNED),
        (["other"], HELLO, SIGNED),
        ([], HELLO, SIGNED),
        ([""], HELLO, "sha256=" + hmac.new(b"", HELLO, hashlib.sha256).hexdigest()),
    ],
)
def test_everything_else_is_not_signed(secrets: list[str], body: bytes, signature: str | None) -> None:
    assert not verify(secrets, body, signature)


@given(st.lists(st.text()), st.binary(), st.text() | st.text("0123456789abcdef", min_size=64, max_size=64))
def test_no_signature_makes_verification_raise(secrets: list[str], body: bytes, digest: str) -> None:
    assert verify(secrets, body, f"sha256={digest}") is False
