"""Order text: ``buy 0.1 btc @ 60k``, ``卖一半ETH``.

The grammar is ``order.lark``. What it yields is never sent anywhere by itself: a person confirms
the card that is drawn from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Literal

from lark import Lark, Token, Tree, UnexpectedToken
from lark.lexer import Lexer

from handlers.parsing.coins import KNOWN, quote_of, read_coin
from handlers.parsing.numbers import read_number, spell
from handlers.parsing.text import LIMIT, excerpt
from handlers.parsing.vocabulary import CURRENCIES, LOOSE_SHARES, SHARES, Kind
from handlers.parsing.words import Word, split
from services.domain.orders import OrderType, OrderWish, Quantity, QuantityKind, Side
from services.errors import InvalidInput

_SIDES = {Kind.BUY, Kind.SELL, Kind.CLOSE}
_DOLLARS = {"USD", "USDT", "USDC", "FDUSD", "TUSD", "DAI"}
# Nobody offers these for a hundredth of the amount: beside them "0.01 60k" has one reading.
_DEAR = {"BTC", "ETH"}
_DEAR_RATIO = 100
_THOUSANDS_GROUP = re.compile(r"[0-9]{3}(?:\..*)?")
_CATEGORIES = {
    Kind.BUY: "side",
    Kind.SELL: "side",
    Kind.COIN: "coin",
    Kind.NUMBER: "number",
    Kind.SHARE: "share",
    Kind.AT: "price",
    Kind.MARKET: "price",
    "$END": "end",
}

_Said = dict[str, str]
_Parts = dict[str, _Said]


class _Words(Lexer):
    """Hands the words over as they are; `words.split` has done the work."""

    def __init__(self, _: object) -> None:
        """Take Lark's lexer settings and need none of them."""

    def lex(  # type: ignore[override]  # a custom lexer is handed the input alone (Lark 1.3.1)
        self, data: list[Word]
    ) -> Iterator[Token]:
        for word in data:
            yield Token(word.kind, word.text, start_pos=word.start)


@cache
def _grammar() -> Lark:
    text = files("handlers.parsing").joinpath("order.lark").read_text("utf-8")
    return Lark(text, parser="lalr", lexer=_Words, start=["order", "sideless", "size"])


def _parts(words: list[Word], start: str) -> _Parts:
    """Return what each part of the order was said with: rule -> kind of word -> word."""
    tree: Tree[Token] = _grammar().parse(words, start=start)
    return {
        part.data: {token.type: token.value for token in part.scan_values(_is_token)}
        for part in tree.children
        if isinstance(part, Tree)
    }


def _is_token(node: object) -> bool:
    return isinstance(node, Token)


def parse_order(text: str) -> OrderWish | None:
    """Read order text in English, Chinese or both.

    Args:
        text: As typed, of any length and content.

    Returns:
        The wish, or None when the text does not try to be an order.

    Raises:
        InvalidInput: The text tries to be an order and cannot be read safely:
            ``order_needs_side`` (coin, quantity), ``order_needs_coin`` (side),
            ``order_needs_amount`` (coin, side), ``order_needs_price`` (coin, side),
            ``number_unclear`` (text), ``share_unclear`` (text, coin), ``amount_not_positive``,
            ``price_not_positive``, ``share_out_of_range`` (text), ``currency_mismatch``
            (currency, coin), ``order_type_unsupported`` (word), ``long_short_unsupported``
            (word), ``text_too_long`` (limit) or ``order_unreadable`` (before: text understood so
            far; word: the first one not understood, empty at the end; expected: tuple of
            ``side coin number share price end``).
    """
    words = split(text[:LIMIT])
    if len(text) > LIMIT:
        if words and words[0].kind in _SIDES:
            raise InvalidInput("text_too_long", limit=LIMIT)
        return None
    if not _is_attempt(words):
        _ask_for_side(words)
        return None
    _refuse_unsupported(words)
    _refuse_unclear(text, words)
    try:
        parts = _parts(words, "order")
    except UnexpectedToken as error:
        raise _unreadable(text, error) from None
    return _wish(parts)


