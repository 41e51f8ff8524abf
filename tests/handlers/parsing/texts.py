"""Hypothesis strategies for what a chat may hold."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st

DIGITS = "0123456789０１２３４５６７８９٠١٢٣٤٥०१२३४५𝟎𝟏𝟐𝟑½²Ⅷ①㊿"
INVISIBLE = "\u200b\u200d\u202e\u200f\ufeff\u00a0\u3000\u2009\x00\x1f\n\t\u0301\ud800\udfff"
MARKS = ".,，。、:;%$@/+-_*'’\"<>&{}[]()#`~|\\!?=^€￥🚀"
WORDS = (
    *(
        "buy",
        "sell",
        "买",
        "卖",
        "btc",
        "eth",
        "比特币",
        "of",
        "的",
        "@",
        "at",
        "限价",
        "u",
        "usdt",
    ),
    *(
        "all",
        "half",
        "一半",
        "万",
        "k",
        "m",
        "NaN",
        "inf",
        "-0",
        "1e400",
        "0x10",
        "1_000",
        "1.000",
    ),
    *("--1", "+1", ".5", "1.", "1,5", "<b>", "%s", "{0}", "'; DROP TABLE x;--", "stop", "long"),
    *("alert", "提醒", ">", "<", "5%", "1h", "24h", "60k", "70000", "/usdt", "-perp", "1inch"),
)


def any_text(phrases: Iterable[str]) -> st.SearchStrategy[str]:
    """Return texts from noise to almost right."""
    odd = st.sampled_from(DIGITS + INVISIBLE + MARKS)
    word = st.sampled_from(WORDS)
    return st.one_of(
        st.text(st.characters(codec=None), max_size=200),
        st.lists(word | odd | st.just(" "), max_size=20).map("".join),
        st.lists(word, max_size=9).map(" ".join),
        st.builds(_inserted, st.sampled_from(sorted(phrases)), st.integers(0, 60), odd | word),
        st.builds(str.__mul__, odd | word, st.just(10_000)),
    )


def _inserted(phrase: str, at: int, piece: str) -> str:
    return phrase[:at] + piece + phrase[at:]
