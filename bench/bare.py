"""A door with nothing behind it: aiohttp, the HMAC, and one SQLite commit per webhook if a file is named.

python -m bench.bare PORT [FILE]
"""

import hashlib
import hmac
import sqlite3
import sys
import time

from aiohttp import web

from bench.delivery import SECRET

MOST_BYTES = 25 * 1024 * 1024


class Door:
    def __init__(self, file: str | None) -> None:
        self._database = _open(file) if file else None

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(f"sha256={digest}", request.headers.get("X-Hub-Signature-256", "")):
            return web.Response(status=401)
        if self._database:
            row = (request.headers["X-GitHub-Delivery"], request.headers["X-GitHub-Event"], body, time.time())
            self._database.execute("INSERT INTO deliveries VALUES (?, ?, ?, ?)", row)
        return web.json_response({"outcome": "stored"}, status=202)


def _open(file: str) -> sqlite3.Connection:
    """Every statement is a transaction of its own."""
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE deliveries (guid TEXT PRIMARY KEY, event TEXT, body BLOB, received_at REAL)")
    return database


def main(port: str, file: str | None = None) -> None:
    site = web.Application(client_max_size=MOST_BYTES)
    site.router.add_post("/github", Door(file).receive)
    web.run_app(site, host="127.0.0.1", port=int(port), access_log=None, print=None)


if __name__ == "__main__":
    main(*sys.argv[1:])
