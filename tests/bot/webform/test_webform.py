"""The one-time form over real HTTP: one link, one use, and nothing told to who has none."""

from __future__ import annotations

import asyncio
import hashlib
import re
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.localchat import ANN, BO, LocalChat
from bot.settings import SettingsError
from bot.webform.app import BODY_BYTES, HEADERS
from tests.assistant import TOKEN, assistant, labels, words
from tests.bot.webform.place import Place
from tests.flow.exchanges.venues import (
    Exchanges,
    accounts_of,
    binance_parts,
    everything_said,
    ways_of,
    world_of,
)

UNHEARD = "A" * 22


async def test_a_key_comes_through_the_form_and_the_chat_tells_the_result(
    place: Place, exchanges: Exchanges
) -> None:
    key = exchanges.binance.call("add_key")
    link = await place.link()

    page = await place.browser.get(link)
    assert page.status_code == 200
    assert "Connect Binance · LIVE" in page.text
    assert re.findall(r'name="(\w+)"', page.text)[-2:] == ["apiKey", "secret"]
    sent = await place.browser.post(link, data=binance_parts(key))

    assert sent.status_code == 200
    assert "The result comes in the chat" in sent.text
    assert "✅ It cannot withdraw" in await place.told("The key is fine")
    done = await place.person.press(place.person.last, "Binance")
    assert "is connected" in words(done)
    accounts = await accounts_of(place.world, place.person)
    assert accounts[1].key_hint == key["key"][-4:]
    said = everything_said(place.world.assistant.chat, ANN)
    disk = b"".join(file.read_bytes() for file in place.folder.glob("quanttrade.db*"))
    for secret in binance_parts(key).values():
        assert secret not in said + page.text + sent.text
        assert secret.encode() not in disk


async def test_a_refused_key_is_told_of_in_the_chat(place: Place, exchanges: Exchanges) -> None:
    key = exchanges.binance.call("add_key")
    exchanges.binance.call("set_key", key=key["key"], permissions={"enableWithdrawals": True})

    await place.browser.post(await place.link(), data=binance_parts(key))

    assert "❌ Withdrawals" in await place.told("Not connected")


async def test_a_link_works_once(place: Place, exchanges: Exchanges) -> None:
    key, link = exchanges.binance.call("add_key"), await place.link()
    answers = await asyncio.gather(
        *(place.browser.post(link, data=binance_parts(key)) for _ in range(5))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404, 404]
    assert (await place.browser.get(link)).status_code == 404
    await place.told("The key is fine")


async def test_looking_does_not_use_it_up(place: Place) -> None:
    link = await place.link()

    for _ in range(3):
        assert (await place.browser.get(link)).status_code == 200
        assert (await place.browser.head(link)).status_code == 200


