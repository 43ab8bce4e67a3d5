"""An address answers as it should, several times in a row if wanted, and as the version that was deployed."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal, Self
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from yarl import URL

from checks.duration import human
from checks.errors import Permanent
from deploy.answer import Answer, another_version
from deploy.json_path import steps
from deploy.promotion import PLACES, RESPITE, Case, Promotion, State, Surroundings, Verdict
from deploy.promotions.webhook.pattern import is_found
from deploy.promotions.webhook.request import BrokenOff, address, asked
from deploy.span import Span, parsed

MOST_REDIRECTS = 5
AT_ONCE = 2
"""Addresses of one repository that are asked at the same time: where all of them are slow, others still get on."""

LONGEST_PATTERN = 500
MOST_RANGES = 3
_FAR_RANGE = re.compile(r"-\\?([^\0-\xff]|\\[uUN])")
"""The end of a range that `re` looks at letter by letter: a hundred of them hold up everybody for half a second."""


class ExpectedVersion(BaseModel):
    """Where the answer says which version gives it: its commit, its id here, or one of its artifacts."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)

    header: str = Field(default="", description="The name of a header.")
    path: str = Field(default="", alias="json", description="A path into the JSON body, such as $.version.")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if bool(self.header) is bool(self.path):
            raise ValueError("write one of header and json")
        if self.path:
            steps(self.path)
        return self


class Webhook(Promotion):
    """GET an address until it answers as expected; what does not before the deadline, has failed."""

    type: Literal["webhook"]
    url: str = Field(
        max_length=2000,
        description="http:// or https://; {environment}, {service}, {version} and {sha} are filled in, and {url} is the"
        " environment's address.",
    )
    status: int = Field(default=200, ge=100, le=599, description="The status it has to answer with.")
    contains: str = Field(default="", description="A text that has to be in the body.")
    matches: str = Field(
        default="", max_length=LONGEST_PATTERN, description="A regular expression (Python's) to find in the body."
    )
    values: dict[str, str | int | float | bool | None] = Field(
        default={}, alias="json", description="What has to be where in the JSON body: {$.status: ok}."
    )
    expect_version: ExpectedVersion | None = Field(
        default=None, description="Where the answer names the version it comes from, which has to be the deployed one."
    )
    timeout: Span = Field(default=parsed("15s"), le=parsed("2m"), description="How long one answer may take.")
    times: int = Field(default=1, ge=1, le=100, description="How many answers in a row have to be right.")
    interval: Span = Field(default=parsed("5s"), description="The time between two of them.")
    redirects: bool = Field(default=False, description="Whether redirects are followed, and the last answer counts.")
    deadline: Span = Field(default=parsed("5m"), description="How long an attempt may take until it has failed.")

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        unknown = [place for place in re.findall(r"\{(.*?)\}", url) if place not in PLACES]
        if unknown:
            raise ValueError(f"{{{unknown[0]}}} is not filled in: {', '.join(f'{{{place}}}' for place in PLACES)} are")
        address(re.sub(r"\{\w+\}", "x", url.replace("{url}", "https://x")))
        return url

    @field_validator("matches")
    @classmethod
    def _is_a_pattern(cls, pattern: str) -> str:
        if len(_FAR_RANGE.findall(pattern)) > MOST_RANGES:
            raise ValueError(f"{pattern!r} has more than {MOST_RANGES} ranges of foreign letters: write \\w, or .")
        try:
            re.compile(pattern)
        except (re.error, RecursionError, OverflowError) as error:
            raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
        if "\0" in pattern:
            raise ValueError("a regular expression holds no NUL: write \\x00")
        return pattern

    @field_validator("values")
    @classmethod
    def _have_paths(cls, values: dict[str, Any]) -> dict[str, Any]:
        for path in values:
            steps(path)
        return values

    async def look(self, case: Case, around: Surroundings) -> Verdict:
        url = self.filled(case)
        if _asking[case.repository.id] >= AT_ONCE:
            why = "waits until other addresses have answered"
            return Verdict(state=State.RUNNING, why=why, again=RESPITE, memory=case.memory)
        with _counted(case.repository.id):
            return await self._asked(url, case, around)

    async def _asked(self, url: URL, case: Case, around: Surroundings) -> Verdict:
        try:
            async with asyncio.timeout(self.timeout.total_seconds()):
                answer = await asked(url, around, MOST_REDIRECTS if self.redirects else 0)
        except TimeoutError:
            return self.decide(case, f"did not answer within {human(self.timeout)}")
        except BrokenOff as error:
            return self.decide(case, str(error))
        return self.decide(case, self.wrong(answer, case) or await self._unmatched(answer))

    def filled(self, case: Case) -> URL:
        url = case.filled(self.url.replace("{url}", case.url), written=partial(quote, safe=""))
        try:
            return address(url)
        except ValueError as error:
            why = f"{case.environment} has no address: write its url" if "{url}" in self.url else str(error)
            raise Permanent(why) from None

    def wrong(self, answer: Answer, case: Case) -> str:
        """The first thing that is not as expected, as what follows the address; nothing if all is."""
        if answer.status != self.status:
            return f"answered {answer.status} instead of {self.status}"
        wrong = answer.without(self.contains) or answer.other_values(self.values)
        if wrong or self.expect_version is None:
            return wrong
        told, why = answer.headers.get(self.expect_version.header.lower(), ""), ""
        if self.expect_version.path:
            told, why = answer.value(self.expect_version.path)
        return why or another_version(told, case.version)

    async def _unmatched(self, answer: Answer) -> str:
        found = not self.matches or await is_found(self.matches, answer.body)
        return "" if found else f"answers nothing that matches {self.matches}"

    def decide(self, case: Case, wrong: str) -> Verdict:
        url = self.filled(case).with_query(None).with_fragment(None)
        name = url.path if url.path != "/" else str(url.host)
        if wrong and case.now - case.began_at >= self.deadline:
            why = f"{name} {wrong}, and was asked for {human(self.deadline)}"
            return Verdict(state=State.FAILED, why=why, evidence=str(url))
        if wrong:
            return Verdict(state=State.RUNNING, why=f"{name} {wrong}", evidence=str(url), again=self.interval)
        count = int(case.memory.get("right", "0")) + 1
        if count >= self.times:
            return Verdict(state=State.PASSED, why=f"{self.times} × {self.status} from {name}", evidence=str(url))
        why = f"{count} of {self.times} × {self.status} from {name}"
        memory = {"right": str(count)}
        return Verdict(state=State.RUNNING, why=why, evidence=str(url), again=self.interval, memory=memory)


_asking: Counter[int] = Counter()


@contextmanager
def _counted(repository: int) -> Iterator[None]:
    _asking[repository] += 1
    try:
        yield
    finally:
        _asking[repository] -= 1
        if not _asking[repository]:
            del _asking[repository]
