"""A stored delivery becomes events of ours, or is set aside with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from app.github import webhook
from app.slack import payload
from app.store.deliveries import WebhookReceived
from app.store.delivery import OF_SLACK, Delivery
from checks.errors import Permanent
from checks.events import Event
from deploy.vocabulary import VERBS

log = structlog.get_logger()


class Deliveries(Protocol):
    async def get(self, guid: str) -> Delivery | None: ...


@dataclass(frozen=True, slots=True)
class Inbound:
    deliveries: Deliveries
    app_id: int


async def translate_delivery(event: WebhookReceived, inbound: Inbound) -> Sequence[Event]:
    delivery = await inbound.deliveries.get(event.delivery)
    if delivery is None:
        raise Permanent(f"delivery {event.delivery} is not stored any more")
    translated = _of_slack(delivery) if delivery.event == OF_SLACK else _of_github(delivery, inbound)
    if isinstance(translated, webhook.NotForUs | payload.NotForUs):
        log.info("not for us", delivery=delivery.guid, reason=translated.reason)
        return ()
    return translated


def _of_github(delivery: Delivery, inbound: Inbound) -> Sequence[Event] | webhook.NotForUs:
    at = delivery.received_at
    return webhook.translate(delivery.event, delivery.body, app_id=inbound.app_id, received_at=at)


def _of_slack(delivery: Delivery) -> Sequence[Event] | payload.NotForUs:
    at = delivery.received_at
    return payload.translate(delivery.action, delivery.body, delivery=delivery.guid, at=at, verbs=VERBS)