def _is_attempt(words: list[Word]) -> bool:
    kinds = {word.kind for word in words}
    if kinds & _SIDES:
        return True
    for at, word in enumerate(words):
        if word.kind is Kind.STOP and word.text != "stop" and Kind.NUMBER in kinds:
            return True
        # "long" opens an order only in front: "how long until btc ..." does not.
        leads = at == 0 or words[0].kind is Kind.COIN or not word.text.isascii()
        if word.kind is Kind.LONG_SHORT and leads and _names_coin(words):
            return True
    return False


def _names_coin(words: list[Word]) -> bool:
    return any(word.kind is Kind.COIN and read_coin(word.text) in KNOWN for word in words)


def _ask_for_side(words: list[Word]) -> None:
    if not _names_coin(words):
        return
    try:
        parts = _parts(words, "sideless")
    except UnexpectedToken:
        return
    quantity = _quantity(parts["quantity"])
    raise InvalidInput("order_needs_side", coin=_coin(parts), quantity=quantity)


def _refuse_unsupported(words: list[Word]) -> None:
    for word in words:
        if word.kind is Kind.STOP:
            raise InvalidInput("order_type_unsupported", word=word.text)
    for word in words:
        if word.kind is Kind.LONG_SHORT:
            raise InvalidInput("long_short_unsupported", word=word.text)


def _refuse_unclear(text: str, words: list[Word]) -> None:
    for word in words:
        if word.kind is Kind.NUMBER:
            read_number(word.text)
    for left, right in pairwise(words):
        gap = text[left.end : right.start]
        if left.kind is Kind.NUMBER and right.kind in {Kind.NUMBER, *_SIDES}:
            # "1, 5", "1。5" and the list item "1: buy .."
            unclear = bool(gap.strip()) or (
                right.kind is Kind.NUMBER and not _is_amount_then_price(left, right, words)
            )
        else:
            # "buy.5"
            unclear = not gap and right.text.startswith(".") and left.text.isascii()
        if unclear:
            raise InvalidInput("number_unclear", text=excerpt(text[left.start : right.end]))


def _is_amount_then_price(amount: Word, price: Word, words: list[Word]) -> bool:
    """Tell "btc 0.01 60k" from "doge 0.2 5000" (price first?) and "sol 1 500" (1500?)."""
    coins = {read_coin(word.text) for word in words if word.kind is Kind.COIN}
    is_far_apart = read_number(price.text) >= _DEAR_RATIO * read_number(amount.text)
    return coins <= _DEAR and is_far_apart and not _THOUSANDS_GROUP.fullmatch(price.text)


def _unreadable(text: str, error: UnexpectedToken) -> InvalidInput:
    at_end = error.token.type == "$END"
    start = len(text) if at_end or error.token.start_pos is None else error.token.start_pos
    accepted = set(error.accepts)
    expected = {name: None for kind, name in _CATEGORIES.items() if kind in accepted}
    return InvalidInput(
        "order_unreadable",
        before=excerpt(text[:start].strip()),
        word="" if at_end else excerpt(text[start : start + len(error.token)]),
        expected=tuple(expected),
    )


def _wish(parts: _Parts) -> OrderWish:
    side = Side.BUY if Kind.BUY in parts.get("side", {}) else Side.SELL
    if "coin" not in parts:
        raise InvalidInput("order_needs_coin", side=side)
    coin = _coin(parts)
    price_said = parts.get("explicit") or parts.get("bare") or parts.get("prior") or {}
    price = _price(price_said)
    size_said = _size_said(parts)
    if size_said is None:
        raise InvalidInput("order_needs_amount", coin=coin, side=side)
    if "limit" in parts and price is None:
        raise InvalidInput("order_needs_price", coin=coin, side=side)
    if side is Side.BUY and size_said.get(Kind.SHARE) in LOOSE_SHARES:
        raise InvalidInput("share_unclear", text=size_said[Kind.SHARE], coin=coin)
    return OrderWish(
        side=side,
        coin=_in_currency(_in_currency(coin, size_said), price_said),
        quantity=_quantity(size_said),
        type=OrderType.MARKET if price is None else OrderType.LIMIT,
        price=price,
    )


def _coin(parts: _Parts) -> str:
    return read_coin(parts["coin"][Kind.COIN]) or ""


