"""What venues say of a key: one pure reader a venue.

Only what is known to be harmless is let through. A right that is missing from the answer, has a
value that it never had, or a name that nobody here has heard of ends in
`KeyPermissions.unknown`, and such a key is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from services.domain.keys import KeyFacts
from services.exchange.key_answers import Answer, inner, moment, only_row, written


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader must know besides the answer: which key was asked about, and when."""

    api_key: str
    now: datetime


Reader = Callable[[Any, Asked], KeyFacts]

_BINANCE_HARMLESS = frozenset(
    {
        "enableMargin",
        "enableFutures",
        "enableVanillaOptions",
        "enablePortfolioMarginTrading",
        "enableFixApiTrade",
        "enableFixReadOnly",
    }
)
_BINANCE_TIMES = frozenset({"createTime", "tradingAuthorityExpirationTime"})
_BINANCE_ASKED = (
    "ipRestrict",
    "enableReading",
    "enableSpotAndMarginTrading",
    "enableWithdrawals",
    "enableInternalTransfer",
    "permitsUniversalTransfer",
)


def _binance(reply: Any, _asked: Asked) -> KeyFacts:
    answer = Answer(reply)
    said = {name: answer.flag(name) for name in _BINANCE_ASKED}
    known = _BINANCE_HARMLESS | _BINANCE_TIMES | set(_BINANCE_ASKED)
    # A right of a new name that is off harms nobody.
    answer.only((name for name, value in answer.row.items() if value is not False), known)
    for name in sorted(_BINANCE_HARMLESS & answer.row.keys()):
        answer.flag(name)
    return answer.facts(
        can_read=said["enableReading"],
        can_trade=said["enableSpotAndMarginTrading"],
        can_withdraw=said["enableWithdrawals"],
        can_transfer=said["enableInternalTransfer"] or said["permitsUniversalTransfer"],
        ip_bound=said["ipRestrict"],
        expires_at=moment(answer.row.get("tradingAuthorityExpirationTime"), per_second=1000),
        created_at=moment(answer.row.get("createTime"), per_second=1000),
    )


_OKX_MODES = {"acctLv": ("1", "2", "3", "4"), "posMode": ("net_mode", "long_short_mode")}


def _okx(reply: Any, _asked: Asked) -> KeyFacts:
    answer = Answer(only_row(reply))
    rights = answer.names("perm")
    answer.only(rights, {"read_only", "trade", "withdraw"})
    modes = {name: answer.row.get(name) for name in _OKX_MODES}
    answer.unknown.extend(name for name, mode in modes.items() if mode not in _OKX_MODES[name])
    addresses = answer.addresses("ip")
    if addresses is None:
        answer.unknown.append("ip")
    return answer.facts(
        can_read="read_only" in rights or "trade" in rights,
        can_trade="trade" in rights,
        can_withdraw="withdraw" in rights,
        can_transfer=False,
        ip_bound=bool(answer.row.get("ip")),
        addresses=addresses,
        account_mode=modes["acctLv"],
        position_mode=modes["posMode"],
    )


_BYBIT_HARMLESS = frozenset(
    {
        "Spot.SpotTrade",
        "ContractTrade.Order",
        "ContractTrade.Position",
        "Options.OptionsTrade",
        "Derivatives.DerivativesTrade",
        "Exchange.ExchangeHistory",
        "CopyTrading.CopyTrading",
        "BlockTrade.BlockTrade",
        "Earn.Earn",
    }
)
_BYBIT_OUT = frozenset({"Wallet.Withdraw"})
_BYBIT_ACROSS = frozenset(
    {"Wallet.AccountTransfer", "Wallet.SubMemberTransfer", "Wallet.SubMemberTransferList"}
)


