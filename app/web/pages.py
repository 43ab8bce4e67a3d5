"""How a page is made: templates that escape, files that come from here alone, headers that allow nothing else."""

from datetime import UTC, datetime
from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from checks.change import short
from checks.duration import MINUTE, human

HERE = Path(__file__).parent

SECURITY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # What a private repository's build is called is no other site's matter; a form still says where it comes from.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}


class Pages:
    """Templates and static files of the App, and before them those of `folders`."""

    def __init__(self, *folders: Path) -> None:
        self._files = {
            file.name: file.read_bytes()
            for folder in (HERE, *folders)
            for file in sorted((folder / "static").iterdir())
            if file.is_file()
        }
        self._digests = {name: sha256(content).hexdigest()[:12] for name, content in self._files.items()}
        self.templates = Environment(
            loader=FileSystemLoader([folder / "templates" for folder in (*folders, HERE)]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.templates.filters |= {"short": short, "human": human, "when": when}
        self.templates.globals["static"] = self.url

    def url(self, name: str) -> str:
        return f"/static/{name}?v={self._digests[name]}"

    def render(self, template: str, **facts: Any) -> Markup:
        return Markup(self.templates.get_template(template).render(facts))  # noqa: S704 (the templates escape)

    def page(self, template: str, *, status: int = 200, **facts: Any) -> web.Response:
        headers = {**SECURITY, "Cache-Control": "private, no-cache"}
        return web.Response(
            text=self.render(template, **facts), status=status, content_type="text/html", headers=headers
        )

    async def serve(self, request: web.Request) -> web.Response:
        """A static file; under the address that names its content it may be kept for ever."""
        name = request.match_info["name"]
        if name not in self._files:
            raise web.HTTPNotFound
        current = request.query.get("v") == self._digests[name]
        headers = {**SECURITY, "Cache-Control": "public, max-age=31536000, immutable" if current else "no-cache"}
        return web.Response(
            body=self._files[name],
            content_type=guess_type(name)[0] or "application/octet-stream",
            charset="utf-8",
            headers=headers,
        )

    def register(self, app: web.Application) -> None:
        app.router.add_get("/static/{name}", self.serve)


def when(moment: datetime | None, now: datetime | None = None) -> Markup:
    """A moment with its zone, and how long ago it was."""
    if moment is None:
        return Markup("–")
    utc = moment.astimezone(UTC)
    past = ((now or datetime.now(UTC)) - utc).total_seconds()
    ago = f"{human(past - past % (MINUTE if past >= MINUTE else 1))} ago" if past >= 1 else "now"
    return Markup('<time datetime="{}">{} <span class="ago">{}</span></time>').format(
        utc.isoformat(), f"{utc:%Y-%m-%d %H:%M} UTC", ago
    )
