"""Every payload that GitHub publishes, and damaged ones: each is translated, or refused with a reason."""

import copy
from collections import defaultdict
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.github.payload import summary
from app.github.webhook import ROUTED, NotForUs, Translation, is_routed, translate
from checks.errors import Permanent
from tests.app.github.webhooks import APP, AROUND, NOW, PULL, PUSH, REPOSITORY, told
from tests.published.webhooks import Payload, webhook_examples


@pytest.mark.parametrize(
    ("event", "payload", "fault"),
    [
        ("push", PUSH | {"after": None}, "Expected `str`, got `null` - at `$.after`"),
        ("push", {"ref": "refs/heads/x"}, "Object missing required field `repository`"),
        (
            "push",
            PUSH | {"repository": REPOSITORY | {"id": 2**63}},
            "Expected `int` <= 9223372036854775807 - at `$.repository.id`",
        ),
        ("push", PUSH | {"repository": REPOSITORY | {"full_name": "../etc"}}, "$.repository.full_name"),
        ("push", PUSH | {"after": "--upload-pack"}, "$.after"),
        (
            "pull_request",
            AROUND | {"action": "opened", "pull_request": PULL | {"updated_at": "2026-11-21T11:00:00"}},
            "$.pull_request.updated_at",
        ),
    ],
)
def test_a_field_that_we_need_and_cannot_read_is_named(event: str, payload: Payload, fault: str) -> None:
    with pytest.raises(Permanent) as raised:
        told(event, payload)
    assert str(raised.value).startswith(f"GitHub's {event} event cannot be read: ")
    assert fault in str(raised.value)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"ref":"\xff"}', b'{"x":' + b"[" * 100_000, b"\xff\xfe{\x00}\x00"]
)
def test_a_body_that_is_no_json_object_is_permanent(body: bytes) -> None:
    with pytest.raises(Permanent, match="GitHub's push event cannot be read: "):
        translate("push", body, app_id=APP, received_at=NOW)
    with pytest.raises(ValueError, match=r"."):
        summary(body)


def test_the_summary_says_whose_it_is() -> None:
    heard = summary(msgspec.json.encode(AROUND | {"action": "opened"}))
    assert (heard.action, heard.repository and heard.repository.id, heard.installation and heard.installation.id) == (
        "opened",
        42,
        7,
    )


def _ours(payload: Payload) -> Payload:
    """An example as the App's own webhook would have sent it: the examples come from all kinds of webhooks."""
    ours = copy.deepcopy(payload) | {"installation": payload.get("installation") or {"id": 7}}
    for check in ("check_run", "check_suite"):
        if check in ours:
            ours[check] = ours[check] | {"app": {"id": APP}, "external_id": "01build"}
    return ours


def _kinds(translation: Translation) -> str:
    return (
        "-" if isinstance(translation, NotForUs) else ",".join(sorted({type(event).__name__ for event in translation}))
    )


def test_every_published_example_becomes_what_this_table_says() -> None:
    becomes: dict[str, set[str]] = defaultdict(set)
    for event, examples in webhook_examples().items():
        for example in examples:
            name = f"{event} {example['action']}" if event in ROUTED and "action" in example else event
            becomes[name].add(_kinds(told(event, _ours(example))))
    assert {name: sorted(kinds) for name, kinds in becomes.items() if kinds != {"-"}} == {
        "push": ["-", "ChangeReceived"],
        "pull_request opened": ["ChangeReceived"],
        "pull_request reopened": ["ChangeReceived"],
        "pull_request synchronize": ["ChangeReceived"],
        "pull_request ready_for_review": ["ChangeReceived"],
        "pull_request unlocked": ["ChangeReceived"],
        "pull_request closed": ["PullRequestClosed"],
        "merge_group checks_requested": ["ChangeReceived"],
        "check_run rerequested": ["ButtonPressed"],
        "check_suite rerequested": ["RerunOfAllRequested"],
        "installation created": ["InstallationGained"],
        "installation unsuspend": ["InstallationGained"],
        "installation new_permissions_accepted": ["InstallationGained"],
        "installation deleted": ["InstallationLost"],
        "installation suspend": ["InstallationLost"],
        "installation_repositories added": ["RepositoryChanged"],
        "installation_repositories removed": ["RepositoryLost"],
        "repository renamed": ["RepositoryChanged"],
        "repository transferred": ["RepositoryChanged"],
        "repository publicized": ["RepositoryChanged"],
        "repository privatized": ["RepositoryChanged"],
        "repository edited": ["-", "RepositoryChanged"],
    }
    assert sum(map(len, webhook_examples().values())) == 329


def test_an_event_without_a_route_is_not_read_further() -> None:
    assert told("ping", {"zen": "Keep it logically awesome."}) == NotForUs("ping has no route")
    assert told("star", {"action": "created", "repository": 5}) == NotForUs("star created has no route")
    assert not is_routed("pull_request", "an action of next year")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=5,
)


def _routed_examples() -> list[tuple[str, Payload]]:
    return [(event, _ours(one)) for event in ROUTED for one in webhook_examples().get(event, [])]


def _damage(part: Any, data: st.DataObject) -> None:
    """Deletes or replaces one field somewhere below."""
    while True:
        keys = sorted(part) if isinstance(part, dict) else list(range(len(part)))
        key = data.draw(st.sampled_from(keys))
        if isinstance(part[key], dict | list) and part[key] and data.draw(st.integers(0, 3)):
            part = part[key]
        elif data.draw(st.booleans()):
            del part[key]
            return
        else:
            part[key] = data.draw(ANYTHING)
            return


@given(st.data())
def test_a_damaged_payload_is_translated_or_permanent(data: st.DataObject) -> None:
    event, payload = copy.deepcopy(data.draw(st.sampled_from(_routed_examples())))
    for _ in range(data.draw(st.integers(1, 3))):
        if payload:
            _damage(payload, data)
    try:
        heard = told(event, payload)
    except Permanent as error:
        assert str(error).startswith(f"GitHub's {event} event cannot be read: ")  # noqa: PT017  either is right
    else:
        msgspec.json.encode(heard)


@given(st.sampled_from([*ROUTED, "ping"]), st.binary() | ANYTHING.map(msgspec.json.encode))
def test_any_bytes_are_translated_or_permanent(event: str, body: bytes) -> None:
    try:
        translate(event, body, app_id=APP, received_at=NOW)
    except Permanent as error:
        assert str(error).startswith(f"GitHub's {event} event cannot be read: ")  # noqa: PT017  either is right
