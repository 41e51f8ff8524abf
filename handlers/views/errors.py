"""What went wrong, what it means for the money, and the next step; one text per code."""

from __future__ import annotations

import html
import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from handlers.account_buttons import ShowAccounts
from handlers.buttons import DraftOrder, LetTrade, Say, ShowOrders, ShowPair
from handlers.i18n import Markup, Translator, mark
from handlers.payload import Payload
from handlers.views import numbers
from handlers.views.key_errors import KEY_TEXTS
from handlers.views.reply import Button, Reply, Rows, lines, shorten
from handlers.views.venue_errors import VENUE_TEXTS
from services.domain.orders import OrderRequest, Side
from services.errors import AssistantError, CredentialsRejected, Expired, NotAllowed

TEXTS = {
    # Reading what people write.
    "order_needs_amount": mark("How much? For example <code>{side} 0.01 {coin}</code>."),
    "order_needs_side": mark("Buy or sell? For example <code>buy 0.01 btc</code>."),
    "order_needs_coin": mark("Which coin? For example <code>buy 0.01 btc</code>."),
    "number_unclear": mark(
        "I can't read <code>{text}</code> for certain, so nothing was done."
        " Write it like <code>1,500.50</code> or <code>0.015</code>."
    ),
    "order_needs_price": mark(
        "At which price? For example <code>{side} 0.01 {coin} @ 60k</code>."
    ),
    "share_unclear": mark(
        "I can't tell whether <code>{text}</code> is a share or a number. Write"
        " <code>50%</code> to spend half of what is free. Nothing was placed."
    ),
    "currency_mismatch": mark("{currency} is not what {coin} is priced in. Nothing was placed."),
    "coin_unclear": mark(
        "I can't read <code>{text}</code> as a coin. For example: <code>btc</code>."
    ),
    "amount_not_positive": mark("The amount must be above zero. Nothing was placed."),
    "price_not_positive": mark("The price must be above zero. Nothing was placed."),
    "share_out_of_range": mark("A share goes from above 0% to 100%. Nothing was placed."),
    "order_unreadable": mark(
        "I stopped at <code>{word}</code>, so nothing was placed."
        " Write it like <code>buy 0.01 btc @ 60k</code>."
    ),
    "text_too_long": mark("That is too long for me: at most {limit} characters, please."),
    "long_short_unsupported": mark(
        "Long and short need contracts, which are not offered yet. Use buy or sell."
    ),
    "order_type_unsupported": mark(
        "<code>{word}</code> orders are not offered yet. Nothing was placed."
        " Market and limit orders work, and an alert can watch the price for you."
    ),
    "alert_unreadable": mark(
        "I can't read that alert. Write it like <code>btc &gt; 70000</code>"
        " or <code>eth -5% 1h</code>."
    ),
    "alert_needs_direction": mark(
        "Up or down? Write <code>{coin} +5% 1h</code> or <code>{coin} -5% 1h</code>."
    ),
    "alert_needs_coin": mark("For which coin? For example <code>btc &gt; 70000</code>."),
    "alert_needs_level": mark("At which price? For example <code>{coin} &gt; 70000</code>."),
    "percent_out_of_range": mark("<code>{text}</code> is out of range: at most {limit}%."),
    "window_out_of_range": mark("The time span goes from 1 minute to 24 hours."),
    "not_understood": mark(
        "I did not understand that. Write an order like <code>buy 0.01 btc @ 60k</code>,"
        " a coin like <code>btc</code>, or tap a button."
    ),
    "words_only": mark(
        "I read text only, so nothing was done. Write an order like"
        " <code>buy 0.01 btc @ 60k</code>, a coin like <code>btc</code>, or tap a button."
    ),
    "command_unknown": mark("I don't know that command. /help lists what I can do."),
    "number_expected": mark("Which one? Write its number, for example <code>/order 3</code>."),
    "timeframe_unknown": mark(
        "<code>{coin}</code> is no timeframe of this exchange. It has: {known}."
    ),
    # Markets and money.
    "symbol_unknown": mark("I don't know <b>{coin}</b>. Nothing was placed."),
    "contracts_not_tradable": mark(
        "<b>{symbol}</b> is a perpetual: you can watch it here, trading it is not offered yet."
    ),
    "no_funding": mark("<b>{symbol}</b> has no perpetual on this exchange, so nothing is paid."),
    "market_not_active": mark(
        "The exchange has halted trading in <b>{symbol}</b>. Nothing was placed."
    ),
    "pair_not_allowed": mark(
        "<b>{symbol}</b> is not among the pairs that may be traded here. Nothing was placed."
    ),
    "pair_inactive": mark("<b>{symbol}</b> is paused in this chat. Nothing was placed."),
    "volume_too_low": mark(
        "Too little is traded in <b>{symbol}</b>: {volume} {currency} in 24 hours, the floor"
        " here is <b>{minimum} {currency}</b>. Nothing was placed."
    ),
    "volume_unknown": mark(
        "The exchange does not say how much is traded in <b>{symbol}</b>, and a floor is set"
        " here. Nothing was placed."
    ),
    "spread_too_wide": mark(
        "Bid and ask of <b>{symbol}</b> are {spread}% apart, the limit here is"
        " <b>{maximum}%</b>. Nothing was placed."
    ),
    "no_liquidity": mark("Nobody trades {symbol} right now. Nothing was placed."),
    "price_below_minimum": mark(
        "Too low: the smallest price here is <b>{minimum} {currency}</b>. Nothing was placed."
    ),
    "amount_below_minimum": mark(
        "Too small: the smallest order here is <b>{minimum} {currency}</b>. Nothing was placed."
    ),
    "cost_below_minimum": mark(
        "Too small: an order must be worth at least <b>{minimum} {currency}</b>,"
        " yours is {cost}. Nothing was placed."
    ),
    "amount_above_maximum": mark(
        "Too large: the largest order here is <b>{maximum} {currency}</b>. Nothing was placed."
    ),
    "cost_above_limit": mark(
        "That is {cost} {currency}; the limit per order is <b>{maximum} {currency}</b>."
        " Nothing was placed."
    ),
    "insufficient_funds": mark(
        "Not enough {currency}: this needs <b>{needed}</b>, free are <b>{free}</b>."
        " Nothing was placed."
    ),
    "nothing_to_sell": mark("You hold no free {currency}. Nothing was placed."),
    "nothing_to_spend": mark("You have no free {currency} to spend. Nothing was placed."),
    "price_out_of_range": mark(
        "The exchange refused a price that far from the market. Nothing was placed."
    ),
    "price_off_tick": mark("The exchange refused the price step. Nothing was placed."),
    "amount_off_lot": mark("The exchange refused the amount step. Nothing was placed."),
    "venue_refused": mark("The exchange refused the order."),
    "too_many_alerts": mark("At most {maximum} alerts at a time. Remove one first: /alerts"),
    # Cards, orders, alerts.
    "card_expired": mark("This card has expired. Nothing was sent."),
    "card_settled": mark("Already done: this card was settled before. Nothing was sent twice."),
    "card_of_another": mark("This card belongs to somebody else. Nothing happened."),
    "button_of_another": mark("This button is for somebody else. Nothing happened."),
    "button_unknown": mark("This menu is old. Nothing happened. Please ask again."),
    "order_unknown": mark("There is no such order here. /orders shows the open ones."),
    "order_ended": mark("This order has ended already; there is nothing left to cancel."),
    "alert_unknown": mark("This alert is not watching any more."),
    "confirmed_too_long_ago": mark(
        "I was interrupted before it was sent, and prices may have moved."
    ),
    "not_at_venue": mark("The exchange confirms that it has no such order."),
    # People and accounts.
    "account_unknown": mark("This account is not there any more. /accounts shows yours."),
    "account_not_practice": mark("Only a practice account can take its prices from elsewhere."),
    "feed_lost": mark("The prices of this practice account are lost just now."),
    "feed_unsuitable": mark(
        "{exchange} does not publish all that is needed: spot prices, order books and trades."
    ),
    "feed_lacks_symbol": mark(
        "{exchange} does not list <b>{symbol}</b>, which an alert of this account watches."
        " Remove the alert first: /alerts"
    ),
    "exchange_not_available": mark("The exchange {exchange} is not available here."),
    "chat_unknown": mark("Please send /start first."),
    "role_too_weak": mark("You can look but not trade in this chat. Its owner can let you."),
    "owner_only": mark("Only the owner of this chat can do that."),
    "currency_unknown": mark(
        "Holdings can't be valued in <code>{text}</code>. Choose one of the buttons."
    ),
    "time_zone_unknown": mark(
        "I don't know the time zone <code>{text}</code>. Write a city like"
        " <code>Europe/Berlin</code> or <code>Asia/Shanghai</code>."
    ),
    # Not the user's fault.
    "exchange_unavailable": mark(
        "The exchange did not answer. Nothing was changed. Please try again in a moment."
    ),
    "outcome_unknown": mark(
        "I don't know yet whether it went through. I keep checking; please don't send it again."
    ),
    **KEY_TEXTS,
    **VENUE_TEXTS,
}
"""Every code of `services.errors` and the parsers."""

