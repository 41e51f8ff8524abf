"""Binance's account services under /sapi: rights of a key, coins, the funding wallet."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tests.venues.accounts import Account
from tests.venues.binance_words import eight, market_id
from tests.venues.instruments import Instrument
from tests.venues.matching import Matching
from tests.venues.venue import Call

_NETWORKS = {"BTC": ["BTC"], "ETH": ["ETH"], "SOL": ["SOL"], "USDT": ["ETH", "TRX", "SOL"]}


def good_permissions() -> dict[str, Any]:
    """Return the rights of a key that can read and trade and nothing else."""
    return {
        "enableReading": True,
        "enableSpotAndMarginTrading": True,
        "enableWithdrawals": False,
        "enableInternalTransfer": False,
        "enableMargin": False,
        "enableFutures": True,
        "permitsUniversalTransfer": False,
        "enableVanillaOptions": False,
        "enableFixApiTrade": False,
        "enableFixReadOnly": True,
        "enablePortfolioMarginTrading": False,
    }


class WalletServices:
    """The signed endpoints under /sapi."""

    def __init__(self, matching: Matching) -> None:
        self._matching = matching
        self.is_in_maintenance = False

    async def restrictions(self, call: Call) -> web.Response:
        """Answer the key's rights as they stand in its `permissions`."""
        key = call.key
        assert key
        flags = dict(key.permissions)
        if key.expires_ms is not None:
            flags.setdefault("tradingAuthorityExpirationTime", key.expires_ms)
        return web.json_response(
            {
                "ipRestrict": bool(key.ips),
                "createTime": key.created_ms,
                **flags,
            }
        )

    async def system_status(self, call: Call) -> web.Response:
        del call
        if self.is_in_maintenance:
            return web.json_response({"status": 1, "msg": "system_maintenance"})
        return web.json_response({"status": 0, "msg": "normal"})

    async def account_status(self, call: Call) -> web.Response:
        del call
        return web.json_response({"data": "Normal"})

    async def trading_status(self, call: Call) -> web.Response:
        del call
        return web.json_response(
            {
                "data": {
                    "isLocked": False,
                    "plannedRecoverTime": 0,
                    "triggerCondition": {"GCR": 150, "IFER": 150, "UFR": 300},
                    "updateTime": 1547630471725,
                }
            }
        )

    async def coins(self, call: Call) -> web.Response:
        account = self._account(call)
        names = {
            name
            for item in self._matching.market.instruments.values()
            if not item.is_padding
            for name in (item.base, item.quote)
        }
        return web.json_response([self._coin(account, name) for name in sorted(names)])

    def _coin(self, account: Account, name: str) -> dict[str, Any]:
        held = account.wallets["spot"][name]
        return {
            "coin": name,
            "name": name,
            "depositAllEnable": True,
            "withdrawAllEnable": True,
            "free": eight(held.free),
            "locked": eight(held.locked),
            "freeze": "0",
            "ipoable": "0",
            "ipoing": "0",
            "storage": "0",
            "withdrawing": "0",
            "isLegalMoney": name == "EUR",
            "trading": True,
            "networkList": [_network(name, each) for each in _NETWORKS.get(name, ["BSC"])],
        }

    async def margin_pairs(self, call: Call) -> web.Response:
        del call
        return web.json_response(
            [
                {
                    "id": number,
                    "symbol": market_id(item.symbol),
                    "base": item.base,
                    "quote": item.quote,
                    "isMarginTrade": True,
                    "isBuyAllowed": True,
                    "isSellAllowed": True,
                }
                for number, item in enumerate(self._marginable())
            ]
        )

    async def isolated_pairs(self, call: Call) -> web.Response:
        del call
        return web.json_response(
            [
                {
                    "symbol": market_id(item.symbol),
                    "base": item.base,
                    "quote": item.quote,
                    "isMarginTrade": True,
                    "isBuyAllowed": True,
                    "isSellAllowed": True,
                }
                for item in self._marginable()
            ]
        )

    async def funding(self, call: Call) -> web.Response:
        wanted = (call.form | call.query).get("asset")
        return web.json_response(
            [
                {
                    "asset": name,
                    "free": eight(held.free),
                    "locked": eight(held.locked),
                    "freeze": "0",
                    "withdrawing": "0",
                    "btcValuation": "0.00000000",
                }
                for name, held in self._account(call).wallets["funding"].items()
                if held.total and wanted in {None, name}
            ]
        )

    async def user_assets(self, call: Call) -> web.Response:
        return web.json_response(
            [
                {
                    "asset": name,
                    "free": eight(held.free),
                    "locked": eight(held.locked),
                    "freeze": "0",
                    "withdrawing": "0",
                    "ipoable": "0",
                    "btcValuation": "0",
                }
                for name, held in self._account(call).wallets["spot"].items()
                if held.total
            ]
        )

    async def fees(self, call: Call) -> web.Response:
        del call
        rules = self._matching.rules
        return web.json_response(
            [
                {
                    "symbol": market_id(item.symbol),
                    "makerCommission": str(rules.maker),
                    "takerCommission": str(rules.taker),
                }
                for item in self._matching.market.instruments.values()
                if item.kind == "spot"
            ]
        )

    def _marginable(self) -> list[Instrument]:
        return [
            item
            for item in self._matching.market.instruments.values()
            if item.kind == "spot" and item.base in {"BTC", "ETH"}
        ]

    def _account(self, call: Call) -> Account:
        assert call.account
        return self._matching.accounts[call.account.name]


def _network(coin: str, network: str) -> dict[str, Any]:
    return {
        "network": network,
        "coin": coin,
        "name": network,
        "isDefault": True,
        "depositEnable": True,
        "withdrawEnable": True,
        "busy": False,
        "withdrawIntegerMultiple": "0.00000001",
        "withdrawFee": "0.0001",
        "withdrawMin": "0.001",
        "withdrawMax": "7500",
        "minConfirm": 1,
        "unLockConfirm": 2,
    }
