"""The door `/github` over real HTTP: what is kept, what is refused, and what each hears."""

import gzip
import hashlib
import hmac
import json

import pytest
from structlog.testing import capture_logs

from app.web.github import GitHubDoor
from tests.app.web.github import GUID, OPENED, SECRET, Headers, Memory, Sender, count, head, opened, signed

# --- what is kept ------------------------------------------------------------------------------


async def test_a_delivery_is_kept_byte_for_byte(door: Sender) -> None:
    raw = b'{ "action":"opened",\n"repository":{"id":42}, "installation":{"id":7}, "title":"\xc3\xa9" }'
    before = count("stored")
    assert await door.send(raw, {"X-GitHub-Hook-ID": "9", "X-Other": "x"}) == (
        202,
        {"delivery": GUID, "outcome": "stored", "message": "Stored; the work begins."},
    )
    (kept,) = door.inbox.kept.values()
    assert (kept.guid, kept.event, kept.action, kept.body) == (GUID, "pull_request", "opened", raw)
    assert (kept.repository_id, kept.installation_id) == (42, 7)
    assert kept.headers == {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/044aadd",
        "X-GitHub-Delivery": GUID,
        "X-GitHub-Event": "pull_request",
        "X-GitHub-Hook-ID": "9",
    }
    assert count("stored") == before + 1


async def test_what_could_not_be_stored_as_text_is_replaced(door: Sender) -> None:
    assert (await door.send(OPENED, {"User-Agent": "Hookshot/é"}))[0] == 202
    assert door.inbox.kept[GUID].headers["User-Agent"] == "Hookshot/?"


async def test_the_same_delivery_again_changes_nothing(door: Sender) -> None:
    await door.send(OPENED)
    first = dict(door.inbox.kept)
    status, answer = await door.send(OPENED | {"title": "another body"})
    assert (status, answer["outcome"], door.inbox.kept) == (202, "known", first)


async def test_what_has_no_route_is_counted_and_not_kept(door: Sender) -> None:
    before = count("not_for_us")
    assert await door.send({"zen": "Design for failure."}, {"X-GitHub-Event": "ping"}) == (
        200,
        {"delivery": GUID, "outcome": "not_for_us", "message": "Not for us: nothing here reacts to ping."},
    )
    assert (await door.send({"action": "labeled"}))[1]["message"] == (
        "Not for us: nothing here reacts to pull_request labeled."
    )
    assert (door.inbox.kept, count("not_for_us")) == ({}, before + 2)


async def test_both_secrets_are_valid_while_one_replaces_the_other() -> None:
    async with opened(["new", "old"]) as door:
        raw = json.dumps(OPENED).encode()
        answers = [await door.send(raw, signed(raw, secret)) for secret in ("new", "old", "older")]
    assert [status for status, _ in answers] == [202, 202, 401]


@pytest.mark.parametrize("secrets", [[], [""], ["good", ""]])
def test_a_door_without_a_secret_is_not_opened(secrets: list[str]) -> None:
    with pytest.raises(ValueError, match="set GITHUB_WEBHOOK_SECRET"):
        GitHubDoor(secrets, Memory())


async def test_a_store_that_cannot_take_it_asks_for_another_delivery(door: Sender) -> None:
    door.inbox.is_full = True
    raw = json.dumps(OPENED).encode()
    async with door.session.post(door.url, data=raw, headers=without_none(signed(raw))) as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "5")
    door.inbox.is_full = False
    assert (await door.send(OPENED))[0] == 202


def without_none(headers: Headers) -> dict[str, str]:
    return {name: value for name, value in headers.items() if value is not None}


async def test_each_delivery_is_one_line_in_the_log(door: Sender) -> None:
    with capture_logs() as lines:
        await door.send(OPENED)
        await door.send(OPENED, {"X-GitHub-Delivery": "a\tb"})
    assert lines == [
        {
            "event": "github_delivery",
            "log_level": "info",
            "outcome": "stored",
            "status": 202,
            "guid": GUID,
            "kind": "pull_request",
            "action": "opened",
            "repository": 42,
        },
        {
            "event": "github_delivery",
            "log_level": "warning",
            "outcome": "bad_header",
            "status": 400,
            "guid": None,
            "kind": "pull_request",
        },
    ]


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"])
async def test_only_post_is_answered(door: Sender, method: str) -> None:
    async with door.session.request(method, door.url) as response:
        assert (response.status, response.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("headers", "status", "outcome", "message"),
    [
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415, "not_json", "Send JSON: set the content type"),
        ({"Content-Type": "text/plain"}, 415, "not_json", "Send JSON: set the content type"),
        ({"Content-Type": "nonsense"}, 415, "not_json", "Send JSON: set the content type"),
        ({"X-GitHub-Delivery": None}, 400, "bad_header", "The header X-GitHub-Delivery is missing."),
        ({"X-GitHub-Delivery": "x" * 101}, 400, "bad_header", "The header X-GitHub-Delivery is not a name"),
        ({"X-GitHub-Delivery": "é"}, 400, "bad_header", "The header X-GitHub-Delivery is not a name"),
        ({"X-GitHub-Event": None}, 400, "bad_header", "The header X-GitHub-Event is missing."),
        ({"X-Hub-Signature-256": None}, 401, "unsigned", "The header X-Hub-Signature-256 is missing"),
        ({"X-Hub-Signature-256": "sha1=" + "a" * 40}, 401, "unsigned", "The header X-Hub-Signature-256 is missing"),
        ({"X-Hub-Signature-256": "sha256=" + "é" * 64}, 401, "unsigned", "The header X-Hub-Signature-256 is missing"),
        ({"X-Hub-Signature-256": "sha256=" + "0" * 64}, 401, "wrong_signature", "The signature does not match"),
    ],
)
async def test_a_fault_in_the_head_is_named(
    door: Sender, headers: Headers, status: int, outcome: str, message: str
) -> None:
    said, answer = await door.send(OPENED, headers)
    assert (said, answer["outcome"], door.inbox.kept) == (status, outcome, {})
    assert answer["message"].startswith(message)


async def test_an_old_signature_beside_the_new_one_is_not_looked_at(door: Sender) -> None:
    raw = json.dumps(OPENED).encode()
    sha1 = "sha1=" + hmac.new(SECRET.encode(), raw, hashlib.sha1).hexdigest()
    assert (await door.send(raw, {"X-Hub-Signature": sha1, "X-Hub-Signature-256": None}))[0] == 401
    assert (await door.send(raw, {"X-Hub-Signature": "sha1=wrong"}))[0] == 202


async def test_json_in_utf_8_is_json(door: Sender) -> None:
    assert (await door.send(OPENED, {"Content-Type": "application/json; charset=utf-8"}))[0] == 202


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{", b'"x"', b'{"a":"\xff"}', b"\xef\xbb\xbf{}", b'{"x":' + b"[" * 200_000, b'{"action":1}'],
)
async def test_a_signed_body_that_is_no_webhook_is_named(door: Sender, body: bytes) -> None:
    status, answer = await door.send(body)
    assert (status, answer["outcome"]) == (400, "not_an_object")
    assert answer["message"].startswith("The body is not the JSON object of a webhook: ")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "nonsense"])
@pytest.mark.parametrize("raw", [gzip.compress(b'{"action":"opened"}', mtime=0), b"not compressed at all"])
async def test_an_encoded_body_is_refused(door: Sender, encoding: str, raw: bytes) -> None:
    answer = await door.raw(head(raw, f"Content-Encoding: {encoding}", f"Content-Length: {len(raw)}"), raw)
    assert (answer, door.inbox.kept) == (415, {})
