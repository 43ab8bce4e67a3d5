"""Which tests of a build passed and which failed, as digests: enough to tell whether a test did so elsewhere."""

from collections.abc import Iterable
from hashlib import blake2b

from msgspec import Struct

from checks.junit import Case, Ending

MOST_TESTS = 20_000
"""Tests of a build whose outcomes are kept; of a larger one none are, as half of them would say little."""

SIZE = 8
"""Bytes of a digest: the chance that any two of 20,000 tests share one is 1 in 10¹¹."""

NAMELESS = b""
"""What stands for a test without a name, which cannot be found in another build: it adds nothing."""


class TestOutcomes(Struct, frozen=True, kw_only=True):
    """Digests of tests, sorted and joined. A test that ended in both ways within one build has failed."""

    __test__ = False  # pytest: this is not a test

    passed: bytes = b""
    failed: bytes = b""


class Tally:
    """Adds up how tests ended, in little room whatever their number. A test that was skipped said nothing."""

    def __init__(self) -> None:
        self._passed: set[bytes] = set()
        self._failed: set[bytes] = set()
        self._tests = 0

    def add(self, cases: Iterable[Case]) -> None:
        for case in cases:
            if case.ending is not Ending.SKIPPED and self._tests <= MOST_TESTS:
                self._tests += 1
                (self._passed if case.ending is Ending.PASSED else self._failed).add(digest(case))

    def outcomes(self) -> TestOutcomes | None:
        """None if there is nothing to compare: no test ran, or too many did."""
        if not 0 < self._tests <= MOST_TESTS:
            return None
        return TestOutcomes(passed=_joined(self._passed - self._failed), failed=_joined(self._failed))


def digest(case: Case) -> bytes:
    """Names a test by its suite and its own name, as the report writes them."""
    if not case.name:
        return NAMELESS
    name = f"{case.group}\0{case.name}".encode("utf-8", "surrogatepass")
    return blake2b(name, digest_size=SIZE).digest()


def digests(joined: bytes) -> frozenset[bytes]:
    """The digests that were joined."""
    return frozenset(joined[at : at + SIZE] for at in range(0, len(joined), SIZE))


def _joined(digests: Iterable[bytes]) -> bytes:
    return b"".join(sorted(digests))
