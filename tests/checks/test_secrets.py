"""What is masked, what is left readable, and that hostile text costs no more than its length."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.secrets import mask

STATELESS = "ghs_1234567_eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxMjM0NTY3In0." + "Ab-_9" * 80
KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
LINE = "MIIEowIBAAKCAQEA0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("token ghs_" + "a1B2" * 9, "token ***"),
        (f"token {STATELESS} end", "token *** end"),
        ("GH=ghp_" + "a" * 36 + ",next", "GH=***,next"),
        ("github_pat_" + "11ABCDE0Y0_" + "x" * 59, "***"),
        ("gho_" + "a" * 36 + " ghu_" + "b" * 36 + " ghr_" + "c" * 36, "*** *** ***"),
        ("id AKIAIOSFODNN7EXAMPLE used", "id *** used"),
        (f"key {KEY} used", "key *** used"),
        (f"AWS_SECRET_ACCESS_KEY={KEY}", "AWS_SECRET_ACCESS_KEY=***"),
        ('"SessionToken": "FwoGZXIvYXdzEBY"', '"SessionToken": "***"'),
        ("aws_session_token = FwoGZXIvYXdzEBY", "aws_session_token = ***"),
        ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_123 end", "jwt *** end"),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("curl -H 'authorization: token abc' https://x.org", "curl -H 'authorization: ***' https://x.org"),
        ('{"Authorization": "Basic dXNlcjpwYXNz"}', '{"Authorization": "***"}'),
        ("https://web:hunter2@db.example.org/x", "https://web:***@db.example.org/x"),
        ("https://web:p@ss:w@db.example.org/x", "https://web:***@db.example.org/x"),
        ("https://:pass@redis:6379", "https://:***@redis:6379"),
        ("xoxb-123456789012-abcdefABCDEF", "***"),
        ("https://hooks.slack.com/services/T000/B000/XXXX", "https://hooks.slack.com/services/***"),
        ("//registry.example.org/:_authToken=abcdef-123456", "//registry.example.org/:_authToken=***"),
        ("DB_PASSWORD='correct-horse'", "DB_PASSWORD='***'"),
        (f"-----BEGIN RSA PRIVATE KEY-----\n{LINE}\n{LINE}\n-----END RSA PRIVATE KEY-----\nafter", "***\nafter"),
        (f"-----BEGIN PRIVATE KEY-----\\n{LINE}\\n-----END PRIVATE KEY-----\\n", "***\\n"),
        (f"a | -----BEGIN PRIVATE KEY-----\na | {LINE}\na | -----END PRIVATE KEY-----", "a | ***"),
        (f"before\n{LINE}\n{LINE}\n-----END EC PRIVATE KEY-----\nafter", "before\n***\nafter"),
        (f"-----BEGIN PRIVATE KEY-----\n{LINE}\n{LINE}\nafter it", "***\nafter it"),
    ],
)
def test_what_has_the_shape_of_a_secret_is_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "4f2a91c04f2a91c04f2a91c04f2a91c04f2a91c0",
        "src/components/Button2/ButtonGroup2/index",
        "SyntaxError: Unexpected token: }",
        "git clone https://github.com/acme/web.git",
        "GET http://localhost:8080/users/@me",
        "git@github.com:acme/web.git",
        "a password is required",
        "-----BEGIN CERTIFICATE-----",
        "highs_something_that_is_only_a_long_identifier",
        "MAX_TOKENS=4096",
        "",
    ],
)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert mask(text) == text


def test_a_given_secret_is_masked_wherever_it_stands() -> None:
    assert mask("say swordfish, Swordfish or swordfishes", ["swordfish"]) == "say ***, Swordfish or ***es"


def test_of_two_secrets_the_longer_leaves_no_end_behind() -> None:
    assert mask("open sesame street", ["open", "open sesame"]) == "*** street"
    assert mask("abcdefgh", ["abcdef", "defgh"]) == "***"


def test_the_lines_of_a_secret_are_masked_one_by_one_too() -> None:
    assert mask("1| first line\n2| second line", ["first line\nsecond line\n"]) == "1| ***\n2| ***"


def test_a_secret_too_short_to_hide_is_left_alone() -> None:
    assert mask("exit code 1", ["1", "", " "]) == "exit code 1"


@given(st.text("abc \n"), st.lists(st.text("abc", min_size=4, max_size=6), max_size=3))
def test_no_given_secret_survives(text: str, secrets: list[str]) -> None:
    masked = mask(text, secrets)
    assert not any(secret in masked for secret in secrets)


@given(st.text())
def test_masking_twice_changes_nothing_more(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@pytest.mark.parametrize(
    "hostile",
    [
        "A" * 300_000,
        "-----BEGIN PRIVATE KEY-----" * 12_000,
        "-----END PRIVATE KEY-----" * 12_000,
        (LINE + "\n-----END PRIVATE KEY-----\n") * 5_000,
        (LINE + "\n") * 10_000,
        "://a:" * 60_000,
        "TOKEN_" * 50_000,
        "eyJ" * 100_000,
        "authorization:" * 20_000,
    ],
    ids=lambda text: text[:12],
)
def test_hostile_text_takes_linear_time(hostile: str) -> None:
    began = time.process_time()
    mask(hostile)
    assert time.process_time() - began < 2
