"""A price that keeps itself up to date."""

from __future__ import annotations

from decimal import Decimal

from handlers.buttons import ShowChart, StopWatching, WatchPrice
from handlers.i18n import Markup, Translator
from handlers.views import numbers
from handlers.views.look import BADGES
from handlers.views.quotes import heading
from handlers.views.reply import Button, Reply, lines
from services.domain.accounts import Member
from services.domain.market import OrderBook, Timeframe
from services.watching import LivePrice

_LEVELS = 10
_CELLS = 10


def live(value: LivePrice, member: Member, t: Translator) -> Reply:
    """Return the live message; without the button to stop once it is over."""
    market, quote = value.watched.market, value.quote
    if quote is None:
        head = t("<b>{symbol}</b>  waiting for the first price…", symbol=market.symbol)
        body: tuple[Markup | None, ...] = ()
    else:
        head = heading(t, member, market, quote)
        body = (
            t(
                "Bid {bid} · Ask {ask}",
                bid=numbers.price(quote.bid, market.tick),
                ask=numbers.price(quote.ask, market.tick),
            ),
            _pressure(value.book, t),
            t(
                "<i>{account} {badge} · {time}</i>",
                account=value.watched.account.name,
                badge=BADGES[value.watched.account.environment],
                time=numbers.second(quote.at, member.time_zone),
            ),
        )
    again = Button(t("▶️ Watch again"), WatchPrice(market.symbol))
    stop = Button(t("⏹ Stop"), StopWatching())
    chart = Button(t("📈 Chart"), ShowChart(market.symbol, Timeframe.H1.value))
    text = lines(head, *body, _stale(value, t), _end(value, member, t))
    return Reply(text, rows=((again if value.is_over else stop, chart),), is_quiet=True)


def _end(value: LivePrice, member: Member, t: Translator) -> Markup:
    if value.is_over:
        return t("⏹ No longer live")
    time = numbers.time_of_day(value.watched.until, member.time_zone)
    return t("🟢 Live until {time}", time=time)


def _stale(value: LivePrice, t: Translator) -> Markup | None:
    if not value.is_stale:
        return None
    return t("⚠️ The exchange is silent: this is the last price that it told.")


def _pressure(book: OrderBook | None, t: Translator) -> Markup | None:
    """Return how the nearest levels share between buyers and sellers."""
    if book is None or not (book.bids and book.asks):
        return None
    bids, asks = (
        sum((level.amount * level.price for level in side[:_LEVELS]), Decimal(0))
        for side in (book.bids, book.asks)
    )
    share = bids / (bids + asks)
    filled = round(share * _CELLS)
    return t(
        "{bar} buyers {percent}% of the near book",
        bar="▰" * filled + "▱" * (_CELLS - filled),
        percent=str(round(share * 100)),
    )
