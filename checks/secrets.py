"""What must not be read by others in a log, a message or a check: known secrets, and whatever has the shape of one."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

MASK = "***"
SHORTEST = 4
"""Shorter "secrets" are left alone: masking every `1` hides the text and not the secret."""

Span = tuple[int, int]

_ENVIRONMENT_NAME = r"(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS?)"
_JSON_NAME = (
    r"(?:aws_?)?secret_?access_?key|(?:aws_?)?session_?token|password|passwd|client_?secret|private_?token"
    r"|(?:access|refresh|auth|id)_?token|_authToken"
)
_FILE_NAME = r"aws_secret_access_key|aws_session_token|_authToken|_password"

_PREFIXED = (
    # GitHub, the opaque and the stateless form: https://github.blog/changelog/2026-05-15-github-app-installation-tokens-per-request-override-header/
    r"gh[pousr]_[A-Za-z0-9._-]{20,}",
    r"github_pat_[A-Za-z0-9_]{20,}",
    # AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])",
    # JSON Web Tokens: two encoded objects and a signature
    r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?",
    # Slack: https://docs.slack.dev/authentication/tokens
    r"(?:xox[a-z]|xapp|xwfp)(?:\.xox[a-z])?-[A-Za-z0-9-]{10,}",
    # registries and other services
    r"npm_[A-Za-z0-9]{36,}",
    r"pypi-[A-Za-z0-9_-]{50,}",
    r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}",
    r"gl(?:pat|dt|ptt|cbt|rt|soat)-[A-Za-z0-9_.-]{20,}",
    r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,}",
    r"AIza[A-Za-z0-9_-]{35}",
)

# Each with what a text must contain, in lower case, to be worth a search. In each pattern the group, if there is
# one, is the secret; else the whole match is. Repetitions are bounded or begin at a fixed string, so that no input
# takes more than linear time.
SHAPES = tuple(
    (hints, re.compile(pattern))
    for hints, pattern in (
        (("_", "-", "akia", "asia", "abia", "acca", "eyj", "aiza"), rf"(?<![A-Za-z0-9])(?:{'|'.join(_PREFIXED)})"),
        (("hooks.slack",), r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9/_-]+)"),
        # headers, with or without quotes around them
        (
            ("authorization",),
            r"(?i)\bauthorization[\"']?[ \t]{0,8}[:=][ \t]{0,8}[\"']?([^\s\"'][^\r\n\"']*)",
        ),
        (("bearer",), r"(?i)\bbearer[ \t]{1,8}([A-Za-z0-9._~+/=-]{16,})"),
        # the password, which may itself contain @, in scheme://user:password@host
        (("://",), r"://[^\s/:@]{0,256}:([^\s/]{1,1024})@"),
        # NAME=value as `env` and `set -x` print it
        (
            ("passw", "secret", "token", "key", "credential"),
            rf"(?<![A-Z])[A-Z0-9_]{{0,64}}?{_ENVIRONMENT_NAME}[A-Z0-9_]{{0,64}}=[\"']?([^\s\"']{{8,}})",
        ),
        # "name": "value", name = value, as JSON and configuration files have it
        (
            ("passw", "secret", "token"),
            rf"(?i)(?<![A-Za-z])(?:{_JSON_NAME})[\"'][ \t]{{0,8}}[:=][ \t]{{0,8}}[\"']([^\"'\r\n]{{4,}})",
        ),
        (
            ("aws_se", "_authtoken", "_password"),
            rf"(?i)(?<![A-Za-z])(?:{_FILE_NAME})[ \t]{{0,8}}[:=][ \t]{{0,8}}([^\s\"']{{8,}})",
        ),
    )
)

_AWS_SECRET_KEY = re.compile(r"(?<![A-Za-z0-9/+=_-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])")
_FEWEST_DIFFERENT = 22
_PRIVATE_KEY = re.compile(r"-----(BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_ENCODED_LINE = re.compile(r"\s*[A-Za-z0-9+/=]{16,}\s*\Z")
_ENCODED_AFTER = re.compile(r"(?:(?:\s|\\[nr])*[A-Za-z0-9+/=]{16,})*")
_LONGEST_KEY = 16_384
_LONGEST_LINE = 160


def mask(text: str, secrets: Iterable[str] = (), *, by_line: bool = False) -> str:
    """The text with every given secret, and all that looks like one, replaced by `***`, `by_line` by one in each."""
    parts, end = [], 0
    for start, stop in _merged(chain(_given(text, secrets), _shaped(text), _private_keys(text))):
        parts += [text[end:start], MASK, f"\n{MASK}" * (by_line and text.count("\n", start, stop))]
        end = stop
    return "".join([*parts, text[end:]])


def parts_to_mask(secret: str) -> set[str]:
    """A secret of several lines is masked line by line too: a log may indent or prefix each."""
    parts = (secret, secret.strip(), *map(str.strip, secret.splitlines()))
    return {part for part in parts if len(part) >= SHORTEST}


def _merged(spans: Iterable[Span]) -> Sequence[Span]:
    """Overlapping and touching spans become one, so that no end of a secret sticks out."""
    merged: list[Span] = []
    for start, stop in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged


def _given(text: str, secrets: Iterable[str]) -> Iterator[Span]:
    for part in set().union(*map(parts_to_mask, secrets)):
        at = text.find(part)
        while at >= 0:
            yield at, at + len(part)
            at = text.find(part, at + 1)


def _shaped(text: str) -> Iterator[Span]:
    lowered = text.lower()
    for hints, shape in SHAPES:
        if any(hint in lowered for hint in hints):
            yield from (match.span(shape.groups) for match in shape.finditer(text))
    for match in _AWS_SECRET_KEY.finditer(text):
        if _looks_random(match.group()):
            yield match.span()


def _looks_random(text: str) -> bool:
    """Tells a secret key (30 different characters on average) from a SHA-1 or a path of the same length."""
    return len(set(text)) >= _FEWEST_DIFFERENT


def _private_keys(text: str) -> Iterator[Span]:
    """Whole PEM blocks; of a block that was cut, the encoded lines that are there."""
    begin: int | None = None
    after = 0
    for marker in _PRIVATE_KEY.finditer(text):
        if begin is not None and marker.start() - begin > _LONGEST_KEY:
            yield begin, _encoded_until(text, after)
            begin = None
        if marker.group(1) == "BEGIN":
            if begin is not None:
                yield begin, marker.start()
            begin, after = marker.start(), marker.end()
        elif begin is not None:
            yield begin, marker.end()
            begin = None
        else:
            yield _encoded_since(text, marker.start()), marker.end()
    if begin is not None:
        yield begin, _encoded_until(text, after)


def _encoded_until(text: str, start: int) -> int:
    match = _ENCODED_AFTER.match(text, start)
    return match.end() if match else start


def _encoded_since(text: str, stop: int) -> int:
    """Where the encoded lines begin that end at `stop`, line by line backwards."""
    start = stop
    while start > 0 and stop - start < _LONGEST_KEY:
        window = max(0, start - _LONGEST_LINE)
        before = max(window, text.rfind("\n", window, start - 1) + 1)
        if not _ENCODED_LINE.match(text[before:start]):
            break
        start = before
    return start