def _bybit(reply: Any, _asked: Asked) -> KeyFacts:
    answer = Answer(inner(reply, "result"))
    groups = Answer(answer.row.get("permissions"))
    rights = {f"{group}.{name}" for group in groups.row for name in groups.names(group)}
    groups.unknown.extend(name for name in ("Spot", "Wallet") if name not in groups.row)
    groups.only(rights, _BYBIT_HARMLESS | _BYBIT_OUT | _BYBIT_ACROSS)
    answer.unknown.extend(groups.unknown)
    read_only = answer.row.get("readOnly")
    if isinstance(read_only, bool) or read_only not in (0, 1):
        answer.unknown.append("readOnly")
    addresses = answer.addresses("ips")
    if addresses is None:
        answer.unknown.append("ips")
    return answer.facts(
        can_read=bool(rights),
        can_trade=read_only == 0 and "Spot.SpotTrade" in rights,
        can_withdraw=bool(rights & _BYBIT_OUT),
        can_transfer=bool(rights & _BYBIT_ACROSS),
        ip_bound=bool(addresses),
        addresses=addresses,
        expires_at=written(answer.row.get("expiredAt")),
        created_at=written(answer.row.get("createdAt")),
    )


_BITGET_HARMLESS = frozenset(
    {"stor", "stow", "smor", "smow", "coor", "coow", "cpor", "cpow", "wtor"}
)


def _bitget(reply: Any, _asked: Asked) -> KeyFacts:
    answer = Answer(inner(reply, "data"))
    rights = answer.names("authorities")
    answer.only(rights, _BITGET_HARMLESS | {"wtow", "wwow", "withdraw", "transfer"})
    addresses = answer.addresses("ips")
    return answer.facts(
        can_read=bool(rights & {"stor", "stow"}),
        can_trade="stow" in rights,
        can_withdraw=bool(rights & {"wwow", "withdraw"}),
        can_transfer=bool(rights & {"wtow", "transfer"}),
        ip_bound=None if addresses is None else bool(addresses),
        addresses=addresses,
    )


_GATE_HARMLESS = frozenset(
    {"spot", "margin", "futures", "delivery", "options", "earn", "account", "unified"}
)
_GATE_ACROSS = frozenset({"wallet", "sub_account", "sub_accounts"})
_GATE_NORMAL = 1


def _gate(reply: Any, asked: Asked) -> KeyFacts:
    keys = reply if isinstance(reply, list) else [reply]
    mine = [key for key in keys if isinstance(key, Mapping) and _is_own(key, asked.api_key)]
    answer = Answer(mine[0] if len(mine) == 1 else None)
    if answer.row.get("state") != _GATE_NORMAL:
        answer.unknown.append("state")
    writes = _gate_rights(answer)
    addresses = answer.addresses("ip_whitelist")
    return answer.facts(
        can_read="spot" in writes,
        can_trade=writes.get("spot", False),
        can_withdraw=writes.get("withdraw", False),
        can_transfer=any(writes.get(name, False) for name in _GATE_ACROSS),
        ip_bound=None if addresses is None else bool(addresses),
        addresses=addresses,
        created_at=moment(answer.row.get("created_at")),
    )


def _gate_rights(answer: Answer) -> dict[str, bool]:
    """Return each named right, and whether it is more than looking."""
    listed = answer.row.get("perms")
    writes: dict[str, bool] = {}
    for right in listed if isinstance(listed, list) and listed else [None]:
        row = Answer(right)
        name = row.row.get("name")
        writes[str(name)] = not row.flag("read_only")
        row.only([str(name)], _GATE_HARMLESS | _GATE_ACROSS | {"withdraw"})
        answer.unknown.extend(row.unknown)
    return writes


def _is_own(key: Mapping[str, Any], api_key: str) -> bool:
    # The venue shows the first characters of a key and stars; for a key that may see only
    # itself it shows none.
    shown = key.get("key")
    if not isinstance(shown, str):
        return True
    return bool(shown.rstrip("*")) and api_key.startswith(shown.rstrip("*"))


_KUCOIN_HARMLESS = frozenset({"General", "Trade", "Spot", "Futures", "Margin", "Earn", "Unified"})
_KUCOIN_OUT = frozenset({"Withdrawal", "Withdraw"})
_KUCOIN_ACROSS = frozenset({"Transfer", "InnerTransfer", "FlexTransfers"})


