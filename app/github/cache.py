"""Memory for what never changes: content that a SHA addresses."""

from collections import OrderedDict

MOST_CHARACTERS = 16_000_000

Key = tuple[int, str, str]
"""(repository id, kind, SHA). The repository is part of the key although content is the same everywhere:
who may read a SHA in one repository need not be allowed to read it in another."""


class ContentCache:
    """Texts by content address, the least recently used ones dropped beyond `most` characters.

    Nothing is ever remembered by its URL: GitHub's ETags belong to one token, and a branch or tag is not an
    address of content. https://github.com/eclipse-csi/otterdog/issues/201
    """

    def __init__(self, most: int = MOST_CHARACTERS) -> None:
        self._texts: OrderedDict[Key, tuple[str, ...]] = OrderedDict()
        self._room = most

    def get(self, key: Key) -> tuple[str, ...] | None:
        if key not in self._texts:
            return None
        self._texts.move_to_end(key)
        return self._texts[key]

    def put(self, key: Key, *texts: str) -> None:
        if key in self._texts:
            return
        self._texts[key] = texts
        self._room -= _size(texts)
        while self._room < 0:
            _, dropped = self._texts.popitem(last=False)
            self._room += _size(dropped)


def _size(texts: tuple[str, ...]) -> int:
    return sum(len(text) for text in texts)
