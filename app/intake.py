"""A stored delivery becomes events of ours, or is set aside with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from app.github.webhook import NotForUs, translate
from app.store.deliveries import WebhookReceived
from app.store.delivery import Delivery
from checks.errors import Permanent
from checks.events import Event

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
    translated = translate(delivery.event, delivery.body, app_id=inbound.app_id, received_at=delivery.received_at)
    if isinstance(translated, NotForUs):
        log.info("not for us", delivery=delivery.guid, reason=translated.reason)
        return ()
    return translated
