"""What venues' own error codes mean: one reviewed table, venue code first, ccxt class second.

A code is here for two reasons: to tell the user what to do, and to tell whether a refused write
is proved not to have happened. What no row proves counts as unknown; a row is added only where
the venue's reference says that the request was refused before matching. The classes stand in
`services.exchange.meanings`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from services.exchange.meanings import (
    ACCOUNT,
    ADDRESS,
    BUSY,
    CHEAP,
    CLOCK,
    CLOSED,
    ENVIRONMENT,
    EXISTS,
    FUNDS,
    GONE,
    KEY,
    KEY_EXPIRED,
    KEY_OR_ADDRESS,
    KEY_UNKNOWN,
    LARGE,
    LOCATION,
    LOT,
    MAINTENANCE,
    MANY,
    MISSING,
    PASSPHRASE,
    PERMISSION,
    PRICE,
    RATE,
    REGION,
    SECRET,
    SMALL,
    STOPPING,
    TICK,
    UNSUPPORTED,
    Meaning,
)

_Rows = Mapping[str, Meaning]


def _rows(*groups: tuple[Meaning, str]) -> _Rows:
    """Take `(meaning, "code code ...")`; with a bar in it, bars separate instead of spaces."""
    return {
        code.strip(): meaning
        for meaning, codes in groups
        for code in (codes.split("|") if "|" in codes else codes.split())
        if code.strip()
    }


FAMILIES: Mapping[str, str] = {
    "binanceus": "binance",
    "binanceusdm": "binance",
    "binancecoinm": "binance",
    "myokx": "okx",
    "okxus": "okx",
    "bybiteu": "bybit",
    "bybitid": "bybit",
    "kucoinfutures": "kucoin",
    "gateeu": "gate",
}
"""ccxt ids that share the codes of another."""

CODES: Mapping[str, _Rows] = {
    "binance": _rows(
        (BUSY, "-1000 -1001 -1004 -1006 -1007 -1008"),
        (RATE, "-1003 -1015"),
        (STOPPING, "-1016"),
        (CLOCK, "-1021 -5028"),
        (SECRET, "-1022"),
        (KEY_UNKNOWN, "-2008 -2014"),
        (KEY_OR_ADDRESS, "-2015"),
        (KEY, "-1002 -1099 -2017"),
        (ADDRESS, "-1005 -1011"),
        (PERMISSION, "-1109"),
        (FUNDS, "-2018 -2019 -2024"),
        (TICK, "-1014 -1111 -4014"),
        (SMALL, "-4003"),
        (LARGE, "-4005 -2027"),
        (CHEAP, "-4164"),
        (PRICE, "-4016 -4024 -4131"),
        (CLOSED, "-1122 -4108 -4141"),
        (GONE, "-1121"),
        (MANY, "-2025 -4045"),
        (EXISTS, "-4116 -20132"),
        (MISSING, "-2011 -2013"),
        (UNSUPPORTED, "-1020 -3003"),
    ),
    "okx": _rows(
        (BUSY, "50004 50005 50013 50026 51054 51149"),
        (MAINTENANCE, "50001"),
        (RATE, "50011 50061"),
        (ACCOUNT, "50007 50008 50009 50012 50027 50100 51009 51024"),
        (ENVIRONMENT, "50101"),
        (CLOCK, "50102 50112 50036"),
        (KEY_UNKNOWN, "50103 50111"),
        (PASSPHRASE, "50104 50105"),
        (SECRET, "50106 50107 50113 50114"),
        (ADDRESS, "50110"),
        (REGION, "50119"),
        (PERMISSION, "50120 51010"),
        (UNSUPPORTED, "50038"),
        (LOCATION, "51155"),
        (GONE, "51001 51015"),
        (SMALL, "51007 51020 51100 51118 51120"),
        (LARGE, "51004 51005 51101 51105 51106 51201 51202 51203"),
        (PRICE, "51006 51031 51116 51122 51136 51137 51138"),
        (FUNDS, "51008 51119 51127 51131"),
        (CLOSED, "51021 51022 51027 51028 51029 51030"),
        (MANY, "51025 51102 51103 51174"),
        (LOT, "51121"),
        (EXISTS, "51011 51016"),
        (MISSING, "51400 51401 51402 51410 51503 51603"),
    ),
    "bybit": _rows(
        (BUSY, "10000 10016 170007"),
        (CLOCK, "10002"),
        (KEY_UNKNOWN, "10003 10007"),
        (SECRET, "10004"),
        (PERMISSION, "10005 10028"),
        (RATE, "10006 10018 10429 170005"),
        (ACCOUNT, "10008 10027"),
        (ADDRESS, "10009 10010"),
        (LOCATION, "10024"),
        (KEY_EXPIRED, "33004"),
        (FUNDS, "110004 110007 110012 170033 170131"),
        (SMALL, "170136 170140 170148"),
        (LARGE, "170124 170135"),
        (CHEAP, "110094"),
        (LOT, "170137 12137"),
        (TICK, "170134"),
        (PRICE, "110003 170132 170133 170193 170194"),
        (GONE, "170121"),
        (MANY, "110020"),
        (EXISTS, "110072 170141"),
        (MISSING, "110001 170213"),
    ),
    "bitget": _rows(
        (BUSY, "40010 40015 40604 40725 45001 50008"),
        (MAINTENANCE, "40200 40308 41114 43115"),
        (CLOCK, "40004 40005 40008"),
        (KEY_UNKNOWN, "40006 40037"),
        (SECRET, "40009 40506 40507"),
        (PASSPHRASE, "40011 40012"),
        (PERMISSION, "40014 40016"),
        (ADDRESS, "40018"),
        (ENVIRONMENT, "40099"),
        (ACCOUNT, "40031"),
        (RATE, "429 1001 50009"),
        (FUNDS, "43012 40762 50020"),
        (SMALL, "50014 50019"),
        (CHEAP, "45110"),
        (LARGE, "45113 50015"),
        (LOT, "40808"),
        (TICK, "41103"),
        (PRICE, "41117 50016 50017 50018 50021"),
        (GONE, "40309 50004"),
        (MISSING, "40109 40768 43001"),
    ),
    "kraken": _rows(
        (
            BUSY,
            (
                "EService:Unavailable | EService:Busy | EService:Timeout |"
                " EService:Deadline elapsed | EGeneral:Internal error | EDatabase:Internal error"
            ),
        ),
        (KEY_UNKNOWN, "EAPI:Invalid key|ESession:Invalid session"),
        (SECRET, "EAPI:Invalid signature|EAPI:Bad request"),
        (CLOCK, "EAPI:Invalid nonce|:Invalid nonce"),
        (PERMISSION, "EGeneral:Permission denied|EAPI:Feature disabled"),
        (
            RATE,
            (
                "EAPI:Rate limit exceeded|EOrder:Rate limit exceeded|EGeneral:Too many requests"
                "|EGeneral:Temporary lockout"
            ),
        ),
        (ACCOUNT, "ETrade:User Locked|EAccount:Invalid permissions"),
        (FUNDS, "EOrder:Insufficient funds|EOrder:Insufficient margin"),
        (SMALL, "EOrder:Order minimum not met|EGeneral:Invalid arguments:volume"),
        (CHEAP, "EOrder:Cost minimum not met|EOrder:Costmin not met"),
        (TICK, "EOrder:Tick size check failed|EOrder:Invalid price"),
        (PRICE, "EGeneral:Invalid arguments:price|EOrder:Invalid price:Invalid price argument"),
        (
            CLOSED,
            (
                "EService:Market in cancel_only mode|EService:Market in post_only mode"
                "|EService:Market in limit_only mode"
            ),
        ),
        (MANY, "EOrder:Orders limit exceeded|EOrder:Positions limit exceeded"),
        (GONE, "EQuery:Unknown asset pair|EQuery:Invalid asset pair|EQuery:Unknown asset"),
        (MISSING, "EOrder:Unknown order|EOrder:Invalid order"),
    ),
    "kucoin": _rows(
        (BUSY, "500 503 500000"),
        (KEY_UNKNOWN, "400001 400003"),
        (CLOCK, "400002"),
        (PASSPHRASE, "400004"),
        (SECRET, "400005"),
        (ADDRESS, "400006"),
        (PERMISSION, "400007"),
        (RATE, "429 429000 1015"),
        (LOCATION, "400302 400500"),
        (ACCOUNT, "411100 130201"),
        (FUNDS, "200004 210021 230003 260100"),
        (SMALL, "126003 300012"),
        (CHEAP, "600101"),
        (PRICE, "126029 126030 400370 400760"),
        (GONE, "400600"),
        (MISSING, "100001 126043"),
    ),
    "gate": _rows(
        (BUSY, "INTERNAL SERVER_ERROR TOO_BUSY"),
        (KEY_UNKNOWN, "INVALID_KEY INVALID_CREDENTIALS"),
        (KEY, "AUTHENTICATION_FAILED MISSING_REQUIRED_HEADER"),
        (SECRET, "INVALID_SIGNATURE"),
        (CLOCK, "REQUEST_EXPIRED"),
        (ADDRESS, "IP_FORBIDDEN"),
        (PERMISSION, "FORBIDDEN READ_ONLY"),
        (ACCOUNT, "ACCOUNT_LOCKED SUB_ACCOUNT_LOCKED USER_NOT_FOUND"),
        (RATE, "TOO_FAST TOO_MANY_REQUESTS"),
        (FUNDS, "BALANCE_NOT_ENOUGH"),
        (SMALL, "AMOUNT_TOO_LITTLE SIZE_TOO_SMALL"),
        (LARGE, "AMOUNT_TOO_MUCH SIZE_TOO_LARGE"),
        (LOT, "INVALID_PRECISION"),
        (PRICE, "PRICE_TOO_DEVIATED PRICE_THRESHOLD_EXCEEDED"),
        (GONE, "INVALID_CURRENCY_PAIR INVALID_CURRENCY"),
        (MANY, "TOO_MANY_ORDERS"),
        (MISSING, "ORDER_NOT_FOUND CLIENT_ID_NOT_FOUND ORDER_CLOSED ORDER_CANCELLED"),
    ),
    "coinbase": _rows(
        (BUSY, "internal_server_error UNKNOWN_FAILURE_REASON unknown"),
        (KEY, "authentication_error unauthorized Unauthorized"),
        (KEY_UNKNOWN, "invalid_token"),
        (KEY_EXPIRED, "expired_token revoked_token"),
        (PERMISSION, "invalid_scope permission_denied PERMISSION_DENIED"),
        (RATE, "rate_limit_exceeded"),
        (FUNDS, "INSUFFICIENT_FUND"),
        (SMALL, "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL INVALID_SIZE_PRECISION"),
        (LARGE, "PREVIEW_INVALID_BASE_SIZE_TOO_LARGE"),
        (PRICE, "INVALID_LIMIT_PRICE INVALID_LIMIT_PRICE_POST_ONLY"),
        (TICK, "INVALID_PRICE_PRECISION"),
        (GONE, "INVALID_PRODUCT_ID UNSUPPORTED_ORDER_CONFIGURATION"),
        (MISSING, "UNKNOWN_CANCEL_ORDER NOT_FOUND"),
    ),
    "mexc": _rows(
        (BUSY, "500 503 504 -1007 -1001"),
        (KEY_UNKNOWN, "402 10072 700001"),
        (CLOCK, "10073 700003"),
        (SECRET, "602 700002"),
        (ADDRESS, "406 700006"),
        (PERMISSION, "700007"),
        (RATE, "429 510 -1003"),
        (FUNDS, "2005 10101 30004"),
        (SMALL, "30002"),
        (LARGE, "30003"),
        (PRICE, "2003 30010"),
        (CLOSED, "30000 30016 30018"),
        (GONE, "10007 30014 -1121"),
        (MISSING, "-2011 -2013"),
    ),
    "htx": _rows(
        (
            BUSY,
            ("timeout gateway-internal-error order-update-error"),
        ),
        (MAINTENANCE, "system-maintenance"),
        (KEY_UNKNOWN, "403 api-not-support-temp-addr"),
        (SECRET, "1003 api-signature-check-failed api-signature-not-valid"),
        (RATE, "base-request-exceed-frequency-limit rate-too-many-requests"),
        (FUNDS, "account-frozen-balance-insufficient-error"),
        (SMALL, "order-limitorder-amount-min-error order-marketorder-amount-min-error"),
        (LARGE, "order-limitorder-amount-max-error order-marketorder-amount-max-error"),
        (CHEAP, "order-value-min-error"),
        (LOT, "order-orderamount-precision-error"),
        (TICK, "order-orderprice-precision-error"),
        (
            PRICE,
            (
                "order-limitorder-price-min-error order-limitorder-price-max-error"
                " order-limitorder-price-buy-min-error order-limitorder-price-buy-max-error"
                " order-limitorder-price-sell-min-error order-limitorder-price-sell-max-error"
                " order-invalid-price"
            ),
        ),
        (CLOSED, "base-symbol-trade-disabled"),
        (GONE, "base-symbol-error"),
        (MISSING, "base-record-invalid order-queryorder-invalid order-orderstate-error"),
    ),
}
"""Venue, its code, what it means."""

REFUSING: Mapping[str, re.Pattern[str]] = {
    "binance": re.compile(
        r"-(10(03|13|14|15|16|20|21|22)|11\d\d|20(10|14|15|18|19|2\d)|4\d{3}|50(21|22|28))"
    ),
    "okx": re.compile(r"500(11|61)|501\d\d|5[14]\d{3}"),
}
"""Codes by which the venue refuses before matching; of these venues no other code proves it."""

TEXTS: Mapping[str, _Rows] = {
    "binance": _rows(
        (EXISTS, "Duplicate order sent.|ClientOrderId is duplicated"),
        (FUNDS, "Account has insufficient balance|"),
        (CHEAP, "Filter failure: MIN_NOTIONAL|Filter failure: NOTIONAL"),
        (PRICE, "Filter failure: PERCENT_PRICE|PERCENT_PRICE_BY_SIDE"),
        (LARGE, "Filter failure: MARKET_LOT_SIZE|Filter failure: MAX_POSITION"),
        (LOT, "Filter failure: LOT_SIZE|"),
        (TICK, "Filter failure: PRICE_FILTER|"),
        (MANY, "Filter failure: MAX_NUM_|"),
        (CLOSED, "Market is closed.|"),
        (
            PERMISSION,
            (
                "This symbol is restricted for this account.|Rest API trading is not enabled."
                "|This account may not place or cancel orders."
            ),
        ),
        (ACCOUNT, "This action is disabled on this account.|"),
        (MAINTENANCE, "System is under maintenance.|"),
    ),
}
"""What says more than its code, or comes without one: part of the text, what it means."""
