"""Interlock as its owner registers it at the local GitHub: what its own manifest says, and where it listens."""

from yarl import URL

from app.demo.github.installing import Registration
from app.manifest import manifest


def registration(owner: str, app_url: str, *, public_key: str, webhook_secret: str) -> Registration:
    asked = manifest()
    return Registration(
        name=asked["name"],
        owner=owner,
        public_key=public_key,
        webhook_url=f"{app_url}/github",
        webhook_secret=webhook_secret,
        permissions=asked["default_permissions"],
        events=asked["default_events"],
        callback_urls=[f"{app_url}{URL(url).path}" for url in asked["callback_urls"]],
    )
