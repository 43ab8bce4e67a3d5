import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from app.github.secrets import Secret, mask, masked
from tests.app.github.endpoint import STATELESS, TOKEN

BODY = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=36, max_size=80)
PREFIX = st.sampled_from(["ghs_", "ghp_", "gho_", "ghu_", "ghr_", "github_pat_"])
AROUND = st.sampled_from(["", " ", "\n", "'", '"', "token=", "https://x-access-token:", "(", "<", ","])


@given(PREFIX, BODY, AROUND, AROUND)
def test_a_token_is_hidden_wherever_it_stands(prefix: str, body: str, before: str, after: str) -> None:
    assert body not in mask(f"{before}{prefix}{body}{after}")


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        (f"clone with {TOKEN.format(1)} failed", "clone with *** failed"),
        (f"clone with {STATELESS.format(1)} failed", "clone with *** failed"),
        ("jwt eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiI0NyJ9.c2ln-_x now", "jwt *** now"),
        ("{'Authorization': 'bearer abcdefghij'}", "{'Authorization': 'bearer ***'}"),
        ("Authorization: token abc123\r\nHost: x", "Authorization: token ***\r\nHost: x"),
        ("sent Bearer abcdefghij0123", "sent Bearer ***"),
        ("https://x-access-token:hunter2@github.com/acme/web", "https://***@github.com/acme/web"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nrest", "***\nrest"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE (cut)", "***"),
        (r"GITHUB_PRIVATE_KEY=-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----", "GITHUB_PRIVATE_KEY=***"),
    ],
)
def test_each_kind_of_secret_is_hidden(text: str, safe: str) -> None:
    assert mask(text) == safe


@pytest.mark.parametrize(
    "text",
    [
        "GitHub does not accept the token of installation 7",
        "token invalidated yesterday",
        "https://github.com/acme/web/commit/4f2a91c0000000000000000000000000000000",
        "build 01JDAAAAAAAAAAAAAAAAAAAAAA of 4f2a91c",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert mask(text) == text


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret(TOKEN.format(1))
    assert (str(secret), repr(secret), f"{secret}", f"{[secret]}") == ("***", "Secret(***)", "***", "[Secret(***)]")
    assert secret.reveal() == TOKEN.format(1)
    assert secret == Secret(TOKEN.format(1)) != Secret(TOKEN.format(2))


def test_a_log_line_holds_no_secret_at_any_depth() -> None:
    token = TOKEN.format(3)
    logged = structlog.testing.CapturingLogger()
    log = structlog.wrap_logger(logged, processors=[masked, structlog.processors.JSONRenderer(default=repr)])
    log.info(f"made {token}", deep={"list": [token, (token,)], "error": ValueError(token)}, raw=token.encode(), n=3)
    (call,) = logged.calls
    assert token not in call.args[0]
    assert '"n": 3' in call.args[0]
