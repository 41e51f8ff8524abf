"""What the test venues list: spot pairs and linear perpetual swaps, data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

Kind = Literal["spot", "swap"]


@dataclass(frozen=True)
class Instrument:
    """One market with its rules, all figures exact.

    Attributes:
        symbol: Unified symbol, `BTC/USDT` or `BTC/USDT:USDT`.
        price: Where the price starts.
        tick: Price step.
        lot: Amount step; base currency, contracts for a swap.
        minimum: Smallest amount.
        maximum: Largest amount.
        minimum_cost: Smallest price times amount in quote currency.
        contract_size: Base currency per contract; 1 for spot.
        is_trading: False for a listed but halted market.
        is_padding: True for a made-up market that only makes the list long.
    """

    symbol: str
    price: Decimal
    tick: Decimal
    lot: Decimal
    minimum: Decimal
    maximum: Decimal = Decimal(100000000)
    minimum_cost: Decimal = Decimal(5)
    contract_size: Decimal = Decimal(1)
    is_trading: bool = True
    is_padding: bool = False

    @property
    def kind(self) -> Kind:
        """`swap` when the symbol names a settlement currency."""
        return "swap" if ":" in self.symbol else "spot"

    @property
    def base(self) -> str:
        """The currency bought and sold."""
        return self.symbol.split("/")[0]

    @property
    def quote(self) -> str:
        """The currency of the price."""
        return self.symbol.split("/")[1].split(":")[0]


# base, price in USDT, tick of the USDT pair, lot
_COINS = """
BTC 60000 0.01 0.00001
ETH 3000 0.01 0.0001
SOL 150 0.01 0.001
BNB 600 0.1 0.001
XRP 0.5 0.0001 0.1
ADA 0.4 0.0001 0.1
DOGE 0.12 0.00001 1
TON 6 0.001 0.01
TRX 0.13 0.0001 0.1
AVAX 30 0.01 0.01
LINK 14 0.01 0.01
DOT 6 0.001 0.01
LTC 80 0.01 0.001
BCH 400 0.1 0.001
UNI 8 0.001 0.01
ATOM 7 0.001 0.01
ETC 25 0.01 0.01
XLM 0.1 0.0001 1
FIL 4.5 0.001 0.01
APT 8 0.001 0.01
ARB 0.8 0.0001 0.1
OP 1.8 0.001 0.01
NEAR 5 0.001 0.1
ICP 9 0.001 0.01
INJ 24 0.01 0.01
SUI 1 0.0001 0.1
AAVE 95 0.01 0.001
PEPE 0.0000115 0.00000001 1
SHIB 0.0000175 0.00000001 1
""".strip()

# quote, price of one in USDT
_CROSSES = """
ETH/BTC 0.05 0.00001 0.0001 0.0001
SOL/BTC 0.0025 0.0000001 0.001 0.0001
BNB/BTC 0.01 0.000001 0.001 0.0001
BTC/USDC 60000 0.01 0.00001 5
ETH/USDC 3000 0.01 0.0001 5
SOL/USDC 150 0.01 0.001 5
USDC/USDT 1 0.0001 1 5
BTC/EUR 55000 0.01 0.00001 5
ETH/EUR 2750 0.01 0.0001 5
EUR/USDT 1.09 0.0001 0.1 5
""".strip()

_SWAPS = """
BTC/USDT:USDT 60000 0.1 0.001 100
ETH/USDT:USDT 3000 0.01 0.001 20
SOL/USDT:USDT 150 0.01 1 5
BNB/USDT:USDT 600 0.01 0.01 5
XRP/USDT:USDT 0.5 0.0001 0.1 5
DOGE/USDT:USDT 0.12 0.00001 1 5
ADA/USDT:USDT 0.4 0.0001 1 5
LINK/USDT:USDT 14 0.001 0.01 5
""".strip()

# A pair that the venue still lists but no longer trades.
DELISTED = "LUNA/USDT"


def spot() -> Mapping[str, Instrument]:
    """Return forty spot pairs by symbol, the last one halted."""
    found = [_coin(line) for line in _COINS.splitlines()]
    found += [_cross(line) for line in _CROSSES.splitlines()]
    found.append(
        replace(
            _coin("LUNA 0.4 0.0001 0.01"),
            symbol=DELISTED,
            is_trading=False,
        )
    )
    return {instrument.symbol: instrument for instrument in found}


def swaps(contract_sizes: Mapping[str, Decimal] | None = None) -> Mapping[str, Instrument]:
    """Return eight USDT-margined perpetuals by symbol.

    Args:
        contract_sizes: Base currency per contract by base; amounts then count contracts with a
            lot of 0.01. Without it a contract is one unit of the base currency.
    """
    return {
        instrument.symbol: instrument
        for line in _SWAPS.splitlines()
        for instrument in [_swap(line, contract_sizes or {})]
    }


def padding(count: int) -> list[Instrument]:
    """Return `count` made-up spot pairs against USDT, to make a market list as long as wanted."""
    one = Decimal(1)
    return [
        Instrument(
            f"PAD{number:04d}/USDT",
            price=one,
            tick=Decimal("0.0001"),
            lot=Decimal("0.1"),
            minimum=Decimal("0.1"),
            is_padding=True,
        )
        for number in range(count)
    ]


def _coin(line: str) -> Instrument:
    base, *figures = line.split()
    price, tick, lot = map(Decimal, figures)
    return Instrument(f"{base}/USDT", price, tick, lot, lot)


def _cross(line: str) -> Instrument:
    symbol, *figures = line.split()
    price, tick, lot, minimum_cost = map(Decimal, figures)
    return Instrument(symbol, price, tick, lot, lot, minimum_cost=minimum_cost)


def _swap(line: str, contract_sizes: Mapping[str, Decimal]) -> Instrument:
    symbol, *figures = line.split()
    price, tick, lot, minimum_cost = map(Decimal, figures)
    size = contract_sizes.get(symbol.split("/")[0], Decimal(1))
    if contract_sizes:
        lot = Decimal("0.01")
    return Instrument(symbol, price, tick, lot, lot, minimum_cost=minimum_cost, contract_size=size)