def _kucoin(reply: Any, _asked: Asked) -> KeyFacts:
    answer = Answer(inner(reply, "data"))
    rights = answer.names("permission")
    answer.only(rights, _KUCOIN_HARMLESS | _KUCOIN_OUT | _KUCOIN_ACROSS)
    # Left out for a key that any address may use; stars hide some digits.
    listed = answer.row.get("ipWhitelist")
    return answer.facts(
        can_read="General" in rights,
        can_trade=bool(rights & {"Spot", "Trade", "Unified"}),
        can_withdraw=bool(rights & _KUCOIN_OUT),
        can_transfer=bool(rights & _KUCOIN_ACROSS),
        ip_bound=bool(listed),
        addresses=answer.addresses("ipWhitelist"),
        created_at=moment(answer.row.get("createdAt"), per_second=1000),
    )


_KRAKEN_READS = frozenset({"query-funds", "query-open-trades", "query-closed-trades"})
_KRAKEN_WRITES = frozenset({"modify-trades", "close-trades"})
_KRAKEN_OUT = frozenset({"withdraw-funds", "add-withdraw-address", "update-withdraw-address"})
_KRAKEN_OTHER = frozenset(
    {"query-ledger", "export-data", "create-ws-token", "add-funds", "earn-funds"}
)


def _kraken(reply: Any, _asked: Asked) -> KeyFacts:
    answer = Answer(inner(reply, "result"))
    rights = answer.names("permissions")
    answer.only(rights, _KRAKEN_READS | _KRAKEN_WRITES | _KRAKEN_OUT | _KRAKEN_OTHER)
    addresses = answer.addresses("ip_allowlist")
    return answer.facts(
        can_read=rights >= _KRAKEN_READS,
        can_trade=rights >= _KRAKEN_WRITES,
        can_withdraw=bool(rights & _KRAKEN_OUT),
        can_transfer=False,
        ip_bound=None if addresses is None else bool(addresses),
        addresses=addresses,
        expires_at=moment(answer.row.get("valid_until")),
        created_at=moment(answer.row.get("created_time")),
    )


_COINBASE = frozenset(
    {"can_view", "can_trade", "can_transfer", "portfolio_uuid", "portfolio_type"}
)


def _coinbase(reply: Any, _asked: Asked) -> KeyFacts:
    answer = Answer(reply)
    answer.only((name for name, value in answer.row.items() if value is not False), _COINBASE)
    return answer.facts(
        can_read=answer.flag("can_view"),
        can_trade=answer.flag("can_trade"),
        can_withdraw=answer.flag("can_transfer"),
        can_transfer=answer.row.get("can_transfer") is True,
        ip_bound=None,
    )


def _htx(reply: Any, asked: Asked) -> KeyFacts:
    keys = reply.get("data") if isinstance(reply, Mapping) else None
    mine = [
        key
        for key in (keys if isinstance(keys, list) else [])
        if isinstance(key, Mapping) and key.get("accessKey") == asked.api_key
    ]
    answer = Answer(mine[0] if len(mine) == 1 else None)
    rights = answer.names("permission")
    answer.only(rights, {"readOnly", "trade", "withdraw"})
    if answer.row.get("status") != "normal":
        answer.unknown.append("status")
    addresses = answer.addresses("ipAddresses")
    days = answer.row.get("validDays")
    left = days if isinstance(days, int) and not isinstance(days, bool) and days >= 0 else None
    return answer.facts(
        can_read="readOnly" in rights,
        can_trade="trade" in rights,
        can_withdraw="withdraw" in rights,
        can_transfer=False,
        ip_bound=None if addresses is None else bool(addresses),
        addresses=addresses,
        expires_at=None if left is None else asked.now + timedelta(days=left),
        created_at=moment(answer.row.get("createTime"), per_second=1000),
    )


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "binance": _binance,
        "okx": _okx,
        "myokx": _okx,
        "okxus": _okx,
        "bybit": _bybit,
        "bitget": _bitget,
        "gate": _gate,
        "kucoin": _kucoin,
        "kraken": _kraken,
        "coinbase": _coinbase,
        "htx": _htx,
    }
)
"""The reader of each venue's answer, by ccxt id."""
