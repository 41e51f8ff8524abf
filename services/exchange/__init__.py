"""The edge to the venues: the gateway contract, market simulation, and ccxt behind it."""

from __future__ import annotations

from services.exchange.imports import install

# Before any module of this package imports ccxt, whatever the order.
install()
