"""Whether a buildspec asks for Interlock, and for which architectures."""

from collections.abc import Sequence

from checks.build import Architecture

MARKER = "PRX_"

_ASKED_BY = {
    "PRX_BUILD_X86_64": Architecture.X86_64,
    "PRX_BUILD_AARCH64": Architecture.AARCH64,
}


def opts_in(buildspec: str | None) -> bool:
    """A root buildspec.yml that contains the marker anywhere, be it in a comment."""
    return buildspec is not None and MARKER in buildspec


def architectures(buildspec: str) -> Sequence[Architecture]:
    """Those that the text names; their values do not matter. With none named: x86-64."""
    named = [architecture for name, architecture in _ASKED_BY.items() if name in buildspec]
    return named or [Architecture.X86_64]
