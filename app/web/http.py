"""The HTTP server under all doors and pages, without two habits of aiohttp that do not suit a door.

It would unpack compressed bodies before the door sees the bytes that were signed, and it would log a
traceback for whatever is not HTTP, which on the public internet is anybody's to send.
"""

import logging

from aiohttp import ClientPayloadError, web
from aiohttp.http_exceptions import HttpProcessingError

log = logging.getLogger("interlock.http")


class _OneLine(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError | web.RequestPayloadError | ClientPayloadError):
            record.msg, record.args = "refused what is not HTTP: %s", (type(error).__name__,)
            record.exc_info = None
            record.levelno, record.levelname = logging.INFO, "INFO"
        return True


log.addFilter(_OneLine())


def http_runner(app: web.Application) -> web.AppRunner:
    """Who was answered before the body had come may send for one more second."""
    return web.AppRunner(
        app, access_log=None, auto_decompress=False, lingering_time=1.0, logger=log, shutdown_timeout=5
    )
