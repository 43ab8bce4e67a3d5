"""How high the water stands, from the moon's point of view."""

from math import cos, pi

PERIOD = 12 * 60 + 25
"""Minutes between two high waters."""


def height(minutes: float, *, low: float = 0.4, high: float = 4.2) -> float:
    """Metres above the chart's zero, so many minutes after a high water."""
    middle, swing = (high + low) / 2, (high - low) / 2
    return middle + swing * cos(2 * pi * minutes / PERIOD)
