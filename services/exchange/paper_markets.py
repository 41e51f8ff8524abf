"""What the paper venue lists, with rules and fees like those of the large spot venues.

Price times amount never needs more than eight decimals on any market (tick and lot together),
so the books are exact on the venue's ledger grid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from services.domain.market import Market, MarketType

QUOTE = "USDT"


@dataclass(frozen=True, slots=True)
class Coin:
    """What the synthetic market knows of a coin.

    Attributes:
        price: Where its price keeps returning to, in USDT.
        tick: Of its spot market, in USDT.
        lot: Of its spot market, in base; volumes are whole numbers of it.
        volatility: Standard deviation of the daily log return (0.02 = 2 %).
        turnover: Traded on an ordinary day, in USDT.
    """

    base: str
    price: Decimal
    tick: Decimal
    lot: Decimal
    volatility: float
    turnover: float


# base, price, tick, lot, daily volatility in percent, turnover in millions of USDT
_COINS = """
BTC   65000       0.01        0.00001  2.0  25000
ETH   3400        0.01        0.0001   2.7  14000
SOL   150         0.01        0.001    3.5  3500
BNB   580         0.01        0.001    2.2  1500
XRP   0.5500      0.0001      0.1      3.0  1500
DOGE  0.14000     0.00001     1        3.8  1100
ADA   0.4500      0.0001      0.1      3.3  400
AVAX  28.00       0.01        0.01     3.8  450
LINK  14.00       0.01        0.01     3.4  400
TON   6.500       0.001       0.01     3.4  250
TRX   0.12500     0.00001     0.1      2.0  300
DOT   6.200       0.001       0.01     3.4  220
SHIB  0.00001820  0.00000001  1        4.2  500
LTC   72.00       0.01        0.001    2.8  350
UNI   8.100       0.001       0.01     4.0  200
NEAR  5.200       0.001       0.1      4.3  250
APT   8.600       0.001       0.01     4.3  180
ARB   0.7200      0.0001      0.1      4.5  250
OP    1.6500      0.0001      0.01     4.5  200
SUI   0.9500      0.0001      0.1      4.7  350
SEI   0.3800      0.0001      0.1      4.7  150
INJ   22.000      0.001       0.01     4.8  150
ATOM  6.400       0.001       0.01     3.4  120
FIL   4.300       0.001       0.01     4.0  150
ETC   22.00       0.01        0.01     3.2  150
BCH   350.0       0.1         0.001    3.2  250
XLM   0.09800     0.00001     1        3.0  90
HBAR  0.06500     0.00001     1        3.7  80
AAVE  98.00       0.01        0.001    3.8  120
MKR   2300        0.1         0.0001   3.6  80
PEPE  0.00001234  0.00000001  1        5.5  650
WIF   2.1000      0.0001      0.01     6.0  300
FET   1.3500      0.0001      0.1      5.0  130
RUNE  4.400       0.001       0.1      4.7  120
TIA   6.100       0.001       0.01     5.0  100
STX   1.7500      0.0001      0.1      4.6  70
ICP   8.700       0.001       0.01     4.0  80
ALGO  0.15000     0.00001     1        3.3  50
"""

# base, tick, lot
_PERPETUALS = """
BTC   0.1      0.001
ETH   0.01     0.001
SOL   0.01     0.1
BNB   0.01     0.01
XRP   0.0001   0.1
DOGE  0.00001  1
LINK  0.001    0.01
PEPE  0.00000001  1
"""


def _coin(line: str) -> Coin:
    base, price, tick, lot, volatility, turnover = line.split()
    return Coin(
        base=base,
        price=Decimal(price),
        tick=Decimal(tick),
        lot=Decimal(lot),
        volatility=float(volatility) / 100,
        turnover=float(turnover) * 1e6,
    )


def _largest(coin: Coin) -> Decimal:
    # Real venues cap one order at a round number near a percent of what trades in a day.
    share = Decimal(coin.turnover) / 50 / coin.price
    return Decimal(10) ** share.adjusted()


def _spot(coin: Coin) -> Market:
    return Market(
        symbol=f"{coin.base}/{QUOTE}",
        base=coin.base,
        quote=QUOTE,
        type=MarketType.SPOT,
        tick=coin.tick,
        lot=coin.lot,
        min_amount=coin.lot,
        max_amount=_largest(coin),
        min_cost=Decimal(5),
        maker=Decimal("0.001"),
        taker=Decimal("0.001"),
    )


def _perpetual(line: str) -> Market:
    base, tick, lot = line.split()
    return Market(
        symbol=f"{base}/{QUOTE}:{QUOTE}",
        base=base,
        quote=QUOTE,
        type=MarketType.SWAP,
        settle=QUOTE,
        tick=Decimal(tick),
        lot=Decimal(lot),
        min_amount=Decimal(lot),
        max_amount=_largest(COINS[base]),
        min_cost=Decimal(10),
        maker=Decimal("0.0002"),
        taker=Decimal("0.0005"),
    )


COINS: Mapping[str, Coin] = MappingProxyType(
    {coin.base: coin for coin in map(_coin, _COINS.strip().splitlines())}
)
"""Every coin by ticker."""

MARKETS: Mapping[str, Market] = MappingProxyType(
    {
        market.symbol: market
        for market in (
            *map(_spot, COINS.values()),
            *map(_perpetual, _PERPETUALS.strip().splitlines()),
        )
    }
)
"""Every market by unified symbol: spot first, then perpetuals."""