# What people wrote is repeated to them in part: a message has its limit.
_QUOTED = 100
_TAG = re.compile(r"</?[a-z]+>")
_PAIR_CODES = {
    "market_not_active",
    "pair_not_allowed",
    "pair_inactive",
    "volume_too_low",
    "volume_unknown",
    "spread_too_wide",
}
_TOAST = (Expired, NotAllowed)


def _text(value: Any, t: Translator) -> str:
    match value:
        case Side():
            return t("buy") if value is Side.BUY else t("sell")
        case "":
            return "…"
        case Decimal():
            return numbers.significant(value, 8)
        case datetime():
            return value.isoformat(timespec="seconds")
        case _:
            return shorten(str(value), _QUOTED)


def reason(code: str, t: Translator) -> Markup:
    """Return the sentence of a code that needs no values."""
    text = TEXTS.get(code)
    return t("The exchange refused the order.") if text is None or "{" in text else t(text)


def is_toast(error: AssistantError) -> bool:
    """Tell whether an error after a press is said in passing rather than in a message."""
    return isinstance(error, _TOAST)


def explain(error: AssistantError, t: Translator, *, said: str = "") -> Reply:
    """Return what an error means, with the next step as buttons where one is known.

    Args:
        error: What a service or parser refused with.
        t: The reader's translator.
        said: What the person wrote; a suggestion is put in its place.
    """
    values = {key: _text(value, t) for key, value in error.params.items()}
    did_you_mean = t("Did you mean:") if error.params.get("suggestions") else None
    text = lines(t(TEXTS[error.code], **values), did_you_mean)
    return Reply(text, rows=_ways_on(error, t, said), is_new=True)


