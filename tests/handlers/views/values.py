"""What views are shown with: two readers, one market, and orders in every state."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.localchat.html_markup import parse_html
from handlers.i18n import Translator, translator
from handlers.views.reply import Button, Reply
from services.alerts import Watch
from services.domain.accounts import (
    Account,
    AccountId,
    Balance,
    ChatId,
    Environment,
    Member,
    Role,
    TenantId,
    UserId,
)
from services.domain.alerts import Alert, AlertId, Condition
from services.domain.market import Candle, Level, Market, MarketType, OrderBook, Quote
from services.domain.orders import (
    Fill,
    Order,
    OrderId,
    OrderRequest,
    OrderStatus,
    OrderType,
    Side,
)
from services.exchange.paper_markets import MARKETS
from services.orders import Card, Receipt
from services.quotes import Price
from services.risk import Rounding, Situation, look_ahead

D = Decimal
AT = datetime(2026, 11, 22, 8, 5, tzinfo=UTC)
BTC, ETH = MARKETS["BTC/USDT"], MARKETS["ETH/USDT"]
PERPETUAL = MARKETS["BTC/USDT:USDT"]
ACCOUNT = Account(AccountId(1), TenantId(1), "Paper", "paper", Environment.PAPER)
LIVE = Account(AccountId(2), TenantId(1), "Main", "binance", Environment.LIVE)
ADA = Member(
    tenant_id=TenantId(1),
    user_id=UserId(7),
    name="Ada",
    role=Role.OWNER,
    language="en",
    time_zone="UTC",
    is_red_up=False,
    is_dark=True,
    account_id=AccountId(1),
)
LI = replace(
    ADA, name="李雷", language="zh_Hans", time_zone="Asia/Shanghai", is_red_up=True, is_dark=False
)
READERS = {"en": ADA, "zh": LI}


def t_of(member: Member) -> Translator:
    return translator(member.language)


def shown(reply: Reply) -> str:
    """The whole message as one text: what it says, then its buttons in brackets."""
    rows = [" ".join(f"[{button.label}]" for button in row) for row in reply.rows]
    return "\n".join([reply.text, *rows])


def parsed(reply: Reply) -> str:
    """What Telegram shows of the text; it refuses markup that is not well-formed."""
    return parse_html(reply.text)[0]


def buttons(reply: Reply) -> list[Button]:
    return [button for row in reply.rows for button in row]


def quote(market: Market = BTC, **changes: Any) -> Quote:
    """BTC at 65,000 between 64,990 and 65,010, up 2.5 % in a day."""
    usual = Quote(
        symbol=market.symbol,
        last=D(65_000),
        bid=D(64_990),
        ask=D(65_010),
        high=D("65500.5"),
        low=D(63_200),
        percentage=D("2.5"),
        base_volume=D(385_000),
        quote_volume=D(25_012_345_678),
        at=AT,
    )
    return replace(usual, **changes)


def price(market: Market = BTC, account: Account = ACCOUNT, **changes: Any) -> Price:
    return Price(account, market, quote(market, **changes))


def candles(count: int = 180) -> tuple[Candle, ...]:
    """Hours at 64,000, the last one closing at 65,000."""
    flat, at = D(64_000), AT.replace(minute=0)
    hours = [at - timedelta(hours=count - 1 - number) for number in range(count)]
    whole = [Candle(hour, flat, flat + 100, flat - 100, flat, D(5)) for hour in hours]
    return (*whole[:-1], replace(whole[-1], high=D(65_100), close=D(65_000)))


BOOK = OrderBook(
    BTC.symbol,
    bids=(Level(D(64_990), D("0.5")), Level(D(64_900), D(2))),
    asks=(Level(D(65_010), D("0.4")), Level(D(65_100), D(3))),
    at=AT,
)


def request(
    side: Side = Side.BUY, amount: str = "0.01", limit: str | None = "60000"
) -> OrderRequest:
    kind = OrderType.MARKET if limit is None else OrderType.LIMIT
    return OrderRequest(BTC.symbol, side, kind, D(amount), None if limit is None else D(limit))


def order(
    status: OrderStatus = OrderStatus.DRAFT,
    of: OrderRequest | None = None,
    *,
    filled: str = "0",
    at: str = "60000",
    **changes: Any,
) -> Order:
    """Order 3 of the tenant (without a number while it is a card), `filled` at a price."""
    of = of or request()
    is_card = status in (OrderStatus.DRAFT, OrderStatus.DECLINED)
    usual = Order(
        id=OrderId(11),
        tenant_id=TenantId(1),
        account_id=AccountId(1),
        chat_id=ChatId(7),
        user_id=UserId(7),
        message_id=5,
        number=None if is_card else 3,
        client_order_id="qtabcdefgh234567ab",
        exchange_order_id=None,
        request=of,
        status=status,
        quote_price=D(65_000),
        worst_cost=D(600),
        filled=D(filled),
        average=D(at) if D(filled) else None,
        cost=D(filled) * D(at),
        fee=D(filled) / 1000,
        fee_currency="BTC" if D(filled) else None,
        reason=None,
        created_at=AT,
        expires_at=AT + timedelta(seconds=60),
        confirmed_at=None,
        sent_at=None,
        updated_at=AT,
    )
    return replace(usual, **changes)


def receipt(
    status: OrderStatus,
    of: OrderRequest | None = None,
    *,
    account: Account = ACCOUNT,
    fills: tuple[Fill, ...] = (),
    **changes: Any,
) -> Receipt:
    return Receipt(order(status, of, **changes), account, BTC, fills)


def fill(amount: str, at: str, *, is_maker: bool, number: int = 1) -> Fill:
    return Fill(str(number), D(at), D(amount), D("0.00001"), "BTC", is_maker=is_maker, at=AT)


def card(
    of: OrderRequest | None = None,
    *,
    account: Account = ACCOUNT,
    roundings: tuple[Rounding, ...] = (),
    book: OrderBook = BOOK,
    is_requoted: bool = False,
) -> Card:
    """A card of somebody who holds 10,000 USDT and half a coin."""
    of = of or request()
    held = {"USDT": Balance("USDT", D(10_000), D(0)), "BTC": Balance("BTC", D("0.5"), D(0))}
    now = Situation(BTC, quote(), book, held)
    return Card(
        order(of=of), account, BTC, quote(), look_ahead(of, now), roundings, candles(), is_requoted
    )


def watch(condition: Condition, *, number: int = 1, market: Market = BTC, **changes: Any) -> Watch:
    usual = Alert(
        id=AlertId(20 + number),
        tenant_id=TenantId(1),
        account_id=AccountId(1),
        chat_id=ChatId(7),
        user_id=UserId(7),
        number=number,
        symbol=market.symbol,
        condition=condition,
        created_at=AT,
        fired_at=None,
        fired_price=None,
    )
    return Watch(replace(usual, **changes), market, quote(market))


HOSTILE = "<b>&\"'</code>{x}🚀\u202e]["
"""A name that somebody gives an account or themselves."""
HOSTILE_ACCOUNT = replace(LIVE, name=HOSTILE * 5)


def hostile_market(kind: MarketType = MarketType.SPOT) -> Market:
    """A coin as no venue should list it."""
    base = "<I>&1000000"
    return replace(
        BTC,
        symbol=f"{base}/USDT",
        base=base,
        type=kind,
        tick=D("0.00000001"),
        lot=D("0.00000001"),
    )
