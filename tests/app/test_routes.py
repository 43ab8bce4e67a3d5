"""The table of contents: every event is heard by somebody or is meant for the log alone."""

from collections.abc import Iterator

from app.github.webhook import ROUTED
from app.manifest import manifest
from app.routes import CHECKS, DELIVERY, INBOUND, NEWS, NOTICES, tasks_for, tasks_with_channels
from app.store.deliveries import WebhookReceived
from checks import events
from checks.events import BuildFailed, BuildOutdated, BuildQueued, BuildSucceeded, ChangeIgnored, ChangeReceived, Event
from deploy import events as delivered
from tests.checks.tellings import pushed

FOR_THE_LOG_ALONE = {ChangeIgnored}
FAMILIES = {events.RepositoryEvent, events.InstallationEvent, events.BuildEvent}
COME_BY_THEMSELVES = {"installation", "installation_repositories"}


def _below(parent: type[Event]) -> Iterator[type[Event]]:
    for child in parent.__subclasses__():
        yield child
        yield from _below(child)


def test_every_event_is_heard_or_is_meant_for_the_log_alone() -> None:
    ours = {event for event in _below(Event) if event.__module__ == events.__name__} - FAMILIES

    assert ours - CHECKS.events() - NOTICES.events() == FOR_THE_LOG_ALONE
    assert CHECKS.events() <= ours
    assert INBOUND.events() == {WebhookReceived}


def test_every_event_of_delivery_is_heard_or_is_meant_for_the_log_alone() -> None:
    families: set[type[Event]] = {
        delivered.ArtifactEvent,
        delivered.CommandEvent,
        delivered.ConfigurationEvent,
        delivered.DeploymentEvent,
        delivered.HoldEvent,
        delivered.NoticeEvent,
        delivered.SpeakerEvent,
        delivered.SpeechEvent,
    }
    ours = {event for event in _below(Event) if event.__module__ == delivered.__name__} - families

    for_the_log_alone = {delivered.ArtifactAvailable, delivered.ArtifactRefused}
    for_the_log_alone |= {delivered.HandOffRefused, delivered.SpeakerLinked, delivered.SpeakerUnlinked}
    assert ours - DELIVERY.events() - NOTICES.events() == for_the_log_alone
    assert DELIVERY.events() <= ours | {BuildSucceeded, ChangeReceived}


def test_what_is_shown_never_holds_up_what_is_done() -> None:
    assert tasks_for(BuildQueued(build="b1")) == [
        ("checks.flow.start_build", "build:b1"),
        ("checks.flow.show_build", "check:b1"),
    ]
    assert tasks_for(BuildOutdated(build="b1", why="")) == [("checks.flow.cancel_build", "build:b1")]


def test_nothing_is_done_for_channels_where_there_are_none() -> None:
    event = BuildFailed(build="b1")
    assert tasks_for(event) == [("checks.flow.show_build", "check:b1")]
    assert tasks_with_channels(event) == [("checks.flow.show_build", "check:b1"), ("checks.flow.tell_build", "told:b1")]
    assert NEWS.events() <= CHECKS.events()


def test_what_github_tells_of_a_repository_is_taken_in_its_order() -> None:
    assert tasks_for(WebhookReceived(delivery="guid", lane="repository:42")) == [
        ("app.intake.translate_delivery", "webhook:repository:42")
    ]
    assert tasks_for(pushed("a")) == [
        ("checks.flow.receive_change", "repository:42"),
        ("deploy.flow.configure.configure", "configuration:42"),
    ]
    assert ChangeReceived in CHECKS.events()


def test_the_manifest_asks_for_exactly_the_webhooks_that_are_routed() -> None:
    assert sorted(manifest()["default_events"]) == sorted(set(ROUTED) - COME_BY_THEMSELVES)
