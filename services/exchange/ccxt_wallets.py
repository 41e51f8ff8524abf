"""Which wallets a venue has for us, and how ccxt is asked for each."""

from __future__ import annotations

from collections.abc import Mapping

from services.domain.accounts import Environment, Wallet
from services.exchange.translate import Row, is_empty

_Params = Mapping[str, str]
_SPOT: Mapping[Wallet, _Params] = {Wallet.SPOT: {}}
# Venues with one pot for everything are left out: it would be counted twice.
_LIVE: Mapping[str, Mapping[Wallet, _Params]] = {
    "binance": {
        Wallet.FUNDING: {"type": "funding"},
        Wallet.MARGIN: {"type": "margin"},
        Wallet.SWAP: {"type": "swap"},
    },
    "okx": {Wallet.FUNDING: {"type": "funding"}},
    "kucoin": {Wallet.FUNDING: {"type": "main"}},
    "gate": {Wallet.SWAP: {"type": "swap"}},
    "bitget": {Wallet.SWAP: {"type": "swap"}},
    "mexc": {Wallet.SWAP: {"type": "swap"}},
    "htx": {Wallet.SWAP: {"type": "swap"}},
}
_SANDBOX: Mapping[str, Mapping[Wallet, _Params]] = {
    # Its demo has no wallet endpoints beside the two trading ones.
    "binance": {Wallet.SWAP: {"type": "swap"}},
    "okx": {Wallet.FUNDING: {"type": "funding"}},
}


# Where the holdings stand in the answer about the trading wallet; without it nothing was said.
_HOLDINGS: Mapping[str, str] = {"binance": "balances", "okx": "data"}
# Their trading wallet holds coins and nothing else.
_DEBTLESS = frozenset({"binance", "kucoin", "gate", "bitget", "mexc", "htx", "coinbase"})


def is_told(answer: Row, family: str) -> bool:
    """Tell whether an answer about the trading wallet says what is in it."""
    raw, name = answer.get("info"), _HOLDINGS.get(family)
    if name is None:
        return not is_empty(answer)
    return isinstance(raw, Mapping) and bool(raw.get(name))


def wallets_of(family: str, environment: Environment) -> Mapping[Wallet, _Params]:
    """Return the wallets to ask for, the trading one first, with ccxt's params for each."""
    table = _LIVE if environment is Environment.LIVE else _SANDBOX
    return {**_SPOT, **table.get(family, {})}


def has_own_contract_wallet(family: str) -> bool:
    """Tell whether contracts need a right of their own, which a key for spot lacks."""
    return Wallet.SWAP in _LIVE.get(family, {})


def has_one_pot(family: str) -> bool:
    """Tell whether the trading wallet backs contracts and loans too, so that it can owe."""
    return family not in _DEBTLESS
