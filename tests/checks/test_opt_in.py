"""A buildspec asks for Interlock by a marker, and for architectures by name."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.build import Architecture
from checks.opt_in import architectures, opts_in

X86_64, AARCH64 = Architecture.X86_64, Architecture.AARCH64


@pytest.mark.parametrize(
    ("buildspec", "asks"),
    [
        (None, False),
        ("", False),
        ("version: 0.2\n", False),
        ("prx_", False),
        ("PRX", False),
        ("# PRX_\n", True),
        ("env:\n  variables:\n    PRX_BUILD_X86_64: 1\n", True),
        ("this is no YAML: [PRX_", True),
    ],
)
def test_the_marker_anywhere_is_enough(buildspec: str | None, asks: bool) -> None:
    assert opts_in(buildspec) is asks


@pytest.mark.parametrize(
    ("buildspec", "wanted"),
    [
        ("# PRX_", [X86_64]),
        ("PRX_BUILD_X86_64: false", [X86_64]),
        ("# PRX_BUILD_AARCH64", [AARCH64]),
        ("PRX_BUILD_AARCH64: true\nPRX_BUILD_X86_64: true", [X86_64, AARCH64]),
    ],
)
def test_architectures_are_named_whatever_their_value(buildspec: str, wanted: Sequence[Architecture]) -> None:
    assert list(architectures(buildspec)) == wanted


@given(st.text())
def test_every_buildspec_is_built_on_something_once(buildspec: str) -> None:
    wanted = architectures(buildspec)

    assert 1 <= len(wanted) == len(set(wanted))
