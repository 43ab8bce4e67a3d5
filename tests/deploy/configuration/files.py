"""What tests write into files, and what is told of them."""

from collections.abc import Mapping

from deploy.configuration import FILE, Defaults, Malformed, read, read_defaults
from deploy.pipeline import Configuration, Environment

SHA = "4f2a91c" + "0" * 33
SITE = "target: {type: local, artifact: SITE}"


def configuration(text: str, defaults: Defaults | None = None, full_name: str = "acme/web") -> Configuration:
    return read(text, repository=42, full_name=full_name, sha=SHA, defaults=defaults or Defaults())


def told(text: str, defaults: Defaults | None = None) -> list[tuple[int, str]]:
    """Line and message of all that is wrong."""
    try:
        configuration(text, defaults)
    except Malformed as malformed:
        return [(each.line, each.message) for each in malformed.problems if each.file == FILE]
    return []


def told_of(files: Mapping[str, str]) -> list[tuple[str, int, str]]:
    """The same of an organisation's files."""
    try:
        read_defaults(files)
    except Malformed as malformed:
        return [(each.file, each.line, each.message) for each in malformed.problems]
    return []


def web(environments: str, rest: str = "", service: str = "") -> str:
    """A file with one service that has these environments, one a line."""
    lines = "".join(f"      {line}\n" for line in environments.splitlines())
    return f"services:\n  web:\n{service}    environments:\n{lines}{rest}"


def only(made: Configuration) -> dict[str, Environment]:
    """The environments of the only service."""
    [service] = made.services
    return {each.name: each for each in service.environments}
