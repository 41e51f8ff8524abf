"""The shape of the tree: who may import what, how large things may grow, what is never written.

One table per rule. A rule about a module that does not exist yet holds.
"""

from __future__ import annotations

import ast
import re
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "handlers", "services", "migrations")

# Library -> the only modules (prefixes) that may import it; `!` takes some out again.
LIBRARY_RULES = {
    "telegram": ("bot", "handlers", "!handlers.views", "!handlers.parsing", "!handlers.i18n"),
    "ccxt": ("services.exchange",),
    "sqlalchemy": ("services.persistence", "migrations"),
    "alembic": ("migrations",),
    "aiosqlite": (),
    "psycopg": (),
    "cryptography": ("services.vault", "services.vault_keys", "services.vault_keygen"),
    "apscheduler": ("services.engine",),
    "lark": ("handlers.parsing",),
    # Telegram's side of the local chat scales the photos that it is sent.
    "PIL": ("handlers.views.charts", "bot.localchat.photos"),
    "babel": ("handlers",),
    "starlette": ("bot",),
    "uvicorn": ("bot",),
    "pydantic_settings": ("bot.settings",),
}

# Our own layer -> what it may import besides itself. Use cases may join the layers below them;
# nothing above a use case reaches past it, save the composition root.
LAYER_RULES = {
    "bot": ("handlers", "services", "migrations"),
    "handlers": ("services", "!services.exchange", "!services.persistence"),
    "handlers.views": (
        "handlers.account_buttons",
        "handlers.buttons",
        "handlers.payload",
        "handlers.i18n",
        "services",
        "!services.exchange",
        "!services.persistence",
    ),
    "handlers.parsing": ("services.domain", "services.errors"),
    "services": (),
    "services.exchange": ("services.domain", "services.errors", "services.clock"),
    "services.persistence": ("services.domain", "services.errors"),
    "services.domain": ("services.errors",),
    "services.errors": (),
    "services.clock": (),
    "migrations": ("services.persistence",),
}

MODULE_LINES, MODULE_LINES_MEDIAN = 400, 120
FUNCTION_LINES, FUNCTION_LINES_MEDIAN = 50, 9
HANDLER_BODY_LINES = 15
BROAD_EXCEPTS = 3
HANDLERS = ("start", "quotes", "orders", "balances", "alerts", "accounts", "settings")
# Written by `make revision`, never by hand.
GENERATED = "migrations.versions."
# From the text of an order to the exchange no binary fraction may appear.
ORDER_PATH = re.compile(
    r"services\.(orders\w*|risk|execution|paper|exchange\.matching)|handlers\.parsing(\..+)?"
)
FORBIDDEN_IMPORTS = {"pickle", "marshal", "shelve", "dill", "requests"}
FORBIDDEN_CALLS = {"eval", "exec", "__import__", "yaml.load", "asyncio.create_task"}


