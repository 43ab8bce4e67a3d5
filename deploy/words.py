"""One grammar for what people type and what buttons say: words become what is meant, and a command its words.

deploy acme/shop/web 4f2a91c to production
rollback web production to 77aa0be because totals are wrong
hold "web" production until 2h because of the audit
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches

from msgspec import Struct

from deploy.command import Verb
from deploy.hold import Kind
from deploy.span import PATTERN, parsed
from deploy.vocabulary import (
    BECAUSE,
    FILLERS,
    FOR,
    HOLDS,
    IN,
    INTO,
    KEYWORDS,
    LONGEST_REASON,
    OF,
    OF_WHAT_WAS_SEEN,
    OTHERWISE,
    TAKES_COMMIT,
    TAKES_FROM,
    UNTIL,
    USAGE,
    VERSION,
    Deed,
    Look,
    one_line,
)

LONGEST = 100
"""Characters of a name, and of a strange word that is repeated to whoever said it."""


class Meant(Struct, frozen=True, kw_only=True):
    """`names` may be repositories, services and environments, as they were written; `environment` was said to be one.

    `version` is a commit's beginning or a version's id, `number` a pull request. `until` counts from when it was said,
    unless it is a moment. The other fields are those of a `Command`.
    """

    verb: str
    names: tuple[str, ...] = ()
    environment: str = ""
    version: str = ""
    seen: str = ""
    promotion: str = ""
    reason: str = ""
    hold: Kind = Kind.FREEZE
    until: timedelta | datetime | None = None
    number: int = 0
    code: str = ""

    @property
    def places(self) -> tuple[str, ...]:
        return (*self.names, *([self.environment] if self.environment else []))


class Misunderstood(Struct, frozen=True, kw_only=True):
    """`why` says what cannot be understood and what to say instead; `near` are the words it may have been."""

    why: str
    near: tuple[str, ...] = ()


class _Word(Struct, frozen=True):
    """`ends` is where what follows it begins."""

    text: str
    ends: int
    quoted: bool = False

    @property
    def key(self) -> str:
        return "" if self.quoted else self.text.casefold().rstrip(":,")

    @property
    def is_version(self) -> bool:
        return VERSION.fullmatch(self.text) is not None


class _Unclear(Exception):
    """The message is the sentence for a `Misunderstood`."""


_WORD = re.compile(
    r"""
    (?P<open>["“”„«])(?P<double>(?:\\.|[^"“”„«»\\])*)["“”»](?!\S)
    | (?P<tick>['‘’`])(?P<single>[^'‘’`]*)['‘’`](?!\S)
    | (?P<plain>\S+)
    """,
    re.VERBOSE,
)

_ESCAPED = re.compile(r"\\(.)")

_STRAY = "\"'`“”„«»‘’"

_SPAN = re.compile(PATTERN, re.ASCII)

_NUMBER = re.compile(r"(?P<name>[A-Za-z0-9_./-]*)#(?P<number>[0-9]{1,9})")

_OURSELVES = frozenset({"interlock", "@interlock", "please"})

_TWO = {("roll", "back"), ("never", "mind"), ("re", "run"), ("re", "deploy")}


def meant(text: str) -> Meant | Misunderstood:
    """What somebody means, whatever they typed."""
    try:
        return _meant(one_line(text))
    except _Unclear as unclear:
        return Misunderstood(why=str(unclear))


def _meant(line: str) -> Meant | Misunderstood:
    words = list(_words(line))
    while words and words[0].text.removeprefix("/").casefold() in _OURSELVES:
        words.pop(0)
    if not words:
        return Meant(verb=Look.HELP)
    said, rest = _verb(words)
    kind = HOLDS.get(said, Kind.FREEZE)
    verb = Verb.HOLD if said in HOLDS else OTHERWISE.get(said, said)
    if verb not in {*USAGE, Look.NOTHING}:
        return _unknown(words[0].text)
    match verb:
        case Deed.LINK:
            return Meant(verb=verb, code="".join(each.text for each in rest))
        case Look.HELP:
            return Meant(verb=verb, names=tuple(each.text.casefold() for each in rest[:1]))
        case Deed.UNLINK if rest:
            raise _Unclear(f'leave out "{_shown(rest[0].text)}": unlink ends your own link')
        case Look.WHOAMI | Look.NOTHING | Deed.UNLINK:
            return Meant(verb=verb)
    return _Reading(verb, kind).read(line, rest)


def _words(line: str) -> Iterator[_Word]:
    for found in _WORD.finditer(line):
        if found["plain"] is not None:
            text = found["plain"].strip(_STRAY)
            if text:
                yield _Word(text, found.end())
        else:
            text = found["single"] if found["open"] is None else _ESCAPED.sub(r"\1", found["double"])
            if text.strip():
                yield _Word(text.strip(), found.end(), quoted=True)


def _verb(words: Sequence[_Word]) -> tuple[str, Sequence[_Word]]:
    """The first word, or the first two where people write one of ours apart, and what follows."""
    first = words[0].text.casefold().removeprefix("/").rstrip(",:")
    second = words[1].text.casefold() if len(words) > 1 else ""
    if (first, second) in _TWO:
        return first + second, words[2:]
    return (first if first == "?" else first.rstrip("?!").replace("-", "")), words[1:]


def _unknown(word: str) -> Misunderstood:
    known = [*USAGE, *OTHERWISE, *HOLDS]
    near = get_close_matches(_shown(word).casefold().removeprefix("/"), known, n=3, cutoff=0.6)
    return Misunderstood(why=f'I do not know "{_shown(word)}"', near=tuple(near))


def _shown(word: str) -> str:
    return word if len(word) <= LONGEST else f"{word[:LONGEST]}…"


class _Reading:
    """What follows a verb, word by word."""

    def __init__(self, verb: str, kind: Kind) -> None:
        self._verb = verb
        self._kind = kind
        self._names: list[_Word] = []
        self._environment = ""
        self._version = ""
        self._seen = ""
        self._number = 0
        self._until: timedelta | datetime | None = None

    def read(self, line: str, words: Sequence[_Word]) -> Meant:
        reason = ""
        waiting = list(words)
        while waiting:
            word = waiting.pop(0)
            if word.key in BECAUSE:
                reason = line[word.ends :].strip()
                reason = reason if word.key == "because" else reason.strip(_STRAY)
                break
            self._take(word, waiting)
        if len(reason) > LONGEST_REASON:
            raise _Unclear(f"a reason has at most {LONGEST_REASON} characters: say it shorter")
        version = self._version or self._bare_version()
        self._version, promotion = version, self._promotion()
        names = tuple(each.text for each in self._names)
        self._check(names)
        return Meant(
            verb=self._verb,
            names=names,
            environment=self._environment,
            version=version,
            seen=self._seen,
            promotion=promotion,
            reason=reason,
            hold=self._kind,
            until=self._until,
            number=self._number,
        )

    def _take(self, word: _Word, waiting: list[_Word]) -> None:
        key = word.key
        if key == "for" and self._verb == Verb.HOLD and waiting and _SPAN.fullmatch(waiting[0].text.lower()):
            self._until = self._moment(waiting.pop(0))
        elif key in INTO and self._verb == Verb.ROLLBACK:
            self._version = self._once(self._version, self._version_after(word, waiting), "version")
        elif key in INTO | IN:
            self._environment = self._once(self._environment, self._after(word, waiting).text, "environment")
        elif key in UNTIL:
            self._until = self._moment(self._after(word, waiting))
        elif key in FOR:
            self._take_seen(word, waiting)
        elif key in OF or (key in FILLERS and self._verb in (Look.WHY, Look.WHERE)):
            return
        elif not word.quoted and (found := _NUMBER.fullmatch(word.text.rstrip("?!"))):
            self._take_number(found, word)
        else:
            text = word.text if word.quoted or waiting else word.text.rstrip("?!,")
            if text:
                self._names.append(_Word(_checked(text), word.ends, word.quoted))

    def _take_seen(self, word: _Word, waiting: list[_Word]) -> None:
        after = self._after(word, waiting)
        if self._verb == Verb.ROLLBACK and not after.is_version:
            raise _Unclear(f'"{_shown(after.text)}" is no version: say from which commit, such as "from 4f2a91c"')
        if self._verb not in (TAKES_FROM if word.key == "from" else OF_WHAT_WAS_SEEN):
            hint = ": promote takes what the environment before has" if self._verb == Verb.PROMOTE else ""
            raise _Unclear(f'leave out "{word.text} {_shown(after.text)}"{hint}')
        self._seen = self._once(self._seen, after.text, "version")

    def _take_number(self, found: re.Match[str], word: _Word) -> None:
        if self._verb != Look.WHERE:
            raise _Unclear(f'"{_shown(word.text)}" is a pull request, and {self._verb} takes none: {self._usage}')
        self._number = int(found["number"])
        if found["name"]:
            self._names.append(_Word(_checked(found["name"]), word.ends))

    def _once(self, before: str, now: str, what: str) -> str:
        if before and before != now:
            raise _Unclear(f'say one {what}: "{_shown(before)}" or "{_shown(now)}"')
        return now

    def _after(self, word: _Word, waiting: list[_Word]) -> _Word:
        while waiting and waiting[0].key in OF:
            waiting.pop(0)
        if not waiting or waiting[0].key in KEYWORDS:
            raise _Unclear(f'something is missing after "{word.text}": {self._usage}')
        found = waiting.pop(0)
        if found.quoted:
            return _Word(_checked(found.text), found.ends, quoted=True)
        return _Word(_checked(found.text.rstrip("?!,")), found.ends)

    def _version_after(self, word: _Word, waiting: list[_Word]) -> str:
        found = self._after(word, waiting)
        if not found.is_version:
            raise _Unclear(f'"{_shown(found.text)}" is no version: say to which commit, such as "to 4f2a91c"')
        return found.text.lower()

    def _moment(self, word: _Word) -> timedelta | datetime:
        if self._verb != Verb.HOLD:
            raise _Unclear(f"only a hold ends by itself: {self._usage}")
        try:
            return parsed(word.text.lower())
        except ValueError:
            return _instant(word.text)

    def _bare_version(self) -> str:
        """The one name that is a commit; of several the last, as services come first."""
        first = 1 if self._verb == Verb.OVERRIDE else 0
        found = [each for each in self._names[first:] if each.is_version]
        if not found or self._verb in (Verb.HOLD, Verb.LIFT):
            return ""
        name = found[-1]
        if self._verb == Verb.ROLLBACK:
            said = name.text
            raise _Unclear(f'is "{said}" what to go back to, or what to take back? Say "to {said}" or "from {said}"')
        self._names.remove(name)
        return name.text.lower()

    def _promotion(self) -> str:
        if self._verb != Verb.OVERRIDE:
            return ""
        if not self._names:
            raise _Unclear(f"say which promotion to override: {self._usage}")
        return self._names.pop(0).text

    def _check(self, names: Sequence[str]) -> None:
        places = [*names, *([self._environment] if self._environment else [])]
        if len(places) > 2 and self._verb in TAKES_COMMIT and not self._version:  # noqa: PLR2004 - see below
            raise _Unclear(f'"{_shown(names[-1])}" is no commit: say its first digits, such as 4f2a91c')
        if len(places) > 2:  # noqa: PLR2004 - a service and an environment
            raise _Unclear(f'"{_shown(names[-1])}" is one name too many: {self._usage}')
        if self._verb in (Verb.HOLD, Verb.LIFT) and not places:
            raise _Unclear(f"say what to {self._verb}: {self._usage}")
        if self._verb == Look.WHERE and not self._number and not self._version:
            raise _Unclear("say which commit or pull request: where 4f2a91c, or where #812")

    @property
    def _usage(self) -> str:
        return USAGE[self._verb]


def _checked(name: str) -> str:
    if len(name) > LONGEST:
        raise _Unclear(f'"{_shown(name)}" is too long for a name')
    return name


def _instant(text: str) -> datetime:
    hint = "write 2h, 3d or 2027-01-04T08:00+01:00"
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        raise _Unclear(f'"{_shown(text)}" is no time: {hint}') from None
    if moment.tzinfo is None:
        raise _Unclear(f'"{_shown(text)}" needs its zone: {hint}')
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise _Unclear(f'"{_shown(text)}" is no time: {hint}') from None
