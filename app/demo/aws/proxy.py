"""Everything that is not answered here goes to the moto server, as it came, and its answers come back so."""

from contextlib import suppress
from typing import Protocol

from aiohttp import ClientSession, ClientTimeout, web
from yarl import URL

HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "expect", "te", "trailer", "upgrade"})
"""https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1"""

NO_LIMIT = ClientTimeout(total=None)
"""A long poll of SQS lasts as long as it wants."""

CHUNK = 1 << 16


class Behind(Protocol):
    """A moto server, wherever it runs. Its session leaves bodies as they are (`auto_decompress=False`)."""

    url: str
    session: ClientSession


async def pass_on(request: web.Request, moto: Behind) -> web.StreamResponse:
    """Host, path and headers stay, so that signatures and names of buckets mean what they did."""
    headers = [(name, value) for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP]
    async with moto.session.request(
        request.method,
        URL(moto.url + request.raw_path, encoded=True),
        headers=headers,
        data=request.content if request.can_read_body else None,
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        allow_redirects=False,
        timeout=NO_LIMIT,
    ) as answer:
        response = web.StreamResponse(status=answer.status, reason=answer.reason)
        for name, value in answer.headers.items():
            if name.lower() not in HOP_BY_HOP:
                response.headers.add(name, value)
        with suppress(ConnectionResetError):  # whoever asked has gone
            await response.prepare(request)
            if request.method != "HEAD":
                async for chunk in answer.content.iter_chunked(CHUNK):
                    await response.write(chunk)
            await response.write_eof()
        return response
