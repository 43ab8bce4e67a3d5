"""The tokens that runners hand on to builds."""

import pytest

from app.github.client import Client
from app.runner import token_for
from app.settings import read
from tests.app.github.endpoint import Endpoint
from tests.checks.runners.aws_town import order


@pytest.mark.parametrize(("always_new", "lost", "made"), [(False, 0, 1), (False, 1, 2), (True, 0, 2)])
async def test_what_waits_in_a_queue_or_was_lost_gets_another_token(
    client: Client, endpoint: Endpoint, pem: str, always_new: bool, lost: int, made: int
) -> None:
    settings = read(
        {"GITHUB_APP_ID": "1", "GITHUB_PRIVATE_KEY": pem, "GITHUB_WEBHOOK_SECRET": "s", "GITHUB_API_URL": endpoint.url}
    )
    give = token_for(settings, client, always_new=always_new)
    tokens = {await give(order(lost=each, clone_url=f"{endpoint.url}/acme/web.git")) for each in (0, lost)}
    assert (len(tokens), len(endpoint.asked)) == (made, made)
