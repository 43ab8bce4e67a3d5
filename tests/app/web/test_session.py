"""What is sealed is opened as it was, by the same secret, as the same kind, until its end; all else is nothing."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from app.github.people import Person
from app.web.session import Cookie, Seal

ANA = Person(id=5, login="ana")
HOUR = timedelta(hours=1)


class Ticket(Struct, frozen=True):
    id: int
    login: str


@given(st.builds(Person, id=st.integers(0, 2**63 - 1), login=st.text(max_size=100)))
def test_what_is_sealed_is_opened_as_it_was(person: Person) -> None:
    seal = Seal(["secret"])
    assert seal.open(seal.close(person, HOUR), Person) == person


def test_a_seal_survives_the_rotation_of_the_secret_until_the_old_one_goes() -> None:
    sealed = Seal(["old"]).close(ANA, HOUR)
    assert Seal(["new", "old"]).open(sealed, Person) == ANA
    assert Seal(["new"]).open(sealed, Person) is None


def test_one_kind_is_not_taken_for_another() -> None:
    seal = Seal(["secret"])
    assert seal.open(seal.close(ANA, HOUR), Ticket) is None


def test_a_seal_has_an_end() -> None:
    time = [1000.0]
    seal = Seal(["secret"], lambda: time[0])
    sealed = seal.close(ANA, HOUR)
    opened = []
    for seconds in (0.0, 3599.9, 0.1):
        time[0] += seconds
        opened.append(seal.open(sealed, Person))
    assert opened == [ANA, ANA, None]


@given(st.text())
def test_no_guess_is_opened_and_none_breaks(text: str) -> None:
    assert Seal(["secret"]).open(text, Person) is None


@given(st.integers(0, 200), st.characters())
def test_no_character_can_be_changed(at: int, other: str) -> None:
    seal = Seal(["secret"], lambda: 1000.0)
    sealed = seal.close(ANA, HOUR)
    at %= len(sealed)
    changed = sealed[:at] + other + sealed[at + 1 :]
    assert seal.open(changed, Person) == (ANA if changed == sealed else None)


def test_what_an_older_version_sealed_is_nothing() -> None:
    class Older(Struct):
        name: str

    Older.__name__ = "Person"
    seal = Seal(["secret"])
    assert seal.open(seal.close(Older("ana"), HOUR), Person) is None


@pytest.mark.parametrize("secrets", [[], [""], ["good", ""]])
def test_without_a_secret_nothing_is_sealed(secrets: list[str]) -> None:
    with pytest.raises(ValueError, match="need a secret"):
        Seal(secrets)


def test_over_https_the_cookie_belongs_to_this_host_alone() -> None:
    names = [Cookie(Seal(["s"]), "x", Person, life=HOUR, secure=secure).name for secure in (True, False)]
    assert names == ["__Host-x", "x"]
