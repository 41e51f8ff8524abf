"""The venues: curated rows, and rows derived from ccxt for every other venue that it knows.

A curated row costs nothing to look up. A derived one imports that one ccxt class, once.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from services.domain.venues import (
    Capabilities,
    ClientIdLookup,
    CredentialField,
    FieldKind,
    KeyKind,
    Sandbox,
    Venue,
)
from services.errors import NotFound
from services.exchange import imports

TESTNET_CALL = "set_sandbox_mode"
DEMO_CALL = "enable_demo_trading"

# Order of asking; whoever holds a secret one can act.
_FIELDS = (
    CredentialField("apiKey", FieldKind.API_KEY, is_secret=False),
    CredentialField("walletAddress", FieldKind.WALLET_ADDRESS, is_secret=False),
    CredentialField("login", FieldKind.LOGIN, is_secret=False),
    CredentialField("uid", FieldKind.UID, is_secret=False),
    CredentialField("accountId", FieldKind.ACCOUNT_ID, is_secret=False),
    CredentialField("secret", FieldKind.SECRET, is_secret=True),
    CredentialField("privateKey", FieldKind.PRIVATE_KEY, is_secret=True),
    CredentialField("password", FieldKind.PASSPHRASE, is_secret=True),
    CredentialField("token", FieldKind.TOKEN, is_secret=True),
    CredentialField("twofa", FieldKind.TWO_FACTOR, is_secret=True),
)
_MARKETS = ("spot", "margin", "swap", "future", "option")


def _asked(*names: str) -> tuple[CredentialField, ...]:
    return tuple(field for field in _FIELDS if field.name in names)


_KEY = _asked("apiKey", "secret")
_KEY_AND_PASSPHRASE = _asked("apiKey", "secret", "password")
_WALLET = _asked("walletAddress", "privateKey")
_EVERYTHING = frozenset(_MARKETS)
_OKX_REGIONS = ("okx", "myokx", "okxus")


def _okx(exchange_id: str, label: str, markets: frozenset[str]) -> Venue:
    return Venue(
        exchange_id,
        label,
        _KEY_AND_PASSPHRASE,
        sandbox=Sandbox.DEMO,
        sandbox_call=TESTNET_CALL,
        markets=markets,
        regions=tuple(region for region in _OKX_REGIONS if region != exchange_id),
        permission_probe="privateGetAccountConfig",
        client_id_lookup=ClientIdLookup.FETCH_ORDER,
        is_sandbox_probed=True,
        quirks=frozenset({"account_modes", "one_order_batch", "unidentified_reply"}),
    )


_CURATED = (
    Venue(
        "binance",
        "Binance",
        _KEY,
        sandbox=Sandbox.DEMO,
        sandbox_call=DEMO_CALL,
        markets=_EVERYTHING,
        regions=("binanceus",),
        key_kinds=(KeyKind.ED25519,),
        permission_probe="sapiGetAccountApiRestrictions",
        client_id_lookup=ClientIdLookup.FETCH_ORDER,
        quirks=frozenset({"cancel_renames_client_id", "price_makes_market_order_by_cost"}),
    ),
    _okx("okx", "OKX", _EVERYTHING),
    Venue(
        "bybit",
        "Bybit",
        _KEY,
        sandbox=Sandbox.TESTNET,
        sandbox_call=TESTNET_CALL,
        markets=_EVERYTHING,
        key_kinds=(KeyKind.RSA,),
        permission_probe="privateGetV5UserQueryApi",
        client_id_lookup=ClientIdLookup.LISTS,
        client_id_param="orderLinkId",
        is_sandbox_probed=True,
        quirks=frozenset({"market_buy_needs_price"}),
    ),
    Venue(
        "bitget",
        "Bitget",
        _KEY_AND_PASSPHRASE,
        sandbox=Sandbox.DEMO,
        sandbox_call=TESTNET_CALL,
        markets=_EVERYTHING - {"option"},
        permission_probe="privateSpotGetV2SpotAccountInfo",
        client_id_lookup=ClientIdLookup.FETCH_ORDER,
        quirks=frozenset({"market_buy_needs_price"}),
    ),
    Venue(
        "gate",
        "Gate",
        _KEY,
        sandbox=Sandbox.TESTNET,
        sandbox_call=TESTNET_CALL,
        markets=_EVERYTHING,
        permission_probe="privateAccountGetMainKeys",
        client_id_lookup=ClientIdLookup.FETCH_ORDER,
        quirks=frozenset({"market_buy_needs_price", "client_id_prefix"}),
    ),
    Venue(
        "kucoin",
        "KuCoin",
        _KEY_AND_PASSPHRASE,
        markets=_EVERYTHING - {"option"},
        permission_probe="privateGetUserApiKey",
        client_id_lookup=ClientIdLookup.FETCH_ORDER,
    ),
    Venue(
        "kraken",
        "Kraken",
        _KEY,
        markets=frozenset({"spot", "margin"}),
        permission_probe="privatePostGetApiKeyInfo",
        client_id_lookup=ClientIdLookup.LISTS,
        client_id_param="cl_ord_id",
        quirks=frozenset({"rising_nonce"}),
    ),
    Venue(
        "coinbase",
        "Coinbase Advanced",
        _KEY,
        markets=frozenset({"spot", "swap", "future"}),
        permission_probe="v3PrivateGetBrokerageKeyPermissions",
        client_id_lookup=ClientIdLookup.LISTS,
        quirks=frozenset({"market_buy_needs_price"}),
    ),
    Venue(
        "mexc",
        "MEXC",
        _KEY,
        markets=frozenset({"spot", "margin", "swap"}),
        client_id_lookup=ClientIdLookup.FETCH_ORDER,
    ),
    Venue(
        "htx",
        "HTX",
        _KEY,
        markets=_EVERYTHING - {"option"},
        permission_probe="v2PrivateGetUserApiKey",
        client_id_lookup=ClientIdLookup.FETCH_ORDER,
        quirks=frozenset({"market_buy_needs_price"}),
    ),
    Venue(
        "hyperliquid",
        "Hyperliquid",
        _WALLET,
        sandbox=Sandbox.TESTNET,
        sandbox_call=TESTNET_CALL,
        markets=frozenset({"spot", "swap"}),
        permission_probe="publicPostInfo",
        client_id_lookup=ClientIdLookup.FETCH_ORDER,
        is_sandbox_probed=True,
        quirks=frozenset({"hex_client_id", "market_order_needs_price"}),
    ),
    _okx("myokx", "OKX (EEA)", frozenset({"spot", "swap"})),
    _okx("okxus", "OKX (US)", frozenset({"spot"})),
    Venue(
        "binanceus",
        "Binance US",
        _KEY,
        markets=frozenset({"spot"}),
        regions=("binance",),
        client_id_lookup=ClientIdLookup.FETCH_ORDER,
        quirks=frozenset({"cancel_renames_client_id", "price_makes_market_order_by_cost"}),
    ),
)

CURATED: Mapping[str, Venue] = MappingProxyType({venue.id: venue for venue in _CURATED})
"""The venues that were looked at one by one, the most used first."""


def venue(exchange_id: str) -> Venue:
    """Return the row of a venue, curated or derived from its ccxt class.

    Raises:
        NotFound: ``exchange_unknown``; ccxt has no venue of this id.
    """
    return CURATED.get(exchange_id) or _derived(exchange_id)


def ids() -> tuple[str, ...]:
    """Return every id that ccxt knows, the curated ones first, without importing any class."""
    rest = [name for name in imports.exchange_ids() if name not in CURATED]
    return (*CURATED, *sorted(rest))


def capabilities(exchange_id: str) -> Capabilities:
    """Say what the assistant can do at a venue; imports its ccxt class.

    Raises:
        NotFound: As `venue`.
    """
    row, described = venue(exchange_id), _described(exchange_id)
    has = described["has"]
    return Capabilities(
        venue=row,
        has_spot="spot" in row.markets,
        has_swap="swap" in row.markets,
        has_candles=bool(has.get("fetchOHLCV")),
        has_stop_orders=bool(has.get("createTriggerOrder") or has.get("createStopOrder")),
        has_client_ids=row.client_id_lookup is not ClientIdLookup.NONE,
        has_websockets=bool(described.get("pro")),
        has_permission_check=row.is_verifiable,
        is_price_only=row.client_id_lookup is ClientIdLookup.NONE or not has.get("createOrder"),
    )


def search(text: str, *, limit: int) -> tuple[Venue, ...]:
    """Return venues by part of their id or label: the best match first, curated before others.

    Imports the classes of those that are not curated.
    """
    wanted = "".join(text.lower().split())
    if not wanted:
        return ()
    names = {
        exchange_id: (exchange_id, "".join(CURATED[exchange_id].label.lower().split()))
        if exchange_id in CURATED
        else (exchange_id,)
        for exchange_id in ids()
    }
    found = [exchange_id for exchange_id, known in names.items() if _is_part(wanted, known)]
    # Sorting keeps the order of `ids` among those of equal rank.
    found.sort(key=lambda exchange_id: _rank(wanted, names[exchange_id]))
    return tuple(venue(exchange_id) for exchange_id in found[:limit])


def _is_part(wanted: str, known: tuple[str, ...]) -> bool:
    return any(wanted in name for name in known)


def _rank(wanted: str, known: tuple[str, ...]) -> int:
    if wanted in known:
        return 0
    return 1 if any(name.startswith(wanted) for name in known) else 2


@cache
def _derived(exchange_id: str) -> Venue:
    described = _described(exchange_id)
    has, required = described["has"], described["requiredCredentials"]
    is_testable = bool(described["urls"].get("test"))
    return Venue(
        exchange_id,
        described["name"],
        _asked(*(name for name, is_required in required.items() if is_required)),
        sandbox=Sandbox.TESTNET if is_testable else Sandbox.NONE,
        sandbox_call=TESTNET_CALL if is_testable else None,
        markets=frozenset(market for market in _MARKETS if has.get(market)),
        client_id_lookup=_lookup(exchange_id),
        is_curated=False,
    )


@cache
def _described(exchange_id: str) -> Mapping[str, Any]:
    if exchange_id not in imports.exchange_ids():
        raise NotFound("exchange_unknown", exchange=exchange_id)
    # Built without a session, a key or a request: ccxt opens a connection on first use only.
    instance = imports.exchange_class(exchange_id)()
    return {
        name: getattr(instance, name) for name in ("has", "name", "urls", "requiredCredentials")
    } | {"pro": instance.describe().get("pro")}


def _lookup(exchange_id: str) -> ClientIdLookup:
    # ccxt has no flag for it: whether fetch_order takes our id stands only in its code.
    code = inspect.getsource(imports.exchange_class(exchange_id).fetch_order)
    return ClientIdLookup.FETCH_ORDER if "lientOrderId" in code else ClientIdLookup.NONE
