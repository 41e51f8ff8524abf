"""Cut the fonts of the charts out of Debian's ``fonts-noto-cjk`` package.

Run once after the package or the set of characters changed; the result is committed, so that
charts look alike on every machine and no installation needs 90 MB of fonts:

    apt-get install fonts-noto-cjk && python scripts/fonts.py
"""

from __future__ import annotations

import string
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

SOURCE = Path("/usr/share/fonts/opentype/noto")
TARGET = Path(__file__).parent.parent / "handlers" / "views" / "fonts"
SIMPLIFIED_CHINESE = 2
"""Index of the SC face. Source: `fc-query` on the collections of fonts-noto-cjk 2.004."""

SIGNS = (
    "\u00a0·×÷±°§©®µ€£¥¢≈≠≤≥−–—…‘’“”•‹›«»▲▼△▽↑↓←→↗↘●○■□◆◇★☆✓█▏▎▍▌▋▊▉‰¹²³⁴"
    "、。《》「」『』【】〈〉（），．：；！？％＋－＝／～￥〜"
)
"""Beyond ASCII. The face has no subscript digits, so a chart shows prices in full."""
LATIN = "".join(map(chr, range(0xC0, 0x100)))


def common_hanzi() -> str:
    """Return the 3,755 characters of GB 2312 level 1, rows 16 to 55 of the standard."""
    cells = (bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    return "".join(cell.decode("gb2312", errors="ignore") for cell in cells)


def cut(weight: str) -> Path:
    """Write the subset of one weight and return its path."""
    options = subset.Options(layout_features=["kern", "tnum"], hinting=False, drop_tables=["DSIG"])
    # No creation time of today, so that a second run writes the same bytes.
    font = TTFont(
        SOURCE / f"NotoSansCJK-{weight}.ttc",
        fontNumber=SIMPLIFIED_CHINESE,
        recalcTimestamp=False,
    )
    cutter = subset.Subsetter(options)
    cutter.populate(text=string.printable + LATIN + SIGNS + common_hanzi())
    cutter.subset(font)
    path = TARGET / f"NotoSansSC-{weight}.otf"
    font.save(path)
    return path


def main() -> None:
    """Cut both weights and say how large they became."""
    for weight in ("Regular", "Bold"):
        path = cut(weight)
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
