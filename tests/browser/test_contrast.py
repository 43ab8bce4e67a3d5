"""Every text colour of the palette can be read on every ground that it stands on, light and dark."""

import re
from itertools import product

import pytest

from app.web.pages import HERE

CSS = (HERE / "static" / "board.css").read_text()
INKS = ("ink", "soft", "accent", "go", "stop", "caution", "off")
GROUNDS = ("paper", "panel", "sunk")
TINTS = {"go": "go-tint", "stop": "stop-tint", "caution": "caution-tint", "accent": "accent-tint", "off": "off-tint"}
PAIRS = (
    *product(INKS, GROUNDS),
    *TINTS.items(),
    *(("ink", tint) for tint in TINTS.values()),
    *(("soft", tint) for tint in TINTS.values()),
    *(("on-lamp", lamp) for lamp in TINTS),
)


def palette(block: int) -> dict[str, str]:
    """0 is the light one, 1 what the dark one changes."""
    root = re.findall(r":root \{(.*?)\n\s*\}", CSS, re.DOTALL)[block]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", root))


def luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG21/#dfn-relative-luminance"""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read(theme: str) -> None:
    colours = palette(0) | (palette(1) if theme == "dark" else {})
    ratios = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in PAIRS}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5} == {}


def test_black_on_white_has_the_known_contrast() -> None:
    assert contrast("#000000", "#ffffff") == 21
