from hypothesis import given
from hypothesis import strategies as st

from app.github.cache import ContentCache


def test_the_least_recently_used_makes_room() -> None:
    cache = ContentCache(most=6)
    cache.put((1, "file", "a"), "aaa")
    cache.put((1, "file", "b"), "bbb")
    cache.get((1, "file", "a"))
    cache.put((1, "file", "c"), "ccc")
    assert [cache.get((1, "file", sha)) for sha in "abc"] == [("aaa",), None, ("ccc",)]


def test_a_repository_does_not_see_what_another_read() -> None:
    cache = ContentCache()
    cache.put((1, "file", "a"), "private")
    assert cache.get((2, "file", "a")) is None


@given(st.lists(st.tuples(st.integers(1, 9), st.text(max_size=12))))
def test_it_never_holds_more_than_its_room(puts: list[tuple[int, str]]) -> None:
    cache = ContentCache(most=20)
    for repository, text in puts:
        cache.put((repository, "file", "a"), text)
    held = [cache.get((repository, "file", "a")) for repository in range(1, 10)]
    assert sum(len(text) for texts in held if texts for text in texts) <= 20