async def test_a_wrong_an_old_and_a_used_link_look_the_same(
    place: Place, exchanges: Exchanges
) -> None:
    used = await place.link()
    await place.browser.post(used, data=binance_parts(exchanges.binance.call("add_key")))
    await place.told("The key is fine")
    replaced = await place.link()
    stopped = await place.link()
    await place.person.press(place.person.last, "✖️")
    expired = await place.link()
    place.world.clock.advance(timedelta(minutes=11))
    base = used.rpartition("/")[0]

    answers = [
        await place.browser.request(method, url)
        for method in ("GET", "POST")
        for url in (
            *(used, replaced, stopped, expired),
            *(f"{base}/{UNHEARD}", f"{base}/{'A' * 5_000}", f"{base}/%00", f"{base}/"),
        )
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert "This link is closed" in answers[0].text


async def test_only_a_digest_of_the_link_is_stored(place: Place) -> None:
    token = (await place.link()).rpartition("/")[2]

    disk = b"".join(file.read_bytes() for file in place.folder.glob("quanttrade.db*"))

    assert len(token) == 22
    assert token.encode() not in disk
    assert hashlib.sha256(token.encode()).digest() in disk


async def test_every_answer_carries_the_careful_headers(place: Place) -> None:
    link = await place.link()
    base = link.partition("/connect/")[0]

    for answer in (
        await place.browser.get(link),
        await place.browser.post(link, data={}),
        await place.browser.get(f"{base}/style.css"),
        await place.browser.get(f"{base}/healthz"),
        await place.browser.get(f"{base}/nothing"),
        await place.browser.put(link),
    ):
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert "server" not in answer.headers
    assert "script" not in HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in HEADERS["Content-Security-Policy"]


async def test_the_page_needs_nothing_but_its_own_style(place: Place) -> None:
    link = await place.link()
    page = (await place.browser.get(link)).text
    style = (await place.browser.get(f"{link.partition('/connect/')[0]}/style.css")).text

    assert "<script" not in page
    assert re.findall(r'(?:src|href|action)="([^"]*)"', page) == ["/style.css"]
    assert not re.search(r"url\(|@import", style)
    assert 'name="viewport"' in page
    assert "prefers-color-scheme: dark" in style


async def test_a_form_with_a_hole_is_shown_again_and_keeps_its_link(
    place: Place, exchanges: Exchanges
) -> None:
    key, link = exchanges.binance.call("add_key"), await place.link()

    holed = await place.browser.post(link, data=binance_parts(key) | {"secret": "  "})

    assert holed.status_code == 400
    assert "Please fill in every field" in holed.text
    assert key["key"] not in holed.text
    assert (await place.browser.post(link, data=binance_parts(key))).status_code == 200
    await place.told("The key is fine")


async def test_what_is_no_form_is_refused_and_keeps_the_link(place: Place) -> None:
    link = await place.link()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    at_most = b"apiKey=" + b"a" * (BODY_BYTES - len(b"apiKey="))

    codes = [
        (await place.browser.post(link, content=body, headers=headers)).status_code
        for body, headers in (
            (at_most + b"a", form),
            (at_most, form),
            (b"\xff\xfe=1", form),
            (b"&".join([b"a=1"] * 30), form),
            (b'{"apiKey": "a"}', {"Content-Type": "application/json"}),
        )
    ]

    assert codes == [413, 400, 400, 400, 415]
    assert (await place.browser.get(link)).status_code == 200


async def test_the_form_is_in_the_readers_language(place: Place) -> None:
    bo = place.world.assistant.person(BO)
    await place.world.assistant.onboard(user=BO, language="中文")
    shown = await bo.press(await ways_of(bo, "Binance"), "🌐")

    page = await place.browser.get(shown["reply_markup"]["inline_keyboard"][0][0]["url"])

    assert "连接 Binance · LIVE" in page.text
    assert '<html lang="zh-Hans">' in page.text
    closed = await place.browser.get(
        str(page.url)[:-3] + "AAA", headers={"Accept-Language": "zh-CN,zh;q=0.9"}
    )
    assert "此链接已失效" in closed.text


async def test_a_key_is_replaced_through_the_form(place: Place, exchanges: Exchanges) -> None:
    first, second = (exchanges.binance.call("add_key") for _ in range(2))
    await place.browser.post(await place.link(), data=binance_parts(first))
    await place.told("The key is fine")
    await place.person.say("Main")
    card = await place.person.press(await place.person.say("/accounts"), "Main")
    shown = await place.person.press(await place.person.press(card, "🔑"), "🌐")

    link = shown["reply_markup"]["inline_keyboard"][0][0]["url"]
    await place.browser.post(link, data=binance_parts(second))

    await place.told("uses the new key from now on")
    assert (await accounts_of(place.world, place.person))[1].key_hint == second["key"][-4:]


async def test_the_health_of_the_server_is_told(place: Place) -> None:
    base = (await place.link()).partition("/connect/")[0]

    assert (await place.browser.get(f"{base}/healthz")).text == "ok"


async def test_without_a_public_address_there_is_no_form(
    exchanges: Exchanges, tmp_path: Path
) -> None:
    with closing(LocalChat(token=TOKEN)) as chat:
        async with world_of(exchanges, chat, tmp_path) as world:
            await world.assistant.onboard()

            ways = await ways_of(world.assistant.person(ANN), "Binance")

            assert not [label for label in labels(ways) if label.startswith("🌐")]


async def test_a_port_that_is_taken_is_told_of_at_start(tmp_path: Path) -> None:
    busy = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = busy.sockets[0].getsockname()[1]
    async with busy:
        with pytest.raises(SettingsError, match="QT_WEB_PORT"):
            async with assistant(tmp_path, public_url="http://127.0.0.1:1", web_port=port):
                pass


@pytest.mark.parametrize(
    "address",
    ["http://example.org", "ftp://example.org", "example.org", "https://", "https://a.org/x?y"],
)
async def test_a_public_address_without_tls_or_with_a_path_is_refused(
    tmp_path: Path, address: str
) -> None:
    with pytest.raises(SettingsError, match="QT_PUBLIC_URL"):
        async with assistant(tmp_path, public_url=address):
            pass
