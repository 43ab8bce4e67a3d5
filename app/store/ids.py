"""Ids that sort by time: 48 bits of milliseconds, then 80 random bits, as 26 letters and digits.

The random part makes an id unguessable; within one process later ids are always greater.
https://github.com/ulid/spec
"""

import secrets
import threading
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM_BITS = 80

_lock = threading.Lock()
_latest = 0


def new_id() -> str:
    global _latest  # noqa: PLW0603  the order of ids is a property of the process
    with _lock:
        fresh = (time.time_ns() // 1_000_000) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
        _latest = fresh if fresh > _latest else _latest + 1
        return _text(_latest)


def _text(number: int) -> str:
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
