"""Imports ccxt without the hundred exchanges that nobody uses.

ccxt's packages import every exchange as soon as any part of them is imported. Here the same
packages are loaded from the same sources without those lines; an exchange is imported when it
is first asked for. Whoever imported ccxt before is left alone.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any

PACKAGES = ("ccxt", "ccxt.async_support", "ccxt.pro")
"""The packages whose `__init__` imports everything, outermost first."""


def install() -> None:
    """Let every later ``import ccxt`` of this process be the light one; harmless when repeated."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def exchange_class(exchange_id: str) -> Any:
    """Return a class of ccxt.pro, or of ccxt.async_support where there are no streams.

    Raises:
        LookupError: ccxt has no such exchange.
    """
    for package in ("ccxt.pro", "ccxt.async_support"):
        found = getattr(importlib.import_module(package), exchange_id, None)
        if isinstance(found, type) and exchange_id in exchange_ids():
            return found
    raise LookupError(exchange_id)


def exchange_ids() -> Sequence[str]:
    """Return the id of every exchange that ccxt knows, without importing any."""
    ids: list[str] = importlib.import_module("ccxt").exchanges
    return ids


class _Package(ModuleType):
    """A package that imports an exchange when its class is first looked at."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not _is_module(self, name):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        importlib.import_module(f"{self.__name__}.{name}")
        return self.__dict__[name]

    def __setattr__(self, name: str, value: Any) -> None:
        # An import sets the submodule on its package; ccxt's packages hold the class there.
        if isinstance(value, ModuleType):
            value = getattr(value, name, value)
        super().__setattr__(name, value)


def _is_module(package: ModuleType, name: str) -> bool:
    return PathFinder.find_spec(f"{package.__name__}.{name}", package.__path__) is not None


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in PACKAGES:
            return None
        spec = PathFinder.find_spec(fullname, path)
        # Anything but a plain source file (a zip, a frozen program) is imported as ever.
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(fullname, spec.loader.path)
        return spec


class _Loader(SourceFileLoader):
    """Runs a package's `__init__` without its imports of exchanges."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Package(spec.name)

    def get_code(self, fullname: str) -> CodeType:
        # No byte code is read or written: the file beside it holds the whole package.
        tree = ast.parse(self.get_data(self.path), self.path)
        tree.body = [node for node in tree.body if not _imports_exchange(node, fullname)]
        return compile(tree, self.path, "exec")


def _imports_exchange(node: ast.stmt, package: str) -> bool:
    return (
        isinstance(node, ast.ImportFrom)
        and len(node.names) == 1
        and node.module == f"{package}.{node.names[0].name}"
    )
