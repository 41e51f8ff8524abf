"""Keeps the catalogs in step with the source: ``python -m handlers.locales.catalog``.

Texts are what stands in ``t("...")``, ``mark("...")``, ``plural("...", "...")`` and
``context("...", "...")``. Existing translations stay; texts that are gone are dropped.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

_HERE = Path(__file__).parent
_HANDLERS = _HERE.parent
# Fixed, so that a run without new texts changes nothing.
_HEADER = """\
# Texts of QuantTrade. The source texts are English and stand in the code; this file is brought
# up to them by: python -m handlers.locales.catalog
msgid ""
msgstr ""
"Project-Id-Version: QuantTrade\\n"
"Language: {language}\\n"
"Plural-Forms: {plural_forms}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def source_texts() -> Catalog:
    """Return a catalog of every text in the source, untranslated."""
    catalog = Catalog()
    for path in sorted(_HANDLERS.rglob("*.py")):
        place = path.relative_to(_HANDLERS.parent).as_posix()
        for text, context in _texts_of(ast.parse(path.read_text(encoding="utf-8"))):
            catalog.add(text, locations=[(place, 0)], context=context)
    return catalog


# Babel's own extractor reads tokens and misses a t("...") inside an f-string on Python 3.11.
def _texts_of(tree: ast.AST) -> Iterator[tuple[str | tuple[str, str], str | None]]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(name) | ast.Attribute(attr=name), args=args):
                found = [arg.value for arg in args if isinstance(arg, ast.Constant)]
            case _:
                continue
        match name, found:
            case (("t" | "mark"), [str(text)]):
                yield text, None
            case "plural", [str(one), str(many)]:
                yield (one, many), None
            case "context", [str(context), str(text)]:
                yield text, context
            case _:
                pass


def read(language: str) -> Catalog:
    """Return the catalog of a language, empty when it has none yet."""
    path = path_of(language)
    if not path.is_file():
        return Catalog(locale=language, fuzzy=False)
    with path.open("rb") as source:
        return read_po(source, locale=language)


def path_of(language: str) -> Path:
    """Return where the catalog of a language stands."""
    return _HERE / language / "LC_MESSAGES" / "messages.po"


def written(catalog: Catalog) -> bytes:
    """Return a catalog as the content of its file."""
    header = _HEADER.format(language=catalog.locale_identifier, plural_forms=catalog.plural_forms)
    body = io.BytesIO()
    write_po(body, catalog, width=0, omit_header=True, include_lineno=False, sort_output=True)
    return header.encode() + body.getvalue()


def updated(language: str) -> Catalog:
    """Return the catalog of a language brought up to the source."""
    catalog = read(language)
    catalog.update(source_texts(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    return catalog


if __name__ == "__main__":
    for folder in sorted(path for path in _HERE.iterdir() if path.is_dir()):
        if not folder.name.startswith("_"):
            path_of(folder.name).write_bytes(written(updated(folder.name)))
