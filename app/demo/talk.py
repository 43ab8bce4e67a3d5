"""The demo's chat: a local Slack with the people of the demo in it, and one of them known by name on GitHub."""

from collections.abc import Mapping

from pydantic import SecretStr

from app.demo.github.server import LocalGitHub
from app.demo.scenario import NAMES, ORGANISATION, WRITER
from app.demo.slack.server import LocalSlack
from app.demo.stage import Stage
from app.routes import tasks_for
from app.store.events import EventLog
from app.store.links import StoredLinks
from deploy.speech import Person, Speaker

CHANNEL = "deploys"


def furnish(slack: LocalSlack) -> None:
    """The people of GitHub's organisation, and the channel that they hear in."""
    slack.add_workspace(ORGANISATION)
    for login, name in NAMES.items():
        slack.add_user(ORGANISATION, login, real_name=name)
    slack.add_channel(ORGANISATION, CHANNEL)


def speaking(slack: LocalSlack) -> Mapping[str, object]:
    """The settings, by the names of their fields, with which the App speaks there."""
    return {
        "slack_api_url": slack.api_url,
        "slack_bot_token": (SecretStr(slack.bot_token(ORGANISATION)),),
        "slack_signing_secret": SecretStr(slack.app.signing_secret),
        "slack_channel": f"#{CHANNEL}",
    }


async def introduce(slack: LocalSlack, on: Stage) -> None:
    """The App can be spoken to; and Ana has said before who she is on GitHub. Nobody else has."""
    slack.listen(f"{on.app.settings.public_url}/slack")
    links = links_of(on)
    code = await links.issue(_person(on.github, WRITER))
    await links.link(_speaker(slack, WRITER), code.text)


def links_of(on: Stage) -> StoredLinks:
    settings, log = on.app.settings, EventLog(tasks_for)
    return StoredLinks(on.app.database, log, public_url=settings.public_url, secrets=settings.webhook_secrets)


def _person(github: LocalGitHub, login: str) -> Person:
    return Person(id=github.account(login).id, login=login)


def _speaker(slack: LocalSlack, name: str) -> Speaker:
    workspace = slack.workspace(ORGANISATION)
    return Speaker(workspace=workspace.id, user=slack.user(ORGANISATION, name).id, name=name)
