"""The manifest that people paste into Slack asks for what the App hears and does, as the local Slack grants it."""

from pathlib import Path
from typing import Any

import yaml

from app.demo.slack.server import LocalSlack
from app.demo.slack.workspace import SCOPES
from app.slack.hearing import LIFECYCLE

MANIFEST: dict[str, Any] = yaml.safe_load((Path(__file__).parents[3] / "slack.yml").read_text())


def test_the_manifest_has_the_commands_that_are_heard() -> None:
    commands = [each["command"] for each in MANIFEST["features"]["slash_commands"]]
    assert sorted(commands) == sorted(LocalSlack().app.commands)


def test_the_manifest_subscribes_to_the_events_that_are_heard() -> None:
    assert set(MANIFEST["settings"]["event_subscriptions"]["bot_events"]) == LIFECYCLE


def test_the_manifest_asks_for_no_more_than_the_local_slack_grants() -> None:
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) - set(SCOPES) == set()


def test_everything_leads_to_one_door() -> None:
    settings = MANIFEST["settings"]
    urls = {each["url"] for each in MANIFEST["features"]["slash_commands"]}
    urls |= {settings[part]["request_url"] for part in ("event_subscriptions", "interactivity")}
    assert urls == {"https://interlock.example.org/slack"}
