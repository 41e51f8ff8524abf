"""What Telegram's HTML parser takes and refuses, over the wire.

Source of the refusals and offsets: tdlib/td, test/message_entities.cpp.
"""

from __future__ import annotations

from typing import Any

import pytest

from bot.localchat import ANN
from tests.bot.localchat.conftest import Call

REFUSED = {
    "<br>": 'Unsupported start tag "br" at byte offset 0',
    "1 < 2": 'Unsupported start tag "" at byte offset 2',
    "a <p>x</p>": 'Unsupported start tag "p" at byte offset 2',
    "你<div>": 'Unsupported start tag "div" at byte offset 3',
    "<b>x": 'Can\'t find end tag corresponding to start tag "b"',
    "<b": "Unclosed start tag at byte offset 0",
    "x</b>": "Unexpected end tag at byte offset 1",
    "<b><i>x</b></i>": 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"',
    "<i>a</em>": 'Unmatched end tag at byte offset 4, expected "</i>", found "</em>"',
    "<i>a</i   ": "Unclosed end tag at byte offset 4",
    '<span class="x">y</span>': 'Tag "span" must have class "tg-spoiler" at byte offset 0',
    "<i =x>y</i>": 'Empty attribute name in the tag "i" at byte offset 0',
    "<a href=x/y>z</a>": "Unexpected end of name token at byte offset 8",
    '<a href="x>y</a>': "Unclosed start tag at byte offset 0",
}


@pytest.mark.parametrize("source", REFUSED)
async def test_wrong_markup_is_refused_in_telegrams_words(call: Call, source: str) -> None:
    answer = await call("sendMessage", chat_id=ANN, text=source, parse_mode="HTML")

    assert answer.status_code == 400
    expected = f"Bad Request: can't parse entities: {REFUSED[source]}"
    assert answer.json() == {"ok": False, "error_code": 400, "description": expected}


def entity(kind: str, offset: int, length: int, **more: Any) -> dict[str, Any]:
    return {"type": kind, "offset": offset, "length": length, **more}


TAKEN = {
    "<b>x</b>": ("x", [entity("bold", 0, 1)]),
    "<strong>x</strong>": ("x", [entity("bold", 0, 1)]),
    "<i>x</i>": ("x", [entity("italic", 0, 1)]),
    "<em>x</em>": ("x", [entity("italic", 0, 1)]),
    "<u>x</u>": ("x", [entity("underline", 0, 1)]),
    "<ins>x</ins>": ("x", [entity("underline", 0, 1)]),
    "<s>x</s>": ("x", [entity("strikethrough", 0, 1)]),
    "<strike>x</strike>": ("x", [entity("strikethrough", 0, 1)]),
    "<del>x</del>": ("x", [entity("strikethrough", 0, 1)]),
    "<tg-spoiler>x</tg-spoiler>": ("x", [entity("spoiler", 0, 1)]),
    '<span class="tg-spoiler">x</span>': ("x", [entity("spoiler", 0, 1)]),
    "<code>x</code>": ("x", [entity("code", 0, 1)]),
    "<pre>x</pre>": ("x", [entity("pre", 0, 1)]),
    '<pre><code class="language-py">x</code></pre>': ("x", [entity("pre", 0, 1, language="py")]),
    '<a href="https://x.org/?a=1&amp;b">x</a>': (
        "x",
        [entity("text_link", 0, 1, url="https://x.org/?a=1&b")],
    ),
    "<a href='http://localhost/'>x</a>": (
        "x",
        [entity("text_link", 0, 1, url="http://localhost/")],
    ),
    '<a href="tg://user?id=7">x</a>': ("x", None),
    "<blockquote>x</blockquote>": ("x", [entity("blockquote", 0, 1)]),
    "<blockquote expandable>x</blockquote>": ("x", [entity("expandable_blockquote", 0, 1)]),
    '<tg-emoji emoji-id="5">👍</tg-emoji>': (
        "👍",
        [entity("custom_emoji", 0, 2, custom_emoji_id="5")],
    ),
    '<tg-time unix="1647531900" format="wDT">x</tg-time>': (
        "x",
        [entity("date_time", 0, 1, unix_time=1647531900, date_time_format="wDT")],
    ),
    "<B>x</b >": ("x", [entity("bold", 0, 1)]),
    "<b>x</>": ("x", [entity("bold", 0, 1)]),
    "😀<b>你</b>": ("😀你", [entity("bold", 2, 1)]),
    "<b>a<i>b</i></b>": ("ab", [entity("bold", 0, 2), entity("italic", 1, 1)]),
    "<code>a<b>b</b></code>": ("ab", [entity("code", 0, 2)]),
    "<b>a</b> ": ("a", [entity("bold", 0, 1)]),
    "  <b>a</b>": ("a", [entity("bold", 0, 1)]),
    "<b></b>a": ("a", None),
    "&lt;&gt;&amp;&quot;&#65;&#x41;": ('<>&"AA', None),
    "&nbsp;&copy;&#12345678;": ("&nbsp;&copy;&#12345678;", None),
    "go /start now": ("go /start now", [entity("bot_command", 3, 6)]),
    "BTC/USDT": ("BTC/USDT", None),
    "see https://x.org/a.": ("see https://x.org/a.", [entity("url", 4, 15)]),
    "<code>/start</code>": ("/start", [entity("code", 0, 6), entity("bot_command", 0, 6)][:1]),
}


@pytest.mark.parametrize("source", TAKEN)
async def test_markup_becomes_text_and_entities(call: Call, source: str) -> None:
    answer = await call("sendMessage", chat_id=ANN, text=source, parse_mode="HTML")

    message = answer.json()["result"]
    assert (message["text"], message.get("entities")) == TAKEN[source]


async def test_a_link_to_a_known_person_is_a_mention(call: Call) -> None:
    source = f'<a href="tg://user?id={ANN}">you</a>'

    answer = await call("sendMessage", chat_id=ANN, text=source, parse_mode="HTML")

    (mention,) = answer.json()["result"]["entities"]
    assert (mention["type"], mention["user"]["first_name"]) == ("text_mention", "Ann")


async def test_text_without_a_parse_mode_is_taken_as_written(call: Call) -> None:
    answer = await call("sendMessage", chat_id=ANN, text="<b>x</b> & <br>")

    assert answer.json()["result"]["text"] == "<b>x</b> & <br>"


async def test_markdown_is_not_emulated_and_says_so(call: Call) -> None:
    answer = await call("sendMessage", chat_id=ANN, text="*x*", parse_mode="MarkdownV2")

    assert answer.status_code == 501


async def test_the_limit_counts_text_after_parsing(call: Call) -> None:
    fits = "<b>" + "&lt;" * 4096 + "</b>"

    fitting = await call("sendMessage", chat_id=ANN, text=fits, parse_mode="HTML")
    too_long = await call("sendMessage", chat_id=ANN, text=fits + "x", parse_mode="HTML")

    assert fitting.json()["ok"]
    assert too_long.json()["description"] == "Bad Request: message is too long"


@pytest.mark.parametrize("text", ["", "  \n ", "<b></b>"])
async def test_an_empty_text_is_refused(call: Call, text: str) -> None:
    answer = await call("sendMessage", chat_id=ANN, text=text, parse_mode="HTML")

    assert answer.json()["description"] == "Bad Request: message text is empty"
