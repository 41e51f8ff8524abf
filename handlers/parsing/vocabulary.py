"""The words that orders and alerts may be made of, in both languages.

A word that stands here never acts as a coin. Coins with such a name (NOT, ME, ALL) are said with
their quote: ``not/usdt``.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    """What a word is; the first groups are the terminals of ``order.lark``."""

    BUY = "BUY"
    SELL = "SELL"
    CLOSE = "CLOSE"
    COIN = "COIN"
    NUMBER = "NUMBER"
    SHARE = "SHARE"
    PERCENT = "PERCENT"
    TENTHS = "TENTHS"
    CURRENCY = "CURRENCY"
    DOLLAR = "DOLLAR"
    MEASURE = "MEASURE"
    OF = "OF"
    WORTH = "WORTH"
    WITH = "WITH"
    AT = "AT"
    LIMIT = "LIMIT"
    MARKET = "MARKET"
    EACH = "EACH"
    POLITE = "POLITE"

    STOP = "STOP"
    LONG_SHORT = "LONG_SHORT"

    CALL = "CALL"
    ABOVE = "ABOVE"
    BELOW = "BELOW"
    RISE = "RISE"
    FALL = "FALL"
    REACH = "REACH"
    UNIT = "UNIT"
    WINDOW = "WINDOW"
    GLUE = "GLUE"

    OTHER = "OTHER"


SHARES = {
    **dict.fromkeys(["all", "everything", "max", "maximum", "全部", "所有", "满仓"], Decimal(1)),
    **dict.fromkeys(["half", "一半", "半仓"], Decimal("0.5")),
    "quarter": Decimal("0.25"),
    **{f"{word}成": Decimal(n) / 10 for n, word in enumerate("一二三四五六七八九", start=1)},
    "两成": Decimal("0.2"),
}
"""Words for a fraction of what is free."""

LOOSE_SHARES = frozenset({"half", "quarter", "一半"})
"""Shares that, in a purchase, might as well mean a part of one coin."""

UNITS = {
    **dict.fromkeys(["m", "min", "mins", "minute", "minutes", "分", "分钟"], timedelta(minutes=1)),
    **dict.fromkeys(["h", "hr", "hrs", "hour", "hours", "小时", "个小时"], timedelta(hours=1)),
    **dict.fromkeys(["d", "day", "days", "天", "日"], timedelta(days=1)),
}
"""Units of time of an alert's window."""

WINDOWS = {
    "半小时": timedelta(minutes=30),
    "一小时": timedelta(hours=1),
    "一个小时": timedelta(hours=1),
    "一天": timedelta(days=1),
}
"""Whole windows said in one word."""

CURRENCIES = {
    **dict.fromkeys(["$", "u", "usd", "dollar", "dollars", "bucks", "刀", "美元", "美金"]),
    "usdt": "USDT",
    "usdc": "USDC",
}
"""Words for the quote currency; None where any dollar coin is meant."""

_SAID = {
    Kind.BUY: "buy purchase 买 买入 买进 购买 购入",
    Kind.SELL: "sell 卖 卖出 卖掉 出售",
    Kind.CLOSE: "清仓",
    Kind.SHARE: " ".join(SHARES),
    Kind.PERCENT: "% percent pct",
    Kind.TENTHS: "成",
    Kind.CURRENCY: " ".join(word for word in CURRENCIES if word != "$"),
    Kind.DOLLAR: "$",
    Kind.MEASURE: "个 枚 颗",
    Kind.OF: "of my 的 我的",
    Kind.WORTH: "worth 价值",
    Kind.WITH: "with using 用 花 拿",
    Kind.AT: "@ at 以 在 按",
    Kind.LIMIT: "limit price 限价 限价单 价格 价位 单价",
    Kind.MARKET: "market mkt 市价 市价单 现价",
    Kind.EACH: "each apiece",
    Kind.POLITE: "please pls plz thanks 请 帮我 给我 我要 我想 把 吧 谢谢",
    Kind.STOP: "stop stoploss stop-loss sl take-profit takeprofit tp trailing trail oco "
    "止损 止盈 止损单 止盈单 止损限价 止损价 追踪 跟踪 条件单 触发 触发价",
    Kind.LONG_SHORT: "long short longs shorts 做多 做空 开多 开空 平多 平空 卖空 买空",
    Kind.CALL: "alert alerts notify tell remind warn ping 提醒 通知 告诉 预警",
    Kind.ABOVE: "> >= ≥ above over 高于 大于 超过 突破 升破 涨破 涨到 涨至 升到 升至",
    Kind.BELOW: "< <= ≤ below under 低于 小于 少于 跌破 跌到 跌至 降到 降至",
    Kind.RISE: "up rise rises gain gains pump pumps 涨 上涨 升",
    Kind.FALL: "down drop drops fall falls lose loses dump dumps 跌 下跌 降",
    Kind.REACH: "hit hits reach reaches touch touches cross crosses 到 达到 到达",
    Kind.UNIT: " ".join(UNITS),
    Kind.WINDOW: " ".join(WINDOWS),
    Kind.GLUE: "me when if 如果 once in within by is goes gets 我 我们 当 内 时 时候 就 了 "
    "之内 以内",
    # Function words would otherwise pass for tickers: "sell it all", "buy 5 more", "sell 1 now".
    Kind.OTHER: "a an and any are as be been before after between both but can cannot cent cents "
    "coin coins could crypto daily did do does dont else ever every few first for from get got "
    "had has have he her here him his how i into it its just last later least less let "
    "lets like long made make many maybe might minus month more most much must nan inf infinity "
    "never next no none nor not nothing now off on only or order other our out per plus "
    "position positions profit quick rather s she should since so some soon still t than that "
    "the their them then there these they this those till time times to today token tokens "
    "tomorrow tonight too twice until us wait want was we week weekly were what where which who "
    "why will would x yes yesterday yet you your",
}

KINDS: dict[str, Kind] = {
    word: kind for kind, words in reversed(_SAID.items()) for word in words.split()
}
"""Kind of every reserved word, lower case; an order's meaning wins over a filler's."""
