"""What somebody may have meant by a name that there is not."""

from collections.abc import Iterable
from difflib import get_close_matches


def unknown(kind: str, name: str, known: Iterable[str], where: str = "") -> str:
    """The sentence for a name that is none of the known ones."""
    names = sorted(known)
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    place = f" {where}" if where else ""
    if near:
        return f'there is no {kind} "{name}"{place}; did you mean {_or(near)}?'
    return f'there is no {kind} "{name}"{place}; there is {", ".join(names) or "none"}'


def _or(names: list[str]) -> str:
    quoted = [f'"{each}"' for each in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
