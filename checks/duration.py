"""How long something took, as people say it: `850 ms`, `12 s`, `3 min 12 s`, `1 h 04 min`."""

from datetime import timedelta

MILLISECONDS_PER_SECOND = 1000

MINUTE = 60
"""In seconds, as the longer ones."""

HOUR = 60 * MINUTE
DAY = 24 * HOUR


def human(duration: timedelta | float) -> str:
    """Seconds or a timedelta, in its two largest units; what clocks made negative counts as nothing."""
    milliseconds = round(1000 * max(0.0, duration.total_seconds() if isinstance(duration, timedelta) else duration))
    if 0 < milliseconds < MILLISECONDS_PER_SECOND:
        return f"{milliseconds} ms"
    seconds = round(milliseconds / MILLISECONDS_PER_SECOND)
    for unit, name, part, part_name in ((DAY, "d", HOUR, "h"), (HOUR, "h", MINUTE, "min"), (MINUTE, "min", 1, "s")):
        if seconds >= unit:
            rest = seconds % unit // part
            return f"{seconds // unit} {name} {rest:02} {part_name}" if rest else f"{seconds // unit} {name}"
    return f"{seconds} s"
