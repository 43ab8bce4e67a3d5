"""Event → handlers: the table of contents of the system."""

from collections.abc import Sequence

from app import intake
from app.intake import Inbound
from app.routing import Routes
from app.store.deliveries import WebhookReceived
from checks import flow
from checks.events import (
    AnnotationsLeft,
    BranchPushed,
    BuildApproved,
    BuildCancelled,
    BuildDelayed,
    BuildDue,
    BuildErrored,
    BuildEvent,
    BuildFailed,
    BuildHeld,
    BuildOutdated,
    BuildProgressed,
    BuildQueued,
    BuildRefused,
    BuildReported,
    BuildSkipped,
    BuildStarted,
    BuildSucceeded,
    BuildsUnwanted,
    BuildTimedOut,
    ButtonPressed,
    ButtonRefused,
    ChangeReceived,
    Event,
    InstallationEvent,
    InstallationGained,
    InstallationLost,
    MergeGroupDestroyed,
    NewsTold,
    PullRequestClosed,
    RepositoryChanged,
    RepositoryLost,
    RerunOfAllRequested,
    RunNoticed,
)
from checks.ports import CI
from deploy.events import (
    AnswerDue,
    ArtifactDue,
    ArtifactExported,
    ArtifactPublished,
    CommandEvent,
    CommandGiven,
    CommandObeyed,
    CommandRefused,
    CommentDue,
    ConfigurationEvent,
    ConfigurationRead,
    ConfigurationRefused,
    DeliveryButtonPressed,
    DeliveryCheckDue,
    DeploymentDue,
    DeploymentEvent,
    DeploymentMoved,
    DeploymentReady,
    DeploymentRequested,
    HoldEnded,
    HoldEvent,
    HoldPlaced,
    NoticeDue,
    NoticeEvent,
    RemarkDue,
    StatusTold,
    VersionDue,
    VersionRegistered,
    WordsSaid,
)
from deploy.flow import (
    configure,
    gate,
    hear,
    notify,
    obey,
    outside,
    pins,
    propose,
    publish,
    release,
    show,
    take_back,
    tell,
    trace,
)
from deploy.ports import CD


def _subject(event: Event) -> str:
    return event.subject


def _build(event: BuildEvent) -> str:
    """Every move of a build happens in its own lane."""
    return f"build:{event.build}"


def _check(event: BuildEvent) -> str:
    """A slow GitHub holds up what is shown of a build, not the build."""
    return f"check:{event.build}"


def _exports(event: BuildEvent) -> str:
    return f"exports:{event.build}"


def _commit(event: VersionDue) -> str:
    return f"commit:{event.repository}:{event.sha}"


def _deployment(event: DeploymentEvent) -> str:
    """What stands before and after a deployment is asked in its own lane."""
    return f"deployment:{event.deployment}"


def _place(event: DeploymentReady) -> str:
    """An environment moves one step at a time. What somebody commanded waits behind nothing that tries again."""
    return f"command:{event.place}" if event.commanded else f"environment:{event.place}"


def _command(event: CommandGiven) -> str:
    return f"commands:{event.given.repository}"


def _status(event: StatusTold) -> str:
    return f"deployment:{event.heard.token}"


def _announcement(event: DeploymentEvent) -> str:
    return f"announcement:{event.deployment}"


def _region(event: ArtifactDue) -> str:
    """A region that is out of reach holds up no other."""
    return f"artifact:{event.artifact}:{event.region}"


def _configuration(event: ChangeReceived) -> str:
    """The newest word counts, so they are heard in order."""
    return f"configuration:{event.change.repository.id}"


def _check_of_delivery(event: DeploymentMoved | DeliveryCheckDue) -> str:
    """One showing of a commit at a time; a slow GitHub holds up no deployment."""
    return f"delivery-check:{event.repository}:{event.sha}"


def _check_of_configuration(event: ConfigurationEvent) -> str:
    return f"configuration-check:{event.repository}"


def _button(event: DeliveryButtonPressed) -> str:
    return f"commands:{event.repository}"


def _near(event: DeploymentMoved) -> str:
    return f"neighbours:{event.place}"


