"""Every class of ccxt and every code of the table: what people are told, what is proved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import aiohttp
import ccxt
import pytest

from services.errors import (
    CredentialsRejected,
    ExchangeUnavailable,
    InsufficientFunds,
    NotFound,
    OrderRejected,
)
from services.exchange.ccxt_errors import proves, read_error, refusal, rejection, venue_code
from services.exchange.meanings import CLASSES, Meaning, Proof
from services.exchange.trace import Trace
from services.exchange.venue_codes import CODES, FAMILIES, REFUSING, TEXTS
from tests.services.exchange.ccxt_answers import SIGNED, answered, exchange, raised

READS = (ExchangeUnavailable, CredentialsRejected, NotFound)
REFUSALS = (OrderRejected, InsufficientFunds, NotFound)
UNSENT = Trace()
UNANSWERED = Trace(is_sent=True)

# Venue, HTTP status, body -> code of a failed read, code of a refused write; None: unknown.
# Written by hand from the venues' references; not made by the code under test.
ANSWERS: list[tuple[Any, ...]] = [
    # The key.
    (
        "binance",
        401,
        '{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}',
        "key_or_address_refused",
        "key_or_address_refused",
    ),
    (
        "binance",
        401,
        '{"code":-2014,"msg":"API-key format invalid."}',
        "key_unknown",
        "key_unknown",
    ),
    (
        "binance",
        400,
        '{"code":-1022,"msg":"Signature for this request is not valid."}',
        *["secret_wrong"] * 2,
    ),
    ("okx", 401, '{"msg":"Invalid OK-ACCESS-KEY","code":"50111"}', *["key_unknown"] * 2),
    ("okx", 401, '{"msg":"Invalid Sign","code":"50113"}', *["secret_wrong"] * 2),
    ("okx", 401, '{"msg":"incorrect","code":"50105"}', *["passphrase_wrong"] * 2),
    (
        "okx",
        401,
        '{"msg":"API key doesn\'t exist","code":"50119"}',
        *["key_of_another_region"] * 2,
    ),
    (
        "okx",
        200,
        '{"msg":"API key doesn\'t exist","code":"50119"}',
        *["key_of_another_region"] * 2,
    ),
    ("okx", 401, '{"msg":"does not match","code":"50101"}', *["key_of_another_environment"] * 2),
    ("okx", 401, '{"msg":"Your IP 1.2.3.4","code":"50110"}', *["address_not_allowed"] * 2),
    ("okx", 200, '{"msg":"no permission","code":"50120"}', *["key_lacks_permission"] * 2),
    ("binance", 401, "<html>no</html>", *["key_refused"] * 2),
    # The clock, the place, the rate.
    (
        "binance",
        400,
        '{"code":-1021,"msg":"Timestamp for this request is outside"}',
        *["clock_off"] * 2,
    ),
    ("okx", 401, '{"msg":"Timestamp request expired","code":"50102"}', *["clock_off"] * 2),
    (
        "binance",
        451,
        '{"code":0,"msg":"Service unavailable from a restricted location"}',
        "location_restricted",
        None,
    ),
    ("binance", 451, "<html>CloudFront</html>", "location_restricted", None),
    ("binance", 429, '{"code":-1003,"msg":"Too much request weight used"}', *["rate_limited"] * 2),
    ("binance", 418, '{"code":-1003,"msg":"banned until 1"}', *["rate_limited"] * 2),
    ("binance", 429, "<html>slow</html>", *["rate_limited"] * 2),
    ("okx", 429, '{"msg":"Too Many Requests","code":"50011"}', *["rate_limited"] * 2),
    ("okx", 429, "<html>slow</html>", *["rate_limited"] * 2),
    (
        "okx",
        200,
        '{"code":"1","data":[{"sCode":"50061","sMsg":"","ordId":""}],"msg":""}',
        *["rate_limited"] * 2,
    ),
    # Proved refusals.
    (
        "binance",
        400,
        '{"code":-2010,"msg":"Account has insufficient balance for requested action."}',
        "exchange_unavailable",
        "funds_refused",
    ),
    (
        "binance",
        400,
        '{"code":-1013,"msg":"Filter failure: NOTIONAL"}',
        "exchange_unavailable",
        "cost_too_small",
    ),
    (
        "binance",
        400,
        '{"code":-1013,"msg":"Filter failure: LOT_SIZE"}',
        "exchange_unavailable",
        "amount_off_lot",
    ),
    (
        "binance",
        400,
        '{"code":-1013,"msg":"Filter failure: MARKET_LOT_SIZE"}',
        "exchange_unavailable",
        "amount_too_large",
    ),
    (
        "binance",
        400,
        '{"code":-1013,"msg":"Filter failure: PRICE_FILTER"}',
        "exchange_unavailable",
        "price_off_tick",
    ),
    (
        "binance",
        400,
        '{"code":-1013,"msg":"Filter failure: PERCENT_PRICE_BY_SIDE"}',
        "exchange_unavailable",
        "price_out_of_range",
    ),
    (
        "binance",
        400,
        '{"code":-1013,"msg":"Filter failure: MAX_NUM_ORDERS"}',
        "exchange_unavailable",
        "too_many_orders",
    ),
    (
        "binance",
        400,
        '{"code":-1013,"msg":"Market is closed."}',
        "exchange_unavailable",
        "market_closed",
    ),
    ("binance", 400, '{"code":-1121,"msg":"Invalid symbol."}', "market_gone", "market_gone"),
    (
        "binance",
        400,
        '{"code":-1102,"msg":"Mandatory parameter"}',
        "exchange_unavailable",
        "venue_refused",
    ),
    (
        "binance",
        400,
        '{"code":-4015,"msg":"Client order id is not valid."}',
        "exchange_unavailable",
        "venue_refused",
    ),
    (
        "okx",
        200,
        '{"code":"1","data":[{"sCode":"51008","sMsg":"Insufficient","ordId":""}],"msg":""}',
        "exchange_unavailable",
        "funds_refused",
    ),
    (
        "okx",
        200,
        '{"code":"1","data":[{"sCode":"51020","sMsg":"minimum","ordId":""}],"msg":""}',
        "exchange_unavailable",
        "amount_too_small",
    ),
    (
        "okx",
        200,
        '{"code":"1","data":[{"sCode":"51121","sMsg":"lot","ordId":""}],"msg":""}',
        "exchange_unavailable",
        "amount_off_lot",
    ),
    (
        "okx",
        200,
        '{"code":"1","data":[{"sCode":"51006","sMsg":"limit","ordId":""}],"msg":""}',
        "exchange_unavailable",
        "price_out_of_range",
    ),
    (
        "okx",
        200,
        '{"code":"1","data":[{"sCode":"51000","sMsg":"Parameter tdMode","ordId":""}],"msg":""}',
        "exchange_unavailable",
        "venue_refused",
    ),
    (
        "okx",
        200,
        '{"code":"1","data":[{"sCode":"51155","sMsg":"local laws","ordId":""}],"msg":""}',
        "location_restricted",
        "location_restricted",
    ),
    # Nothing proved: looks like a refusal, may be an order.
    (
        "binance",
        400,
        '{"code":-1000,"msg":"An unknown error occurred"}',
        "exchange_unavailable",
        None,
    ),
    (
        "binance",
        400,
        '{"code":-1006,"msg":"An unexpected response"}',
        "exchange_unavailable",
        None,
    ),
    (
        "binance",
        408,
        '{"code":-1007,"msg":"Timeout waiting for response"}',
        "exchange_unavailable",
        None,
    ),
    ("binance", 503, '{"code":-1008,"msg":"Server is busy"}', "exchange_unavailable", None),
    ("binance", 400, '{"code":-9999,"msg":"Nobody knows"}', "exchange_unavailable", None),
    (
        "binance",
        503,
        '{"code":-1013,"msg":"Filter failure: LOT_SIZE"}',
        "exchange_unavailable",
        None,
    ),
    (
        "binance",
        500,
        '{"code":-2010,"msg":"Account has insufficient balance for requested action."}',
        "exchange_unavailable",
        None,
    ),
    ("binance", 403, "<html>WAF</html>", "exchange_unavailable", None),
    ("binance", 404, "<html>no</html>", "exchange_unavailable", None),
    ("binance", 502, "<html>Bad gateway</html>", "exchange_unavailable", None),
    ("okx", 400, '{"msg":"timeout","code":"50004"}', "exchange_unavailable", None),
    ("okx", 503, '{"msg":"upgrade","code":"50001"}', "maintenance", None),
    ("okx", 429, '{"msg":"busy","code":"50013"}', "exchange_unavailable", None),
    ("okx", 500, '{"msg":"system","code":"50026"}', "exchange_unavailable", None),
    (
        "okx",
        200,
        '{"code":"1","data":[{"sCode":"51054","sMsg":"Request timed out","ordId":""}],"msg":""}',
        "exchange_unavailable",
        None,
    ),
    (
        "okx",
        200,
        '{"code":"1","data":[{"sCode":"51149","sMsg":"Order timed out","ordId":""}],"msg":""}',
        "exchange_unavailable",
        None,
    ),
    ("bybit", 200, '{"retCode":10016,"retMsg":"System error"}', "exchange_unavailable", None),
    ("bybit", 200, '{"retCode":10000,"retMsg":"Server Timeout"}', "exchange_unavailable", None),
    ("bitget", 200, '{"code":"40015","msg":"system error"}', "exchange_unavailable", None),
    (
        "bitget",
        200,
        '{"code":"40725","msg":"service return an error"}',
        "exchange_unavailable",
        None,
    ),
    ("bitget", 200, '{"code":"45001","msg":"system error"}', "exchange_unavailable", None),
    ("mexc", 200, '{"code":500,"msg":"Internal error"}', "exchange_unavailable", None),
    ("coinbase", 200, '{"error":"internal_server_error"}', "exchange_unavailable", None),
    ("kraken", 200, '{"error":["EService:Timeout"]}', "exchange_unavailable", None),
    ("kraken", 200, '{"error":["EService:Deadline elapsed"]}', "exchange_unavailable", None),
    # Others' own words.
    ("bybit", 200, '{"retCode":10003,"retMsg":"Invalid apikey"}', *["key_unknown"] * 2),
    ("bybit", 200, '{"retCode":10002,"retMsg":"check your timestamp"}', *["clock_off"] * 2),
    ("bybit", 200, '{"retCode":10010,"retMsg":"ip mismatch"}', *["address_not_allowed"] * 2),
    (
        "bybit",
        200,
        '{"retCode":170131,"retMsg":"Balance insufficient"}',
        "exchange_unavailable",
        "funds_refused",
    ),
    (
        "bitget",
        400,
        '{"code":"40012","msg":"apikey/password is incorrect"}',
        *["passphrase_wrong"] * 2,
    ),
    ("kraken", 200, '{"error":["EAPI:Invalid key"]}', *["key_unknown"] * 2),
    (
        "kraken",
        200,
        '{"error":["EOrder:Insufficient funds"]}',
        "exchange_unavailable",
        "funds_refused",
    ),
    (
        "kucoin",
        200,
        '{"code":"400004","msg":"Invalid KC-API-PASSPHRASE"}',
        *["passphrase_wrong"] * 2,
    ),
    (
        "kucoin",
        200,
        '{"code":"400006","msg":"The requested ip address is not in the api whitelist"}',
        *["address_not_allowed"] * 2,
    ),
    ("gate", 401, '{"label":"INVALID_SIGNATURE","message":"x"}', *["secret_wrong"] * 2),
    (
        "gate",
        400,
        '{"label":"BALANCE_NOT_ENOUGH","message":"x"}',
        "exchange_unavailable",
        "funds_refused",
    ),
    ("mexc", 400, '{"code":700003,"msg":"Timestamp outside"}', *["clock_off"] * 2),
    (
        "htx",
        200,
        '{"status":"error","err-code":"api-signature-not-valid","err-msg":"x"}',
        *["secret_wrong"] * 2,
    ),
    (
        "htx",
        200,
        '{"status":"error","err-code":"order-value-min-error","err-msg":"x"}',
        "exchange_unavailable",
        "cost_too_small",
    ),
    ("myokx", 401, '{"msg":"incorrect","code":"50105"}', *["passphrase_wrong"] * 2),
    ("binanceus", 400, '{"code":-1021,"msg":"Timestamp"}', *["clock_off"] * 2),
]


@pytest.mark.parametrize(("name", "status", "body", "read", "write"), ANSWERS)
def test_an_answer_says_what_to_do_and_what_it_proves(
    name: str, status: int, body: str, read: str, write: str | None
) -> None:
    error = raised(name, status, body)
    assert error is not None, "ccxt raises nothing"

    refused = refusal(error, name, answered(status))

    assert read_error(error, name, answered(status)).code == read
    assert (None if refused is None else refused.code) == write


@pytest.mark.parametrize(
    ("name", "status", "body", "proof"),
    [
        ("binance", 400, '{"code":-2010,"msg":"Duplicate order sent."}', Proof.EXISTS),
        ("binance", 400, '{"code":-4116,"msg":"ClientOrderId is duplicated."}', Proof.EXISTS),
        ("okx", 200, '{"code":"1","data":[{"sCode":"51016","sMsg":"x"}]}', Proof.EXISTS),
        ("bybit", 200, '{"retCode":170141,"retMsg":"Duplicate clientOrderId"}', Proof.EXISTS),
        ("binance", 400, '{"code":-2013,"msg":"Order does not exist."}', Proof.MISSING),
        ("binance", 400, '{"code":-2011,"msg":"Unknown order sent."}', Proof.MISSING),
        ("okx", 200, '{"code":"51603","data":[],"msg":"Order does not exist"}', Proof.MISSING),
        ("okx", 200, '{"code":"1","data":[{"sCode":"51400","sMsg":"x"}]}', Proof.MISSING),
        ("kraken", 200, '{"error":["EOrder:Unknown order"]}', Proof.MISSING),
    ],
)
def test_duplicates_and_missing_orders_are_no_refusals(
    name: str, status: int, body: str, proof: Proof
) -> None:
    error = raised(name, status, body)
    assert error is not None

    assert proves(error, name, answered(status), proof)
    assert not proves(error, name, answered(503), proof)
    assert not proves(error, name, UNANSWERED, proof)
    assert refusal(error, name, answered(status)) is None


def _all_classes(kind: type[BaseException] = ccxt.BaseError) -> Iterator[type[BaseException]]:
    yield kind
    for sub in kind.__subclasses__():
        if sub.__module__.startswith("ccxt"):
            yield from _all_classes(sub)


@pytest.mark.parametrize("kind", sorted(set(_all_classes()), key=str))
def test_every_class_of_ccxt_has_a_text_for_reads_and_proves_nothing_of_a_write(
    kind: type[BaseException],
) -> None:
    error = kind(f"nobody POST https://nobody.example/order?{SIGNED} said nothing")

    told = read_error(error, "nobody", UNANSWERED)

    assert isinstance(told, READS)
    assert told.params == {}
    for status in (200, 400, 403, 404, 500, 503, 507):
        assert refusal(error, "nobody", answered(status)) is None
        assert refusal(error, "binance", answered(status)) is None
    assert refusal(error, "nobody", UNANSWERED) is None
    assert SIGNED not in f"{told!r} {told} {told.params}"


ROWS = [
    (family, code, meaning) for family, rows in CODES.items() for code, meaning in rows.items()
]
_BODIES = {
    "okx": '{{"code":"1","data":[{{"sCode":"{0}","sMsg":"","ordId":""}}],"msg":""}}',
    "bybit": '{{"retCode":{0},"retMsg":"","result":{{}}}}',
    "kraken": '{{"error":["{0}"]}}',
    "gate": '{{"label":"{0}","message":""}}',
    "coinbase": '{{"error":"{0}"}}',
    "htx": '{{"status":"error","err-code":"{0}","err-msg":""}}',
}


@pytest.mark.parametrize(("family", "code", "meaning"), ROWS)
def test_every_code_of_the_table_is_found_in_the_venues_own_answer(
    family: str, code: str, meaning: Meaning
) -> None:
    body = _BODIES.get(family, '{{"code":"{0}","msg":""}}').format(code)
    error = raised(family, 200, body) or ccxt.ExchangeError(f"{family} {body}")

    told = refusal(error, family, answered(200))

    assert venue_code(error) == code
    # Of venues whose refusing codes are known one by one, no other code refuses.
    listed = REFUSING.get(family)
    is_refusing = listed is None or listed.fullmatch(code) is not None
    assert (told is not None) is (meaning.proof is Proof.REFUSED and is_refusing)
    assert told is None or (isinstance(told, REFUSALS) and told.code == meaning.error.code)
    assert refusal(error, family, answered(500)) is None
    assert isinstance(read_error(error, family, answered(200)), READS)


@pytest.mark.parametrize(
    ("family", "text", "meaning"),
    [(family, text, meaning) for family, rows in TEXTS.items() for text, meaning in rows.items()],
)
def test_every_text_of_the_table_counts_without_a_code(
    family: str, text: str, meaning: Meaning
) -> None:
    told = refusal(ccxt.ExchangeError(f"{family} {text}"), family, answered(400))

    assert (told is not None) is (meaning.proof is Proof.REFUSED)


def test_the_families_and_the_rows_are_of_venues_that_ccxt_knows() -> None:
    assert {*CODES, *FAMILIES, *FAMILIES.values(), *TEXTS} <= set(ccxt.exchanges)
    assert set(FAMILIES.values()) <= set(CODES)
    assert set(CLASSES) <= set(_all_classes())


# The venues' references, code by code: refused before matching, and nothing else.
DEFINITE = {
    "binance": (
        "-1003 -1013 -1014 -1015 -1016 -1020 -1021 -1022 -1100 -1102 -1111 -1121 -1199 -2010"
        " -2014 -2015 -2018 -2019 -2020 -2021 -2022 -2023 -2024 -2025 -2026 -2027 -2028 -4000"
        " -4015 -4164 -4400 -5021 -5022 -5028"
    ),
    "okx": "50011 50061 50100 50101 50102 50105 50113 50119 50199 51000 51001 51008 51999 54000",
}
DOUBTFUL = {
    "binance": (
        "-1000 -1001 -1004 -1006 -1007 -1008 -2008 -2017 -3000 -9999 -4116 -20132 -2011 -2013"
    ),
    "okx": "1 2 50001 50004 50005 50013 50026 50036 51054 51149 51011 51016 51603 58000 99999",
}


@pytest.mark.parametrize("name", DEFINITE)
def test_the_definite_codes_are_those_of_the_references(name: str) -> None:
    def proved(code: str) -> bool:
        error = ccxt.ExchangeError(f'{name} {{"code":"{code}","msg":"x"}}')
        return refusal(error, name, answered(400)) is not None

    assert [code for code in DEFINITE[name].split() if not proved(code)] == []
    assert [code for code in DOUBTFUL[name].split() if proved(code)] == []


def test_a_key_that_the_gateway_turned_away_placed_nothing() -> None:
    error = ccxt.AuthenticationError('binance {"code":-2008,"msg":"Invalid Api-Key ID."}')

    for status, code in ((400, None), (401, "key_unknown"), (403, "key_unknown"), (500, None)):
        told = refusal(error, "binance", answered(status))
        assert (None if told is None else told.code) == code


@pytest.mark.parametrize("error", [ccxt.RequestTimeout("x"), OSError("refused"), ValueError("x")])
def test_what_was_not_sent_was_not_placed_and_says_so(error: Exception) -> None:
    told = refusal(error, "binance", UNSENT)

    assert isinstance(told, OrderRejected)
    assert told.code == "not_sent"


@pytest.mark.parametrize(
    "error",
    [
        ccxt.RequestTimeout("binance POST https://api.binance.com/api/v3/order"),
        ccxt.ExchangeNotAvailable("binance POST https://api.binance.com/api/v3/order"),
        ccxt.ExchangeError("binance POST https://api.binance.com/api/v3/order"),
        ValueError("could not convert string to float"),
        aiohttp.ClientPayloadError("400, message: cut"),
        KeyError("symbol"),
    ],
)
def test_a_write_that_was_sent_and_not_answered_is_unknown(error: Exception) -> None:
    assert refusal(error, "binance", UNANSWERED) is None


def test_what_no_parser_could_read_is_an_unusable_answer() -> None:
    for error in (ValueError("NaN"), KeyError("x"), TypeError("x"), ArithmeticError("x")):
        assert read_error(error, "okx", answered(200)).code == "answer_unusable"


def test_a_read_says_when_to_come_back() -> None:
    error = raised("binance", 429, '{"code":-1003,"msg":"Too many"}')
    assert error is not None

    told = read_error(error, "binance", Trace(status=429, retry_after=timedelta(seconds=7)))

    assert isinstance(told, ExchangeUnavailable)
    assert told.retry_after == timedelta(seconds=7)


def test_a_revoked_key_is_told_by_its_code_and_not_taken_for_a_flood() -> None:
    instance = exchange("binance")
    instance.options["hasAlreadyAuthenticatedSuccessfully"] = True
    try:
        error = raised("binance", 401, '{"code":-2015,"msg":"Invalid API-key, IP"}')
    finally:
        instance.options["hasAlreadyAuthenticatedSuccessfully"] = False

    assert isinstance(error, ccxt.DDoSProtection)
    assert isinstance(read_error(error, "binance", answered(401)), CredentialsRejected)


@pytest.mark.parametrize(
    ("code", "told"), [("51008", "funds_refused"), ("54999", "venue_refused"), ("51016", None)]
)
def test_an_order_handed_back_as_rejected_says_why(code: str, told: str | None) -> None:
    refused = rejection({"sCode": code, "sMsg": "", "ordId": ""}, "okx")

    assert (None if refused is None else refused.code) == told


def test_each_error_is_a_new_one() -> None:
    error = raised("okx", 401, '{"msg":"x","code":"50105"}')
    assert error is not None

    first, second = (read_error(error, "okx", answered(401)) for _ in range(2))

    assert first is not second
