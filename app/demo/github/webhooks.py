"""Webhooks leave: signed, one after the other, and never again by themselves."""

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid1

import aiohttp

from app.demo.github.account import Account, Organisation
from app.demo.github.delivery import Delivery
from app.demo.github.documents.account import account, organisation
from app.demo.github.documents.fields import Json, node_id
from app.demo.github.documents.repository import repository
from app.demo.github.faults import Faults
from app.demo.github.installation import App, Installation
from app.demo.github.model import Model
from app.demo.github.refusal import not_found
from app.demo.github.repository import Repository

TIMEOUT = 10.0
LARGEST = 25 * 1024 * 1024
REMEMBERED = timedelta(days=3)
# Sent to every App that may write checks, whatever it subscribed to.
OF_CHECKS = {"check_run", "check_suite"}


def signature(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _subscribed(app: App, event: str) -> bool:
    return event in app.events or (event in OF_CHECKS and app.permissions.get("checks") == "write")


def _oldest(waiting: Sequence[Delivery]) -> Delivery:
    return waiting[0]


class Webhooks(Model):
    """The queue and the log of deliveries.

    `choose` picks the next one to leave, the oldest by default; a test may shuffle with it. `timeout` is how many
    seconds an App has to answer.
    """

    def __init__(self, directory: Path, **options: Any) -> None:
        super().__init__(directory, **options)
        self.faults = Faults()
        self.choose: Callable[[Sequence[Delivery]], Delivery] = _oldest
        self.timeout = TIMEOUT
        self._waiting: list[Delivery] = []
        self._changed = asyncio.Condition()
        self._open = asyncio.Event()
        self._open.set()
        self._busy = False
        self._sender: asyncio.Task[None] | None = None

    async def start_webhooks(self) -> None:
        self._sender = asyncio.create_task(self._send_all(), name="local GitHub's webhooks")

    async def stop_webhooks(self) -> None:
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)

    def hold_webhooks(self) -> None:
        """Nothing leaves until `release_webhooks`; what happens meanwhile waits together."""
        self._open.clear()

    def release_webhooks(self) -> None:
        self._open.set()

    async def settled(self) -> None:
        """Returns once no webhook waits or is under way."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._waiting and not self._busy)

    async def emit(self, event: str, body: Json, sender: Account, about: Repository, app: App | None = None) -> None:
        """To every App that is installed on the repository and subscribed, or to `app` alone."""
        guid = str(uuid1())
        for each in self.apps.values():
            if app not in {None, each} or not _subscribed(each, event):
                continue
            installation = self.installation_on(about, each)
            if installation is None or installation.suspended_at is not None:
                continue
            message = body | {
                "repository": {**repository(self, about), **body.get("repository", {})},
                "sender": account(self, sender),
                "installation": {"id": installation.id, "node_id": node_id("Installation", installation.id)},
            }
            if isinstance(about.owner, Organisation):
                message["organization"] = organisation(self, about.owner)
            await self.send(event, message, each, installation=installation, about=about, guid=guid)

    async def send(
        self,
        event: str,
        body: Json,
        app: App,
        *,
        installation: Installation | None = None,
        about: Repository | None = None,
        guid: str = "",
    ) -> None:
        """Queue one webhook as it is. What is too large is not delivered, and not logged either, as on GitHub."""
        raw = json.dumps(body, separators=(",", ":")).encode()
        if len(raw) > LARGEST:
            return
        guid = guid or str(uuid1())
        await self._queue(
            Delivery(
                id=self.next_id(),
                guid=guid,
                app=app,
                event=event,
                action=body.get("action"),
                installation=None if installation is None else installation.id,
                repository=None if about is None else about.id,
                headers=_headers(app, event, guid, raw),
                body=raw,
                delivered_at=self.clock(),
            )
        )

    def delivery_log(self, app: App) -> Sequence[Delivery]:
        """Attempts of the last three days that have ended, the newest first; GitHub knows no older ones."""
        oldest = self.clock() - REMEMBERED
        found = [d for d in self.deliveries if d.app is app and d.status is not None and d.delivered_at > oldest]
        return sorted(found, key=lambda each: each.id, reverse=True)

    async def redeliver(self, guid: str) -> Delivery:
        """The newest attempt once more, under the same GUID and with the same bytes."""
        found = next((each for each in reversed(self.deliveries) if each.guid == guid), None)
        if found is None:
            raise not_found()
        again = self._attempt_after(found, redelivery=True)
        await self._queue(again)
        return again

    def _attempt_after(self, old: Delivery, *, redelivery: bool) -> Delivery:
        return replace(
            old,
            id=self.next_id(),
            redelivery=redelivery,
            delivered_at=self.clock(),
            duration=0.0,
            status=None,
            status_code=0,
            response_headers={},
            response_body="",
        )

    async def _queue(self, delivery: Delivery) -> None:
        async with self._changed:
            self._waiting.append(delivery)
            self._changed.notify_all()

    async def _send_all(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:
            while True:
                async with self._changed:
                    await self._changed.wait_for(lambda: bool(self._waiting))
                await self._open.wait()
                delivery = self.choose(tuple(self._waiting))
                self._waiting.remove(delivery)
                self._busy = True
                try:
                    await self._attempt(session, delivery)
                finally:
                    self._busy = False
                    async with self._changed:
                        self._changed.notify_all()

    async def _attempt(self, session: aiohttp.ClientSession, delivery: Delivery) -> None:
        attempts = self.faults.attempts(delivery)
        if attempts is None:
            return
        self.deliveries.append(delivery)
        if attempts == 0:
            delivery.status, delivery.status_code = "failed to connect to host", 502
            return
        await self._post(session, delivery)
        if attempts > 1:
            twin = self._attempt_after(delivery, redelivery=False)
            self.deliveries.append(twin)
            await self._post(session, twin)

    async def _post(self, session: aiohttp.ClientSession, delivery: Delivery) -> None:
        delivery.delivered_at = self.clock()
        began = time.monotonic()
        try:
            async with asyncio.timeout(self.timeout):
                url = delivery.app.webhook_url
                async with session.post(
                    url, data=delivery.body, headers=delivery.headers, allow_redirects=False
                ) as answer:
                    text = (await answer.content.read(64 * 1024)).decode(errors="replace")
        except TimeoutError:
            delivery.status, delivery.status_code = "timed out", 504
        except (aiohttp.ClientError, OSError):
            delivery.status, delivery.status_code = "failed to connect to host", 502
        else:
            delivery.status_code = answer.status
            delivery.status = "OK" if answer.status in range(200, 300) else f"Invalid HTTP Response: {answer.status}"
            delivery.response_headers, delivery.response_body = dict(answer.headers), text
        delivery.duration = round(time.monotonic() - began, 2)


def _headers(app: App, event: str, guid: str, body: bytes) -> dict[str, str]:
    return {
        "Accept": "*/*",
        "Content-Type": "application/json",
        "User-Agent": f"GitHub-Hookshot/{secrets.token_hex(4)[:7]}",
        "X-GitHub-Delivery": guid,
        "X-GitHub-Event": event,
        "X-GitHub-Hook-ID": str(app.hook_id),
        "X-GitHub-Hook-Installation-Target-ID": str(app.id),
        "X-GitHub-Hook-Installation-Target-Type": "integration",
        "X-Hub-Signature": "sha1=" + hmac.new(app.webhook_secret.encode(), body, "sha1").hexdigest(),
        "X-Hub-Signature-256": signature(app.webhook_secret, body),
    }