def _held(event: HoldEvent) -> str:
    return f"held:{event.scope}"


def _answer(event: CommandEvent) -> str:
    return f"answer:{event.command}"


def _speaker(event: WordsSaid) -> str:
    """What somebody says is heard in the order in which they say it."""
    return f"speech:{event.said.speaker.workspace}:{event.said.speaker.user}"


def _told(event: CommandEvent) -> str:
    return f"told:{event.command}"


def _said(event: AnswerDue) -> str:
    return f"answer:{event.speech}"


def _trace(event: DeploymentMoved) -> str:
    return f"trace:{event.place}"


def _comment(event: CommentDue) -> str:
    """What is said later is later on the pull request, too."""
    return f"comment:{event.repository}:{event.pull_request}"


def _give_way(event: DeploymentRequested) -> str:
    return f"queue:{event.place}"


def _told_of_build(event: BuildEvent) -> str:
    return f"told:{event.build}"


def _told_of_place(event: DeploymentMoved) -> str:
    return f"told:{event.place}"


def _told_of_hold(event: HoldEvent) -> str:
    return f"told:{event.scope}"


def _news(event: NewsTold) -> str:
    """What is broken is told before it is mended."""
    return f"news:{event.news.repository}"


def _channel(event: NoticeEvent) -> str:
    """In the order in which it happened, and a channel that is out of reach holds up no other."""
    return f"channel:{event.channel.workspace}:{event.channel.name}"


def _installation(event: InstallationEvent) -> str:
    return f"installation:{event.installation}"


def _lane(event: WebhookReceived) -> str:
    return f"webhook:{event.lane}"


INBOUND: Routes[Inbound] = Routes[Inbound]().on(WebhookReceived, intake.translate_delivery, key=_lane)

CHECKS: Routes[CI] = (
    Routes[CI]()
    .on(InstallationGained, flow.gain_installation, key=_installation)
    .on(InstallationLost, flow.lose_installation, key=_installation)
    .on(RepositoryChanged, flow.change_repository, key=_subject)
    .on(RepositoryLost, flow.lose_repository, key=_subject)
    .on(ChangeReceived, flow.receive_change, key=_subject)
    .on(BranchPushed, flow.note_branch, key=_subject)
    .on(PullRequestClosed, flow.close_pull_request, key=_subject)
    .on(MergeGroupDestroyed, flow.destroy_merge_group, key=_subject)
    .on(RerunOfAllRequested, flow.rerun_all, key=_subject)
    .on(BuildsUnwanted, flow.cancel_all, key=_subject)
    .on(BuildQueued, flow.start_build, key=_build)
    .on(BuildApproved, flow.start_build, key=_build)
    .on(BuildDue, flow.start_build, key=_build)
    .on(RunNoticed, flow.hear_notice, key=_build)
    .on(BuildReported, flow.record_report, key=_build)
    .on(BuildOutdated, flow.cancel_build, key=_build)
    .on(ButtonPressed, flow.press_button, key=_build)
    .on(BuildHeld, flow.show_build, key=_check)
    .on(BuildSkipped, flow.show_build, key=_check)
    .on(BuildRefused, flow.show_build, key=_check)
    .on(BuildQueued, flow.show_build, key=_check)
    .on(BuildApproved, flow.show_build, key=_check)
    .on(BuildDelayed, flow.show_build, key=_check)
    .on(BuildStarted, flow.show_build, key=_check)
    .on(BuildProgressed, flow.show_build, key=_check)
    .on(BuildSucceeded, flow.show_build, key=_check)
    .on(BuildFailed, flow.show_build, key=_check)
    .on(BuildTimedOut, flow.show_build, key=_check)
    .on(BuildErrored, flow.show_build, key=_check)
    .on(BuildCancelled, flow.show_build, key=_check)
    .on(ButtonRefused, flow.show_build, key=_check)
    .on(AnnotationsLeft, flow.annotate_build, key=_check)
)

