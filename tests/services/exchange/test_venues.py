"""The table of venues against the ccxt that is installed."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import ccxt.async_support
import pytest

from services.domain.accounts import Environment
from services.domain.venues import ClientIdLookup, FieldKind, Sandbox, Venue
from services.errors import NotFound
from services.exchange import imports, venues

CURATED = [pytest.param(row, id=row.id) for row in venues.CURATED.values()]
SECRET_KINDS = {
    FieldKind.SECRET,
    FieldKind.PRIVATE_KEY,
    FieldKind.PASSPHRASE,
    FieldKind.TOKEN,
    FieldKind.TWO_FACTOR,
}


def instance(exchange_id: str) -> Any:
    return imports.exchange_class(exchange_id)()


@pytest.mark.parametrize("row", CURATED)
def test_a_curated_row_asks_for_what_ccxt_requires(row: Venue) -> None:
    required = instance(row.id).requiredCredentials

    assert {field.name for field in row.fields} == {name for name in required if required[name]}
    assert {field.kind for field in row.fields if field.is_secret} == {
        field.kind for field in row.fields if field.kind in SECRET_KINDS
    }


@pytest.mark.parametrize("row", CURATED)
def test_a_curated_row_has_the_market_types_of_its_class(row: Venue) -> None:
    # The streaming classes of OKX' regions state those of okx.
    has = getattr(ccxt.async_support, row.id)().has

    assert row.markets <= {"spot", "margin", "swap", "future", "option"}
    assert [name for name in sorted(row.markets) if not has[name]] == []


@pytest.mark.parametrize("row", CURATED)
def test_a_curated_sandbox_leads_away_from_the_live_hosts_or_is_marked(row: Venue) -> None:
    exchange = instance(row.id)
    live = str(exchange.urls["api"])

    if row.sandbox_call is None:
        assert row.sandbox is Sandbox.NONE
        assert row.environments == (Environment.LIVE,)
        return
    getattr(exchange, row.sandbox_call)(True)

    is_marked = exchange.headers.get("x-simulated-trading") or exchange.options.get("sandboxMode")
    assert str(exchange.urls["api"]) != live or is_marked
    assert row.environments == (Environment.LIVE, Environment.SANDBOX)


@pytest.mark.parametrize("row", CURATED)
def test_a_curated_row_without_a_sandbox_hides_none_that_ccxt_knows(row: Venue) -> None:
    # Binance US inherits addresses of Binance's test network, which does not know its keys.
    if row.sandbox is Sandbox.NONE and row.id != "binanceus":
        urls = instance(row.id).urls

        assert not urls.get("test")
        assert not urls.get("demo")


@pytest.mark.parametrize("row", CURATED)
def test_a_curated_permission_probe_is_a_method_of_the_class(row: Venue) -> None:
    if row.permission_probe is not None:
        assert callable(getattr(instance(row.id), row.permission_probe))


@pytest.mark.parametrize("row", CURATED)
def test_a_curated_row_names_regions_that_exist_and_name_it(row: Venue) -> None:
    assert all(row.id in venues.venue(region).regions for region in row.regions)


@pytest.mark.parametrize("row", CURATED)
def test_where_fetch_order_is_said_to_take_our_id_its_code_names_it(row: Venue) -> None:
    by_code = venues._lookup(row.id)

    if row.client_id_lookup is ClientIdLookup.FETCH_ORDER and row.id != "gate":
        assert by_code is ClientIdLookup.FETCH_ORDER


def test_looking_up_a_curated_row_imports_no_exchange() -> None:
    code = (
        "import sys\n"
        "from services.exchange.venues import CURATED, venue\n"
        "[venue(exchange_id) for exchange_id in CURATED]\n"
        "sys.exit('ccxt' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_derived_row_imports_that_one_exchange_only() -> None:
    code = (
        "import sys\n"
        "from services.exchange import imports\n"
        "imports.install()\n"
        "from services.exchange.venues import venue\n"
        "venue('bitvavo')\n"
        "found = {name.split('.')[2] for name in sys.modules if name.startswith('ccxt.pro.')}\n"
        "sys.exit(found != {'bitvavo'})\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_id_of_ccxt_is_offered_with_the_curated_ones_first() -> None:
    ids = venues.ids()

    assert ids[: len(venues.CURATED)] == tuple(venues.CURATED)
    assert sorted(ids) == sorted(imports.exchange_ids())


def test_a_derived_row_says_what_ccxt_says_and_promises_nothing() -> None:
    row = venues.venue("coinmate")

    assert [field.name for field in row.fields] == ["apiKey", "uid", "secret"]
    assert row.markets == {"spot"}
    assert row.sandbox is Sandbox.NONE
    assert row.environments == (Environment.LIVE,)
    assert not row.is_verifiable
    assert not row.is_curated


def test_a_venue_that_cannot_find_our_orders_is_for_prices_only() -> None:
    card = venues.capabilities("coinmate")

    assert card.is_price_only
    assert not card.has_client_ids
    assert not card.has_permission_check


def test_a_capability_card_of_a_curated_venue() -> None:
    card = venues.capabilities("okx")

    assert card.venue is venues.CURATED["okx"]
    assert card.has_spot
    assert card.has_swap
    assert card.has_candles
    assert card.has_stop_orders
    assert card.has_client_ids
    assert card.has_websockets
    assert card.has_permission_check
    assert not card.is_price_only


@pytest.mark.parametrize("exchange_id", ["", "paper", "base", "Binance", "../binance", "nothing"])
def test_what_ccxt_does_not_know_is_no_venue(exchange_id: str) -> None:
    with pytest.raises(NotFound) as refusal:
        venues.venue(exchange_id)

    assert refusal.value.code == "exchange_unknown"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("okx", "okx"),
        ("OK", "okx"),
        ("binance us", "binanceus"),
        ("coinbase", "coinbase"),
        ("Bitva", "bitvavo"),
        ("vavo", "bitvavo"),
    ],
)
def test_a_search_brings_the_best_match_first(text: str, first: str) -> None:
    assert venues.search(text, limit=10)[0].id == first


def test_a_search_brings_no_more_than_asked_for_and_nothing_for_nothing() -> None:
    assert len(venues.search("bi", limit=3)) == 3
    assert venues.search("  ", limit=3) == ()
    assert venues.search("no such venue", limit=3) == ()


@pytest.mark.parametrize("exchange_id", venues.ids())
def test_every_venue_has_an_honest_card(exchange_id: str) -> None:
    card = venues.capabilities(exchange_id)

    assert card.venue.id == exchange_id
    assert card.venue.label
    assert len({field.name for field in card.venue.fields}) == len(card.venue.fields)
    assert (card.venue.sandbox is Sandbox.NONE) == (card.venue.sandbox_call is None)
    if card.venue.client_id_lookup is ClientIdLookup.NONE:
        assert card.is_price_only
