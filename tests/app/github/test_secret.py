import copy
import pickle

import pytest

from app.github.secret import Secret
from checks.secrets import mask
from tests.app.github.endpoint import STATELESS, TOKEN


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret(TOKEN.format(1))
    assert (str(secret), repr(secret), f"{secret}", f"{[secret]}") == ("***", "Secret(***)", "***", "[Secret(***)]")
    assert secret.reveal() == TOKEN.format(1)


def test_secrets_are_equal_by_what_they_hide() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2


def test_a_secret_is_not_written_anywhere() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret("a"))
    with pytest.raises(TypeError):
        copy.copy(Secret("a"))


@pytest.mark.parametrize("form", [TOKEN, STATELESS])
def test_a_token_that_slips_into_a_text_is_masked_in_both_forms(form: str) -> None:
    assert mask(f"clone with {form.format(1)} failed") == "clone with *** failed"