@dataclass(frozen=True)
class Module:
    """A source file, read and parsed once."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def imports(self) -> set[str]:
        """Every module named in an import, in dotted form."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
        return found

    @property
    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function, methods and nested ones included."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    @property
    def calls(self) -> Iterator[tuple[str, int]]:
        """Every call by the dotted name of what is called, with its line."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield ast.unparse(node.func), node.lineno

    def at(self, line: int) -> str:
        """Where something stands, for the message."""
        return f"{self.path.relative_to(ROOT)}:{line}"


@cache
def modules() -> tuple[Module, ...]:
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            text = path.read_text()
            found.append(Module(name, path, text, ast.parse(text, str(path))))
    return tuple(found)


def own_modules() -> Iterator[Module]:
    return (module for module in modules() if not module.name.startswith(GENERATED))


def _is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def _is_allowed(name: str, places: tuple[str, ...]) -> bool:
    taken_out = [place[1:] for place in places if place.startswith("!")]
    return any(_is_in(name, place) for place in places) and not any(
        _is_in(name, place) for place in taken_out
    )


def _layer(name: str) -> str:
    return max((layer for layer in LAYER_RULES if _is_in(name, layer)), key=len)


@pytest.mark.parametrize("library", LIBRARY_RULES)
def test_a_library_is_imported_only_where_it_belongs(library: str) -> None:
    places = LIBRARY_RULES[library]
    strays = [
        module.name
        for module in modules()
        if any(_is_in(name, library) for name in module.imports)
        and not _is_allowed(module.name, places)
    ]
    assert strays == []


def test_imports_of_our_own_point_one_way() -> None:
    strays = [
        f"{module.name} imports {name}"
        for module in modules()
        for layer in [_layer(module.name)]
        for name in module.imports
        if name.split(".")[0] in PACKAGES and not _is_allowed(name, (layer, *LAYER_RULES[layer]))
    ]
    assert strays == []


def test_the_domain_needs_nothing_but_the_standard_library() -> None:
    strays = [
        f"{module.name} imports {name}"
        for module in modules()
        if _is_in(module.name, "services.domain") or module.name == "services.errors"
        for name in module.imports
        if name.split(".")[0] not in sys.stdlib_module_names | {"services"}
    ]
    assert strays == []


def test_the_environment_is_read_only_by_the_settings() -> None:
    pattern = re.compile(r"\bos\.(environ|getenv|putenv)\b|^from os import", re.MULTILINE)
    strays = [module.name for module in modules() if pattern.search(module.text)]
    assert set(strays) <= {"bot.settings"}


def test_imports_stand_at_the_top_of_the_file() -> None:
    strays = [
        module.at(node.lineno)
        for module in modules()
        for function in module.functions
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert strays == []


def test_stored_bytes_and_texts_never_become_code() -> None:
    imports = [
        f"{module.name} imports {name}"
        for module in modules()
        for name in module.imports
        if name.split(".")[0] in FORBIDDEN_IMPORTS
    ]
    calls = [
        f"{module.at(line)} {name}"
        for module in modules()
        for name, line in module.calls
        if name in FORBIDDEN_CALLS
    ]
    assert imports + calls == []


def test_money_never_meets_a_float() -> None:
    strays = [
        module.at(line)
        for module in modules()
        if ORDER_PATH.fullmatch(module.name)
        for name, line in module.calls
        if name == "float"
    ]
    assert strays == []


def test_broad_excepts_are_few_and_say_why() -> None:
    broad = []
    for module in modules():
        lines = module.text.splitlines()
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ExceptHandler) and _is_broad(node):
                beside = lines[node.lineno - 2 : node.lineno]
                assert any("#" in line for line in beside), (
                    f"no reason at {module.at(node.lineno)}"
                )
                broad.append(module.at(node.lineno))
    assert len(broad) <= BROAD_EXCEPTS, broad


def _is_broad(handler: ast.ExceptHandler) -> bool:
    named = "" if handler.type is None else ast.unparse(handler.type)
    return handler.type is None or bool(re.search(r"\b(Base)?Exception\b", named))


def test_modules_stay_small() -> None:
    sizes = {module.name: module.text.count("\n") for module in own_modules()}
    assert {name: size for name, size in sizes.items() if size > MODULE_LINES} == {}
    assert statistics.median(sizes.values()) <= MODULE_LINES_MEDIAN


def test_functions_stay_small() -> None:
    sizes = {
        f"{module.at(function.lineno)} {function.name}": _lines(function)
        for module in own_modules()
        for function in module.functions
    }
    assert {name: size for name, size in sizes.items() if size > FUNCTION_LINES} == {}
    assert statistics.median(sizes.values()) <= FUNCTION_LINES_MEDIAN


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_a_handler_parses_asks_once_and_sends() -> None:
    long = {}
    for module in modules():
        if module.name not in {f"handlers.{name}" for name in HANDLERS}:
            continue
        for node in module.tree.body:
            if isinstance(node, ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                size = (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
                if size > HANDLER_BODY_LINES:
                    long[module.at(node.lineno)] = size
    assert long == {}


def test_the_rules_notice_a_breach() -> None:
    assert _is_allowed("handlers.orders", LIBRARY_RULES["telegram"])
    assert not _is_allowed("handlers.views.orders", LIBRARY_RULES["telegram"])
    assert not _is_allowed("services.orders", LIBRARY_RULES["ccxt"])
    assert not _is_allowed("handlersque", LIBRARY_RULES["telegram"])
    assert _layer("services.domain.orders") == "services.domain"
    assert _layer("services.orders") == "services"
    assert ORDER_PATH.fullmatch("services.orders")
    assert not ORDER_PATH.fullmatch("services.quotes")
