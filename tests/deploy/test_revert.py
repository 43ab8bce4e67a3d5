"""What counts as a revert: as git and GitHub write it, as long as nobody took it back again."""

import pytest

from deploy.revert import Commit, revert_of

BAD = Commit(sha="b" * 40, message="Count twice (#12)")
MERGED = Commit(sha="b" * 40, message="Merge pull request #12 from acme/totals")
FOUND = "ccccccc reverts bbbbbbb"


def commit(letter: str, *reverts: str, text: str = "") -> Commit:
    lines = "".join(f"This reverts commit {each * 40}.\n" for each in reverts)
    return Commit(sha=letter * 40, message=f"Change\n\n{lines}{text}")


@pytest.mark.parametrize("bad", [BAD, MERGED])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"This reverts commit {'b' * 40}.", FOUND),
        (f"This reverts commit {'b' * 7}, reversing\nchanges made to {'a' * 40}.", FOUND),
        ("Reverts acme/web#12", FOUND),
        ("Reverts #12", FOUND),
        ("Reverts acme/other#12", ""),
        ("Reverts #1", ""),
        ("Reverts #123", ""),
        (f"This reverts commit {'b' * 6}.", ""),
        (f"This reverts commit {'a' * 40}.", ""),
        (f"> This reverts commit {'b' * 40}.", ""),
        ("See Reverts #12", ""),
    ],
)
def test_a_revert_is_known_by_what_git_and_github_write(bad: Commit, text: str, found: str) -> None:
    assert revert_of([bad], [commit("c", text=text)], "Acme/web") == found


@pytest.mark.parametrize(
    ("new", "found"),
    [
        ([commit("c", "b"), commit("d", "c")], ""),
        ([commit("c", "b"), commit("d", "c"), commit("e", "d")], FOUND),
        ([commit("c", "b"), commit("d", "c"), commit("e", "b")], "eeeeeee reverts bbbbbbb"),
        ([commit("c", "b"), commit("d", "a")], FOUND),
        ([commit("d", "c"), commit("c", "b")], FOUND),
        ([], ""),
    ],
)
def test_what_was_taken_back_again_is_no_fix(new: list[Commit], found: str) -> None:
    assert revert_of([BAD], new, "acme/web") == found


def test_a_message_that_names_everything_takes_back_little() -> None:
    assert revert_of([BAD], [commit("c", *"12345", "b")], "acme/web") == ""
    assert revert_of([BAD], [commit("c", *"1234", "b")], "acme/web") == FOUND
