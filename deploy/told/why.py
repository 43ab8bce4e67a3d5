"""Why something is where it is, with the buttons of those who can decide it."""

from msgspec.structs import replace

from checks.message import Button, Line, Message, Tone
from deploy.command import Verb
from deploy.deployment import Deployment, State
from deploy.meaning import Sense
from deploy.spoken import Call
from deploy.told.button import button
from deploy.told.line import TROUBLE, cut_lines, written
from deploy.why import Cause, Reason, Why


def why(found: Why, sense: Sense, deployment: Deployment | None) -> Message:
    """Everything that stands in its way; who can decide it, may do so at once."""
    buttons = _decisions(sense, deployment) if deployment else ()
    reasons = [each for each in found.reasons if each.cause is not Cause.LIVE]
    lines: list[Line] = [(f"• {written(_reason(each, decides=bool(buttons)))}",) for each in reasons]
    if found.present:
        lines.append((f"{found.present}.",))
    return Message(
        tone=_tone_of(found),
        head=(written(found.title),),
        lines=cut_lines(lines),
        buttons=buttons,
    )


def _reason(reason: Reason, *, decides: bool) -> str:
    """Buttons say by themselves that somebody can decide here."""
    return (replace(reason, next="") if decides and reason.next.startswith("approve or reject") else reason).sentence


def _tone_of(found: Why) -> Tone:
    if found.state == State.LIVE:
        return Tone.GOOD
    if found.state in TROUBLE:
        return Tone.BAD
    return Tone.WAITS if found.waits else Tone.MOVES


def _decisions(sense: Sense, deployment: Deployment) -> tuple[Button, ...]:
    asked = any(each.asks_people and not each.state.lets_pass for each in deployment.results)
    if sense.service is None or not deployment.state.is_waiting or not asked:
        return ()
    approve = Call(
        verb=Verb.APPROVE,
        repository=sense.repository.full_name,
        service=deployment.service,
        environment=deployment.environment.name,
        version=deployment.version.id,
    )
    return tuple(
        replace(button(replace(approve, verb=verb), version=deployment.version.name), label=verb.capitalize())
        for verb in (Verb.APPROVE, Verb.REJECT)
    )