def _ways_on(error: AssistantError, t: Translator, said: str) -> Rows:
    suggestions = error.params.get("suggestions")
    if suggestions:
        coin = str(error.params["coin"])
        return (tuple(_suggest(symbol, coin, said) for symbol in suggestions),)
    retry = error.params.get("retry")
    if isinstance(retry, OrderRequest):
        return ((Button(_legal_label(retry, t), _draft_of(retry)),),)
    if error.code in _PAIR_CODES:
        return ((Button(t("🧭 Pair"), ShowPair(str(error.params["symbol"]))),),)
    if error.code in ("order_unknown", "order_ended"):
        return ((Button(t("📋 Open orders"), ShowOrders()),),)
    if isinstance(error, CredentialsRejected):
        return ((Button(t("🏦 Accounts"), ShowAccounts()),),)
    return ()


def _suggest(symbol: str, coin: str, said: str) -> Button:
    at = said.lower().find(coin.lower())
    text = symbol if at < 0 else said[:at] + symbol + said[at + len(coin) :]
    return Button(symbol, Say(text))


def _legal_label(request: OrderRequest, t: Translator) -> str:
    base = request.symbol.partition("/")[0]
    return t("Use {amount} {base}", amount=numbers.amount(request.amount), base=base)


def _draft_of(request: OrderRequest) -> Payload:
    return DraftOrder(
        side=request.side.value,
        symbol=request.symbol,
        amount=format(request.amount, "f"),
        price="" if request.price is None else format(request.price, "f"),
    )


def let_trade(name: str, user_id: int, owner_id: int, t: Translator) -> Reply:
    """Tell a viewer that the owner can let them trade, with the owner's button."""
    text = t("{name}, you can look but not trade in this chat. Its owner can let you.", name=name)
    button = Button(t("Let {name} trade", name=name), LetTrade(user_id), for_user=owner_id)
    return Reply(text, rows=((button,),), is_new=True)


def incident(incident_id: str, t: Translator) -> Reply:
    """Return the message for a bug: only its id is shown."""
    return Reply(
        t(
            "Something went wrong on my side. Nothing was placed by this step."
            " If it happens again, tell the operator: <code>{id}</code>",
            id=incident_id,
        ),
        is_new=True,
    )


def plain(text: Markup) -> str:
    """Return a text without its tags, for toasts."""
    return html.unescape(_TAG.sub("", text))
