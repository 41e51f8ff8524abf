"""The edge to the venues: the gateway contract, market simulation and, later, ccxt."""

from __future__ import annotations
