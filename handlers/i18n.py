"""Languages: gettext catalogs through Babel, English in the source, everything escaped.

Views call ``t("Buy {amount} {coin}", amount=..., coin=...)``: the text is looked up, then each
value is HTML-escaped and put in. Values come already formatted by `handlers.views.numbers`.
"""

from __future__ import annotations

import gettext
import html
import io
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ENGLISH = "en"
LOCALES = Path(__file__).parent / "locales"
LANGUAGES = (
    ENGLISH,
    *sorted(path.name for path in LOCALES.iterdir() if (path / "LC_MESSAGES").is_dir()),
)
"""``en`` and every folder below `locales`."""


class Markup(str):
    """Text that is HTML already; a translator puts it in unescaped."""

    __slots__ = ()


def escape(value: str) -> Markup:
    """Return a value as HTML text, unless it is `Markup` already."""
    return value if isinstance(value, Markup) else Markup(html.escape(value, quote=False))


class Translator:
    """Looks texts up in one language and puts escaped values in.

    Attributes:
        language: ``en`` or the name of a catalog folder.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self._catalog = _catalog(language)

    def __call__(self, text: str, /, **values: str) -> Markup:
        """Return the text in this language with its values escaped and put in."""
        return self._fill(self._catalog.gettext(text), values)

    def plural(self, one: str, many: str, count: int, /, **values: str) -> Markup:
        """Return the form for `count`; ``{count}`` stands for it in the text."""
        return self._fill(
            self._catalog.ngettext(one, many, count), {"count": str(count), **values}
        )

    def context(self, context: str, text: str, /, **values: str) -> Markup:
        """Return the text of a short, ambiguous word within its context."""
        return self._fill(self._catalog.pgettext(context, text), values)

    @staticmethod
    def _fill(text: str, values: dict[str, str]) -> Markup:
        return Markup(text.format_map({key: escape(value) for key, value in values.items()}))


def mark(text: str) -> str:
    """Mark a text for extraction where it stands as data; it is looked up later."""
    return text


def negotiate(language_code: str | None) -> str:
    """Choose a language for Telegram's `language_code` (``zh-hans``, ``zh-CN``, ``pt``, None)."""
    return "zh_Hans" if (language_code or "").lower().startswith("zh") else ENGLISH


@cache
def _catalog(language: str) -> gettext.NullTranslations:
    if language == ENGLISH:
        return gettext.NullTranslations()
    path = LOCALES / language / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as source:
        catalog = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@cache
def translator(language: str) -> Translator:
    """Return the one translator of a language."""
    return Translator(language)
