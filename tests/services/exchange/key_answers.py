"""What venues answer about a good key, as their references show it, and how it goes bad."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

API_KEY = "c5dcfbf1-f3a7-4b8e-9d2c-1a2b3c4d5e6f"


@dataclass(frozen=True)
class Contract:
    """A venue's answer about a key that reads and trades and does nothing else.

    Attributes:
        good: The recorded answer.
        method: HTTP method and path of the question.
        needed: Paths of fields without which the key is refused.
        dangerous: Changes that let money out, each with what it does.
        strange: Changes of a kind that nobody here has heard of.
    """

    good: Any
    method: tuple[str, str]
    needed: tuple[tuple[str | int, ...], ...]
    dangerous: Mapping[str, tuple[tuple[str | int, ...], Any]]
    strange: Mapping[str, tuple[tuple[str | int, ...], Any]] = field(default_factory=dict)


_BYBIT = ("result", "permissions")
CONTRACTS: Mapping[str, Contract] = {
    "binance": Contract(
        good={
            "ipRestrict": True,
            "createTime": 1698645219000,
            "enableReading": True,
            "enableWithdrawals": False,
            "enableInternalTransfer": False,
            "enableMargin": False,
            "enableFutures": False,
            "permitsUniversalTransfer": False,
            "enableVanillaOptions": False,
            "enableFixApiTrade": False,
            "enableFixReadOnly": True,
            "enableSpotAndMarginTrading": True,
            "enablePortfolioMarginTrading": False,
            "tradingAuthorityExpirationTime": 1798645219000,
        },
        method=("GET", "/sapi/v1/account/apiRestrictions"),
        needed=(
            ("ipRestrict",),
            ("enableReading",),
            ("enableWithdrawals",),
            ("enableInternalTransfer",),
            ("permitsUniversalTransfer",),
            ("enableSpotAndMarginTrading",),
        ),
        dangerous={
            "withdraws": (("enableWithdrawals",), True),
            "transfers to sub-accounts": (("enableInternalTransfer",), True),
            "transfers between wallets": (("permitsUniversalTransfer",), True),
        },
        strange={
            "a new right": (("enableGifts",), True),
            "a new right of another type": (("enableGifts",), "all"),
            "a right that is no boolean": (("enableMargin",), "yes"),
            "a denial in words": (("enableWithdrawals",), "false"),
            "a denial by zero": (("enableInternalTransfer",), 0),
            "a denial by null": (("permitsUniversalTransfer",), None),
        },
    ),
    "okx": Contract(
        good={
            "code": "0",
            "msg": "",
            "data": [
                {
                    "uid": "44705892343619584",
                    "mainUid": "44705892343619584",
                    "acctLv": "2",
                    "posMode": "long_short_mode",
                    "autoLoan": False,
                    "level": "Lv1",
                    "ip": "203.0.113.7",
                    "perm": "read_only,trade",
                    "label": "v5 test",
                    "roleType": "0",
                    "kycLv": "3",
                }
            ],
        },
        method=("GET", "/api/v5/account/config"),
        needed=(
            ("data",),
            ("data", 0, "perm"),
            ("data", 0, "ip"),
            ("data", 0, "acctLv"),
            ("data", 0, "posMode"),
        ),
        dangerous={"withdraws": (("data", 0, "perm"), "read_only,withdraw,trade")},
        strange={
            "a new right": (("data", 0, "perm"), "read_only,trade,lend"),
            "rights of another type": (("data", 0, "perm"), {"trade": True}),
            "two accounts": (("data",), [{"perm": "read_only"}, {"perm": "trade"}]),
            "a new account mode": (("data", 0, "acctLv"), "5"),
        },
    ),
    "bybit": Contract(
        good={
            "retCode": 0,
            "retMsg": "",
            "result": {
                "id": "13770661",
                "note": "readwrite",
                "apiKey": API_KEY,
                "readOnly": 0,
                "secret": "",
                "permissions": {
                    "ContractTrade": ["Order", "Position"],
                    "Spot": ["SpotTrade"],
                    "Wallet": [],
                    "Options": ["OptionsTrade"],
                    "Derivatives": [],
                    "CopyTrading": [],
                    "BlockTrade": [],
                    "Exchange": ["ExchangeHistory"],
                    "Earn": [],
                    "NFT": [],
                    "FiatP2P": [],
                    "FiatBitPay": [],
                    "FiatConvertBroker": [],
                    "Affiliate": [],
                },
                "ips": ["203.0.113.7"],
                "type": 1,
                "deadlineDay": 66,
                "expiredAt": "2027-01-01T00:00:00Z",
                "createdAt": "2026-10-01T00:00:00Z",
                "uta": 1,
            },
        },
        method=("GET", "/v5/user/query-api"),
        needed=(
            ("result",),
            ("result", "readOnly"),
            ("result", "ips"),
            _BYBIT,
            (*_BYBIT, "Spot"),
            (*_BYBIT, "Wallet"),
        ),
        dangerous={
            "withdraws": ((*_BYBIT, "Wallet"), ["Withdraw"]),
            "transfers": ((*_BYBIT, "Wallet"), ["AccountTransfer"]),
            "transfers to sub-accounts": ((*_BYBIT, "Wallet"), ["SubMemberTransfer"]),
            "transfers from a sub-account": ((*_BYBIT, "Wallet"), ["SubMemberTransferList"]),
        },
        strange={
            "sells to people": ((*_BYBIT, "FiatP2P"), ["FiatP2POrder"]),
            "pays": ((*_BYBIT, "FiatBitPay"), ["FaitPayOrder"]),
            "a new group": ((*_BYBIT, "Gifts"), ["GiftSend"]),
            "a new name in a known group": ((*_BYBIT, "Spot"), ["SpotTrade", "SpotGift"]),
            "a known name in a strange group": ((*_BYBIT, "Wallet"), ["SpotTrade"]),
            "rights of another type": ((*_BYBIT, "Wallet"), "none"),
            "a read-only mark of another type": (("result", "readOnly"), False),
        },
    ),
    "bitget": Contract(
        good={
            "code": "00000",
            "msg": "success",
            "requestTime": 1700000000000,
            "data": {
                "userId": "123",
                "inviterId": "1",
                "ips": "203.0.113.7",
                "authorities": ["stor", "stow", "coor", "coow", "cpor", "cpow"],
                "parentId": 1,
                "traderType": "not_trader",
            },
        },
        method=("GET", "/api/v2/spot/account/info"),
        needed=(("data",), ("data", "authorities")),
        dangerous={
            "transfers": (("data", "authorities"), ["stor", "stow", "wtow"]),
            "withdraws": (("data", "authorities"), ["stor", "stow", "wwow"]),
        },
        strange={
            "a new right": (("data", "authorities"), ["stor", "stow", "gftw"]),
            "rights of another type": (("data", "authorities"), [1, 2]),
        },
    ),
    "gate": Contract(
        good=[
            {
                "state": 1,
                "mode": 1,
                "name": "bot",
                "user_id": 1,
                "perms": [
                    {"name": "account", "read_only": True},
                    {"name": "spot", "read_only": False},
                    {"name": "wallet", "read_only": True},
                ],
                "ip_whitelist": ["203.0.113.7"],
                "key": "c5dcfbf1-f3a*****",
                "created_at": 1753030929,
            },
            {
                "state": 1,
                "mode": 1,
                "name": "other",
                "user_id": 1,
                "perms": [{"name": "withdraw", "read_only": False}],
                "ip_whitelist": [],
                "key": "99999999-f3a*****",
                "created_at": 1753030929,
            },
        ],
        method=("GET", "/api/v4/account/main_keys"),
        needed=(
            (0, "state"),
            (0, "perms"),
            (0, "perms", 1, "name"),
            (0, "perms", 1, "read_only"),
        ),
        dangerous={
            "withdraws": ((0, "perms", 0), {"name": "withdraw", "read_only": False}),
            "transfers": ((0, "perms", 2), {"name": "wallet", "read_only": False}),
            "transfers to sub-accounts": (
                (0, "perms", 2),
                {"name": "sub_account", "read_only": False},
            ),
        },
        strange={
            "a new right": ((0, "perms", 0), {"name": "gifts", "read_only": True}),
            "a right of another type": ((0, "perms", 1), {"name": "spot", "read_only": 0}),
            "a locked key": ((0, "state"), 2),
            "another key": ((0, "key"), "88888888-f3a*****"),
            "a key behind stars alone": ((0, "key"), "*****"),
            "two keys that may be it": ((1, "key"), "c5dcfbf1-f3a*****"),
            "no rights": ((0, "perms"), []),
        },
    ),
    "kucoin": Contract(
        good={
            "code": "200000",
            "data": {
                "remark": "bot",
                "apiKey": API_KEY,
                "apiVersion": 3,
                "permission": "General,Spot,Futures",
                "ipWhitelist": "203.**.154,103.**.34",
                "createdAt": 1728443843000,
                "uid": 165111215,
                "isMaster": True,
            },
        },
        method=("GET", "/api/v1/user/api-key"),
        needed=(("data",), ("data", "permission")),
        dangerous={
            "withdraws": (("data", "permission"), "General,Spot,Withdrawal"),
            "transfers": (("data", "permission"), "General,Spot,Transfer"),
            "transfers between wallets": (("data", "permission"), "General,Spot,InnerTransfer"),
        },
        strange={
            "a new right": (("data", "permission"), "General,Spot,Gifts"),
            "rights of another type": (("data", "permission"), 7),
        },
    ),
    "kraken": Contract(
        good={
            "error": [],
            "result": {
                "api_key_name": "bot",
                "api_key": API_KEY,
                "permissions": [
                    "query-funds",
                    "query-open-trades",
                    "query-closed-trades",
                    "modify-trades",
                    "close-trades",
                    "create-ws-token",
                ],
                "valid_until": "1798645219",
                "created_time": "1698645219",
                "ip_allowlist": ["203.0.113.7"],
            },
        },
        method=("POST", "/0/private/GetApiKeyInfo"),
        needed=(("result",), ("result", "permissions")),
        dangerous={
            "withdraws": (("result", "permissions", 5), "withdraw-funds"),
            "adds addresses to withdraw to": (
                ("result", "permissions", 5),
                "add-withdraw-address",
            ),
            "changes addresses to withdraw to": (
                ("result", "permissions", 5),
                "update-withdraw-address",
            ),
        },
        strange={
            "a new right": (("result", "permissions", 5), "send-gifts"),
            "rights of another type": (("result", "permissions"), {"funds": "none"}),
        },
    ),
    "coinbase": Contract(
        good={
            "can_view": True,
            "can_trade": True,
            "can_transfer": False,
            "portfolio_uuid": "a0b1",
            "portfolio_type": "DEFAULT",
        },
        method=("GET", "/api/v3/brokerage/key_permissions"),
        needed=(("can_view",), ("can_trade",), ("can_transfer",)),
        dangerous={"transfers": (("can_transfer",), True)},
        strange={
            "a new right": (("can_gift",), True),
            "a right of another name": (("may_withdraw",), True),
            "a denial in words": (("can_transfer",), "false"),
        },
    ),
    "htx": Contract(
        good={
            "code": 200,
            "message": "success",
            "data": [
                {
                    "accessKey": API_KEY,
                    "status": "normal",
                    "note": "bot",
                    "permission": "readOnly,trade",
                    "ipAddresses": "203.0.113.7",
                    "validDays": 30,
                    "createTime": 1591348751000,
                    "updateTime": 1591348751000,
                }
            ],
        },
        method=("GET", "/v2/user/api-key"),
        needed=(
            ("data",),
            ("data", 0, "accessKey"),
            ("data", 0, "status"),
            ("data", 0, "permission"),
        ),
        dangerous={"withdraws": (("data", 0, "permission"), "readOnly,trade,withdraw")},
        strange={
            "a new right": (("data", 0, "permission"), "readOnly,trade,gift"),
            "an expired key": (("data", 0, "status"), "expired"),
            "another key": (("data", 0, "accessKey"), "somebody-else"),
        },
    ),
}
