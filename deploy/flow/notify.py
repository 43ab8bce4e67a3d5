"""People hear of builds, deployments and holds in their channels: of trouble and of its end once, else as they like."""

from collections.abc import Sequence

from msgspec.structs import replace

from checks.events import Event, NewsTold
from checks.message import Line
from checks.news import News
from checks.repository import Repository
from deploy.channel import Channel
from deploy.deployment import Deployment, State
from deploy.deployment_news import deployment_news
from deploy.events import DeploymentMoved, HoldEnded, HoldPlaced, NoticeDue, RemarkDue
from deploy.flow.gate import held_by
from deploy.flow.trace import version_before
from deploy.headline import Facts
from deploy.hold_news import hold_news
from deploy.matter import Matter, Turn
from deploy.notice import MOST_REMARKS, How, Notice, ending, how, told
from deploy.pipeline import Environment, Level, Notify
from deploy.ports import CD

BRIEF = frozenset({State.REQUESTED, State.READY})
"""Nobody has to hear of what is over within a moment; if it lasts, the next move tells why."""


# --- what happened becomes news ----------------------------------------------------------------


async def tell_deployment(event: DeploymentMoved, cd: CD) -> Sequence[Event]:
    """How a deployment stood when it moved, with what would come, or has come, with it."""
    deployment = await cd.deployments.get(event.deployment)
    was = replace(deployment, state=State(event.state), why=event.why)
    if was.state in BRIEF and not was.decisions:
        return ()
    repository = await cd.repositories.get(event.repository)
    return [NewsTold(news=deployment_news(await _facts(was, repository, cd)))]


async def tell_hold(event: HoldPlaced | HoldEnded, cd: CD) -> Sequence[Event]:
    """Pins that Interlock sets itself are told by the deployment that they follow."""
    hold = await cd.holds.get(event.hold)
    number, _, below = hold.scope.partition("/")
    if hold.bad or not number:
        return ()
    repository = await cd.repositories.get(int(number))
    production = any(each.production for each in await _covered(int(number), below, cd))
    others = [each for each in await cd.holds.covering(hold.scope) if each.id != hold.id and each.is_active(cd.now)]
    still = others[0] if others else None
    return [NewsTold(news=hold_news(hold, repository, production=production, now=cd.now, still=still))]


# --- news finds its channel --------------------------------------------------------------------


async def hear_news(event: NewsTold, cd: CD) -> Sequence[Event]:
    """What has a message is told there; what has none gets one if it weighs enough for the channel."""
    news = event.news
    repository = await cd.repositories.get(news.repository)
    notify = await _notify(news, cd)
    channel = await cd.channels.channel_for(repository, notify.channel)
    if channel is None:
        return ()
    before = await cd.matters.get(news.matter) if news.matter else Matter(name="")
    after, turn = before.hear(news)
    if after != before:
        cd.matters.save(after)
    message, known = told(news, turn, before), await cd.notices.get(news.subject)
    opened = await _opened(before, channel, cd)
    ended = _ended(news, before, opened, cd) if turn is Turn.MENDED else []
    if known and known.channel.workspace != channel.workspace:
        return ()  # who saw it there sees the repository no more
    if known:
        return [*ended, *_remarked(replace(known, message=message), news.remark, cd)]
    match how(news, turn, notify.level or Level.NORMAL):
        case How.THREAD if opened and len(opened.remarks) >= MOST_REMARKS:
            return ()  # others are to be heard in this channel too
        case How.THREAD if opened:
            return _remarked(opened, (f"{message.tone} ", *message.head), cd)
        case How.MESSAGE | How.THREAD:
            cd.notices.save(Notice(subject=news.subject, channel=channel, message=message, since=cd.now))
            return [*ended, NoticeDue(notice=news.subject, channel=channel)]
        case How.NOT:
            return ended


async def _opened(matter: Matter, channel: Channel, cd: CD) -> Notice | None:
    """The message that told of the trouble first, where the repository may be seen still."""
    notice = await cd.notices.get(matter.opened) if matter.opened else None
    return notice if notice and notice.channel.workspace == channel.workspace else None


def _ended(news: News, before: Matter, opened: Notice | None, cd: CD) -> Sequence[Event]:
    """The message that told of the trouble first says that it is over: before another does, as it may come only now."""
    if opened is None or opened.subject == news.subject:
        return ()
    line = ending(news, before)
    return _remarked(replace(opened, ending=line), line, cd)


def _remarked(notice: Notice, line: Line, cd: CD) -> Sequence[Event]:
    """The notice as it is to be now, and the line in its thread, once."""
    remarked = notice.remarked(line) if line else None
    cd.notices.save(remarked or notice)
    due: list[Event] = [NoticeDue(notice=notice.subject, channel=notice.channel)]
    if remarked:
        due.append(RemarkDue(notice=notice.subject, channel=notice.channel, remark=cd.new_id(), line=line))
    return due


# --- the channel shows it ----------------------------------------------------------------------


async def show_notice(event: NoticeDue, cd: CD) -> Sequence[Event]:
    """The message says what is known now, whatever it was to say when this was due."""
    notice = await cd.notices.get(event.notice)
    known = await cd.notices.posted(event.notice)
    if notice is None or (known and known.digest == notice.seen.digest):
        return ()
    channel, seen, since = notice.channel, notice.seen, notice.since
    there = await cd.channels.show(channel, notice.subject, seen, known, repeated=cd.repeated, since=since)
    if there and there != known:
        cd.notices.save_posted(event.notice, there)
    return ()


async def show_remark(event: RemarkDue, cd: CD) -> Sequence[Event]:
    """A line in the thread of a message that is there."""
    there = await cd.notices.posted(event.notice)
    if there:
        await cd.channels.remark(there, event.remark, event.line, repeated=cd.repeated)
    return ()


# --- steps of the story ------------------------------------------------------------------------


async def _facts(deployment: Deployment, repository: Repository, cd: CD) -> Facts:
    before = await version_before(deployment, cd)
    here = await cd.deployments.place(deployment.place)
    present, good = here.present, here.good_before
    sha = deployment.version.sha
    coming = await cd.ancestry.between(repository, before.sha, sha) if before else ()
    leaving = await cd.ancestry.between(repository, sha, before.sha) if before and not coming else ()
    return Facts(
        deployment=deployment,
        repository=repository,
        before=before,
        coming=coming,
        leaving=leaving,
        hold=await held_by(deployment, cd) if deployment.state is State.GATED else None,
        good=good.version if good and present and present.id == deployment.id else None,
        now=cd.now,
    )


async def _notify(news: News, cd: CD) -> Notify:
    """The environment's word, then the repository's."""
    configuration = await cd.configurations.get(news.repository)
    if configuration is None:
        return Notify()
    service = configuration.service(news.service)
    environment = service.environment(news.environment) if service else None
    return environment.notify.over(configuration.notify) if environment else configuration.notify


async def _covered(repository: int, below: str, cd: CD) -> Sequence[Environment]:
    """The environments that a hold of this scope keeps from moving."""
    configuration = await cd.configurations.get(repository)
    service, _, name = below.partition("/")
    return [
        environment
        for each in (configuration.services if configuration else ())
        if not service or each.name == service
        for environment in each.environments
        if not name or environment.name == name
    ]
