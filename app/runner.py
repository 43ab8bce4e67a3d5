"""The runner that the settings ask for, with what it may use of GitHub and AWS."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from app.aws.session import Session
from app.github.archive import Archives
from app.github.client import Client
from app.github.repository import clones_from
from app.metrics import count_github_request
from app.retention import Leftovers
from app.settings import Settings, SettingsError, aws_variables
from checks.build import Architecture
from checks.errors import Permanent
from checks.ports import Order, Runner
from checks.runners import post_build
from checks.runners.codebuild import CodeBuildRunner, Place, Sources
from checks.runners.local import LocalRunner
from checks.runners.local.process import hide_memory


class KeepingRunner(Runner, Leftovers, Protocol):
    """A runner that can be told to forget."""


LOCAL_TICK = 0.25
"""Seconds between two looks at the builds of this machine; a look reads a few small files."""


def runner_for(settings: Settings, client: Client, aws: Session) -> tuple[KeepingRunner, float]:
    """The runner, and the seconds between two looks at its builds."""
    if settings.runner == "codebuild":
        _check(aws)
        return codebuild_runner(settings, client, aws), settings.codebuild_poll_seconds
    return local_runner(settings, client), LOCAL_TICK


def _check(aws: Session) -> None:
    try:
        aws.check()
    except ValueError as error:
        raise SettingsError(str(error)) from None


def codebuild_runner(settings: Settings, client: Client, aws: Session) -> CodeBuildRunner:
    archives = Archives(settings.github_api_url, client.tokens, count_github_request)

    async def archive(order: Order, into: Path) -> None:
        await archives.fetch(order.repository, order.sha, into)

    images = {
        Architecture.X86_64: settings.codebuild_image_x86_64,
        Architecture.AARCH64: settings.codebuild_image_aarch64,
    }
    place = Place(
        project=settings.codebuild_project,
        project_aarch64=settings.codebuild_project_aarch64,
        images={architecture: image for architecture, image in images.items() if image},
        compute_type=settings.codebuild_compute_type,
        untrusted_role=settings.codebuild_untrusted_role or "",
        untrusted_log_group=settings.codebuild_untrusted_log_group,
    )
    sources = Sources(
        how=settings.codebuild_source,
        bucket=settings.codebuild_source_bucket,
        archive=archive,
        # What a build gets for the queue and the download has to last: a token that is at hand may be nearly over.
        token_for=token_for(settings, client, always_new=True),
    )
    variables = post_build.variables(f"{settings.public_url}/post_build.sh", settings.prx_value_format)
    return CodeBuildRunner(settings.home, clients=aws, place=place, source=sources, variables=variables)


def local_runner(settings: Settings, client: Client) -> LocalRunner:
    """Its builds run as our own user, so the App's key and secrets are hidden from them."""
    hide_memory()
    aws = aws_variables(os.environ)
    return LocalRunner(
        settings.home,
        token_for=token_for(settings, client, always_new=False),
        places=settings.concurrency,
        aws=aws,
        value_format=settings.prx_value_format,
        depot=settings.local_depot,
    )


def token_for(settings: Settings, client: Client, *, always_new: bool) -> Callable[[Order], Awaitable[str]]:
    """Gives tokens that read the order's repository alone."""

    async def give(order: Order) -> str:
        if not clones_from(order.repository.clone_url, settings.github_api_url):
            raise Permanent(f"{order.repository.full_name} is cloned from elsewhere than GITHUB_API_URL says")
        # A run may have been lost because its token was not accepted: the next one gets another.
        return (await client.tokens.scoped(order.repository, renewed=always_new or order.lost > 0)).secret.reveal()

    return give
