"""What the source says to people, read from its syntax trees."""

from __future__ import annotations

import ast
import re
import string
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from services import errors

ROOT = Path(__file__).parent.parent
VIEWS = ROOT / "handlers" / "views"
HAN = "[\u4e00-\u9fff]"

_LOOKUPS = {"t", "mark", "plural", "context"}
_ERRORS = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.AssistantError)
}


@dataclass(frozen=True)
class Call:
    """A call; `keywords` holds ``**`` where they come as a dictionary."""

    place: str
    name: str
    texts: tuple[str, ...]
    keywords: frozenset[str]
    node: ast.Call


@cache
def _calls(folder: str) -> tuple[Call, ...]:
    return tuple(
        _call(node, f"{path.relative_to(ROOT)}:{node.lineno}")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    )


def _call(node: ast.Call, place: str = "") -> Call:
    texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
    strings = tuple(text for text in texts if isinstance(text, str))
    keywords = frozenset(keyword.arg or "**" for keyword in node.keywords)
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    return Call(place, name, strings, keywords, node)


def refusals() -> list[Call]:
    """Every place where an error of `services.errors` is made with its code."""
    calls = _calls("services") + _calls("handlers")
    return [call for call in calls if call.name in _ERRORS and call.texts]


def reasons() -> set[str]:
    """Every code that an order is ended with."""
    given = (keyword for call in _calls("services") for keyword in call.node.keywords)
    values = {keyword.value for keyword in given if keyword.arg == "reason"}
    return {str(value.value) for value in values if isinstance(value, ast.Constant)}


def lookups() -> list[Call]:
    """Every place where a text that stands there is looked up."""
    return [call for call in _calls("handlers") if call.name in _LOOKUPS - {"mark"}]


def labels() -> dict[str, str]:
    """Every text on a button, with what may follow it there."""
    return {
        text: " ●" if call.name == "_choice" else ""
        for call in _calls("handlers")
        if call.name in {"Button", "_choice"}
        for inner in ast.walk(call.node.args[0])
        if isinstance(inner, ast.Call) and _call(inner).name in _LOOKUPS
        for text in _call(inner).texts
    }


def literals() -> Iterator[tuple[str, str]]:
    """Every string that people might see though no catalog knows it, and its place."""
    for path in [*(ROOT / "handlers").glob("*.py"), *VIEWS.glob("**/[!_]*.py")]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        said = "[^\\W\\d_].* | .*[^\\W\\d_]" + (f"|^[A-Z][a-z]|{HAN}" * (VIEWS in path.parents))
        hidden = {inner for node in ast.walk(tree) for inner in _not_shown(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and node not in hidden:
                text = node.value
                if isinstance(text, str) and re.search(said, text):
                    yield text, f"{path.relative_to(ROOT)}:{node.lineno}"


def _not_shown(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Expr(ast.Constant() as docstring):
            yield docstring
        case ast.Raise():
            yield from ast.walk(node)
        case ast.Call() if _call(node).name in _LOOKUPS:
            yield from node.args
        case _:
            pass


def placeholders(text: str) -> list[str]:
    """The names in braces, sorted, as often as they stand there."""
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def tags(text: str) -> list[str]:
    """The HTML tags, sorted, as often as they stand there."""
    return sorted(re.findall(r"</?[a-z]+>", text))


def columns(text: str) -> int:
    """The width in columns; an emoji's variation selector widens its sign to two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
