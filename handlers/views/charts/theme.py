"""How charts look to one viewer: colours, language and time zone."""

from __future__ import annotations

import html
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

from handlers.i18n import translator

SHADES = 12
"""Steps from a colour to the background; tints that fill areas are whole steps of it."""


class Theme(StrEnum):
    """Background of a chart."""

    DARK = "dark"
    LIGHT = "light"


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as ``#rrggbb``.

    Attributes:
        averages: For curves and their values in text, shortest average first.
        slices: For areas, largest first.
    """

    background: str
    text: str
    muted: str
    grid: str
    up: str
    down: str
    alert: str
    entry: str
    averages: tuple[str, ...]
    slices: tuple[str, ...]

    def tint(self, colour: str, strength: float) -> str:
        """Return a colour as it looks on the background at a strength from 0 to 1."""
        return _mix(colour, self.background, strength)

    def shades(self) -> list[str]:
        """Return all a picture needs, at most 256: each colour, and its way to the background.

        The edges of text and curves take these shades; one much like an earlier one is left out.
        """
        plain = (self.text, self.muted, self.grid, self.up, self.down, self.alert, self.entry)
        filled = (self.up, self.down, self.alert, self.entry)
        colours = dict.fromkeys((*plain, *self.averages, *self.slices))
        shades = [self.background, *colours]
        for level in range(1, SHADES):
            shades += [self.tint(colour, level / SHADES) for colour in colours]
            shades += [_mix(self.ink(colour), colour, level / SHADES) for colour in filled]
        kept = list[str]()
        for shade in shades:
            if all(_distance(shade, other) > _ALIKE for other in kept):
                kept.append(shade)
        return kept

    def ink(self, colour: str) -> str:
        """Return the text colour that reads best on a filled shape of `colour`."""
        return "#ffffff" if luminance(colour) < _BRIGHT else "#0b0f14"


@dataclass(frozen=True, slots=True)
class Look:
    """One viewer's choices.

    Attributes:
        is_red_up: Mainland convention: red rises, green falls.
        time_zone: IANA name, for example ``Asia/Shanghai``.
        language: ``en`` or the name of a catalog folder.
    """

    theme: Theme
    is_red_up: bool
    time_zone: str
    language: str

    @property
    def palette(self) -> Palette:
        """Colours of this look; `up` and `down` stand for the direction, not for the hue."""
        return _palette(self.theme, self.is_red_up)

    def t(self, text: str, /, **values: str) -> str:
        """Return a catalog text as plain text: pictures know no HTML."""
        return html.unescape(translator(self.language)(text, **values))


@cache
def channels(colour: str) -> bytes:
    """Return red, green and blue of a ``#rrggbb`` colour."""
    return bytes.fromhex(colour.removeprefix("#"))


def luminance(colour: str) -> float:
    """Return the relative luminance from 0 (black) to 1 (white). Source: WCAG 2.2."""
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB
        for value in (channel / 255 for channel in channels(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# Pillow looks the nearest shade up in steps of 4 per channel; plain colours must be alone there.
_ALIKE = 7

# White text on a brighter colour than this has a contrast below 3.2 to 1.
_BRIGHT = 0.28

_PALETTES = {
    Theme.DARK: Palette(
        background="#0f141c",
        text="#e8ebf2",
        muted="#94a0b3",
        grid="#212936",
        up="#16c784",
        down="#f6465d",
        alert="#ffa23a",
        entry="#4c9aff",
        averages=("#f7c948", "#ff6ec7", "#9b8cff"),
        slices=("#f7c948", "#ff6ec7", "#9b8cff", "#2dd4bf", "#ff8a65", "#6fa8ff", "#90a4ae"),
    ),
    Theme.LIGHT: Palette(
        background="#ffffff",
        text="#12161c",
        muted="#566072",
        grid="#e6eaf0",
        up="#0b8f5a",
        down="#d6304a",
        alert="#b85c00",
        entry="#1d6fe0",
        averages=("#9a6a00", "#c2189b", "#5b48d9"),
        slices=("#f2b01e", "#e6429f", "#7b61ff", "#14b8a6", "#f97352", "#3b82f6", "#94a3b8"),
    ),
}


def _distance(one: str, other: str) -> int:
    return max(abs(a - b) for a, b in zip(channels(one), channels(other), strict=True))


def _mix(over: str, under: str, strength: float) -> str:
    pairs = zip(channels(over), channels(under), strict=True)
    return "#" + bytes(round(a * strength + b * (1 - strength)) for a, b in pairs).hex()


@cache
def _palette(theme: Theme, is_red_up: bool) -> Palette:  # noqa: FBT001 - a cache key
    palette = _PALETTES[theme]
    return replace(palette, up=palette.down, down=palette.up) if is_red_up else palette