DELIVERY: Routes[CD] = (
    Routes[CD]()
    .on(ChangeReceived, configure.configure, key=_configuration)
    .on(BuildSucceeded, publish.hear_exports, key=_exports)
    .on(ArtifactExported, publish.publish_artifact, key=_exports)
    .on(ArtifactPublished, publish.spread_artifact, key=_subject)
    .on(ArtifactDue, publish.bring_artifact, key=_region)
    .on(VersionDue, publish.register_version, key=_commit)
    .on(VersionRegistered, propose.propose, key=_subject)
    .on(DeploymentRequested, gate.begin, key=_deployment)
    .on(DeploymentRequested, gate.give_way, key=_give_way)
    .on(DeploymentDue, gate.look_again, key=_deployment)
    .on(DeploymentReady, release.release, key=_place)
    .on(DeploymentMoved, gate.verify, key=_deployment)
    .on(DeploymentMoved, gate.wake_next, key=_subject)
    .on(DeploymentMoved, take_back.protect, key=_subject)
    .on(DeploymentMoved, pins.lift_pins, key=_subject)
    .on(DeploymentMoved, propose.propose_next, key=_subject)
    .on(DeploymentMoved, tell.announce, key=_announcement)
    .on(StatusTold, outside.hear_status, key=_status)
    .on(CommandGiven, obey.obey, key=_command)
    .on(HoldEnded, gate.wake_held, key=_subject)
    .on(DeploymentMoved, show.show_delivery, key=_check_of_delivery)
    .on(DeliveryCheckDue, show.show_delivery, key=_check_of_delivery)
    .on(DeploymentMoved, show.show_neighbours, key=_near)
    .on(HoldPlaced, show.show_held, key=_held)
    .on(HoldEnded, show.show_held, key=_held)
    .on(DeliveryButtonPressed, show.press_button, key=_button)
    .on(CommandObeyed, show.show_obeyed, key=_answer)
    .on(CommandRefused, show.answer, key=_answer)
    .on(ConfigurationRefused, show.show_refused, key=_check_of_configuration)
    .on(ConfigurationRead, show.show_mended, key=_check_of_configuration)
    .on(DeploymentMoved, trace.find_pull_requests, key=_trace)
    .on(CommentDue, trace.comment, key=_comment)
    .on(WordsSaid, hear.hear, key=_speaker)
    .on(CommandObeyed, hear.tell_obeyed, key=_told)
    .on(CommandRefused, hear.tell_obeyed, key=_told)
    .on(AnswerDue, hear.answer, key=_said)
)

NEWS: Routes[CI] = (
    Routes[CI]()
    .on(BuildStarted, flow.tell_build, key=_told_of_build)
    .on(BuildRefused, flow.tell_build, key=_told_of_build)
    .on(BuildSucceeded, flow.tell_build, key=_told_of_build)
    .on(BuildFailed, flow.tell_build, key=_told_of_build)
    .on(BuildTimedOut, flow.tell_build, key=_told_of_build)
    .on(BuildErrored, flow.tell_build, key=_told_of_build)
    .on(BuildCancelled, flow.tell_build, key=_told_of_build)
)

NOTICES: Routes[CD] = (
    Routes[CD]()
    .on(DeploymentMoved, notify.tell_deployment, key=_told_of_place)
    .on(HoldPlaced, notify.tell_hold, key=_told_of_hold)
    .on(HoldEnded, notify.tell_hold, key=_told_of_hold)
    .on(NewsTold, notify.hear_news, key=_news)
    .on(NoticeDue, notify.show_notice, key=_channel)
    .on(RemarkDue, notify.show_remark, key=_channel)
)
"""What channels hear. Where there are none, nobody asks."""


def tasks_for(event: Event) -> Sequence[tuple[str, str]]:
    """The (handler, key) of every task that an event brings."""
    return [*INBOUND.tasks_for(event), *CHECKS.tasks_for(event), *DELIVERY.tasks_for(event)]


def tasks_with_channels(event: Event) -> Sequence[tuple[str, str]]:
    """The same where somebody hears of it in a channel."""
    return [*tasks_for(event), *NEWS.tasks_for(event), *NOTICES.tasks_for(event)]
