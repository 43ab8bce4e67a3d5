"""The runner that the settings ask for, with what it may use of GitHub and AWS."""

import os
from typing import Protocol

from app.aws.session import Session
from app.github.client import Client
from app.github.repository import clones_from
from app.retention import Leftovers
from app.settings import Settings, aws_variables
from checks.errors import Permanent
from checks.ports import Order, Runner
from checks.runners.local import LocalRunner
from checks.runners.local.process import hide_memory


class KeepingRunner(Runner, Leftovers, Protocol):
    """A runner that can be told to forget."""


LOCAL_TICK = 0.25
"""Seconds between two looks at the builds of this machine; a look reads a few small files."""

CODEBUILD_TICK = 30.0
"""CodeBuild tells most by itself; a look asks for up to a hundred builds at once."""


def runner_for(settings: Settings, client: Client, aws: Session) -> tuple[KeepingRunner, float]:
    """The runner, and the seconds between two looks at its builds."""
    return local_runner(settings, client), LOCAL_TICK


def local_runner(settings: Settings, client: Client) -> LocalRunner:
    """Its builds run as our own user, so the App's key and secrets are hidden from them."""
    hide_memory()

    async def token_for(order: Order) -> str:
        if not clones_from(order.repository.clone_url, settings.github_api_url):
            raise Permanent(f"{order.repository.full_name} is cloned from elsewhere than GITHUB_API_URL says")
        # A run may have been lost because its token was not accepted: the next one gets another.
        return (await client.tokens.scoped(order.repository, renewed=order.lost > 0)).secret.reveal()

    aws = aws_variables(os.environ)
    return LocalRunner(settings.home, token_for=token_for, places=settings.concurrency, aws=aws)