def _size_said(parts: _Parts) -> _Said | None:
    if "close" in parts:
        return {Kind.SHARE: "all"}
    said = parts.get("quantity") or parts.get("share") or parts.get("money")
    if said and "currency" in parts:
        named = parts["currency"][Kind.COIN]
        if said.keys() != {Kind.NUMBER}:
            raise InvalidInput("currency_mismatch", currency=named.upper(), coin=_coin(parts))
        return said | {Kind.CURRENCY: named}
    return said


def _quantity(said: _Said) -> Quantity:
    if Kind.SHARE in said:
        return Quantity(QuantityKind.FRACTION, SHARES[said[Kind.SHARE]])
    value = read_number(said[Kind.NUMBER])
    if value == 0:
        raise InvalidInput("amount_not_positive")
    if not said.keys() & {Kind.PERCENT, Kind.TENTHS}:
        is_quote = said.keys() & {Kind.CURRENCY, Kind.DOLLAR}
        return Quantity(QuantityKind.QUOTE if is_quote else QuantityKind.BASE, value)
    fraction = value / (100 if Kind.PERCENT in said else 10)
    if fraction > 1:
        unit = said.get(Kind.PERCENT) or said[Kind.TENTHS]
        raise InvalidInput("share_out_of_range", text=f"{said[Kind.NUMBER]}{unit}")
    return Quantity(QuantityKind.FRACTION, fraction)


def _price(said: _Said) -> Decimal | None:
    if Kind.NUMBER not in said:
        return None
    price = read_number(said[Kind.NUMBER])
    if price == 0:
        raise InvalidInput("price_not_positive")
    return price


def _in_currency(coin: str, said: _Said) -> str:
    """Return the coin in the currency that was named; "100 usdc of sol" is about SOL/USDC."""
    word = said.get(Kind.CURRENCY) or said.get(Kind.DOLLAR)
    if word is None:
        return coin
    named = CURRENCIES[word] if word in CURRENCIES else read_coin(word)
    quote = quote_of(coin)
    if quote is None and named == "USDC" and not coin.endswith("-PERP"):
        return f"{coin}/USDC"
    fits = quote or ("USDT" if word in CURRENCIES else None)
    if named != fits and not (named is None and fits in _DOLLARS):
        raise InvalidInput("currency_mismatch", currency=named or word.upper(), coin=coin)
    return coin


def parse_quantity(text: str, *, coin: str | None = None) -> Quantity:
    """Read an answer that is to be a size and nothing else: ``0.5``, ``$200``, ``25%``, ``half``.

    Args:
        text: As typed, of any length and content.
        coin: What the size is of, as in `OrderWish.coin`; a named currency must be its quote.

    Raises:
        InvalidInput: ``number_unclear`` (text), ``amount_not_positive``, ``share_out_of_range``
            (text) or ``currency_mismatch`` (currency, coin).
    """
    words = split(text[:LIMIT])
    try:
        if len(text) > LIMIT:
            raise InvalidInput("number_unclear", text=excerpt(text))
        said = _parts(words, "size")["quantity"]
    except UnexpectedToken:
        raise InvalidInput("number_unclear", text=excerpt(text.strip())) from None
    if coin is not None:
        _in_currency(coin, said)
    return _quantity(said)


def render_order(wish: OrderWish, language: Literal["en", "zh_Hans"]) -> str:
    """Write a wish as order text that `parse_order` reads back as the same wish."""
    is_english = language == "en"
    of = "of" if is_english else "的"
    match wish.quantity.kind:
        case QuantityKind.BASE:
            size = spell(wish.quantity.value)
        case QuantityKind.QUOTE:
            size = f"{spell(wish.quantity.value)} {quote_of(wish.coin) or 'USDT'} {of}"
        case QuantityKind.FRACTION:
            size = f"{spell(wish.quantity.value * 100)}% {of}"
    side = wish.side if is_english else {Side.BUY: "买入", Side.SELL: "卖出"}[wish.side]
    price = ""
    if wish.price is not None:
        price = f" @ {spell(wish.price)}" if is_english else f" 限价 {spell(wish.price)}"
    return f"{side} {size} {wish.coin}{price}"
