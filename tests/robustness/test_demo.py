"""`quanttrade demo`: ready at once, stopped at once, the same again next time."""

from __future__ import annotations

import asyncio
import signal
import socket
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx

from bot.localchat import ANN, Json
from tests.assistant import full_label, words
from tests.eventually import eventually
from tests.robustness.figures import measured
from tests.robustness.processes import Running, quanttrade

READY_S, GENEROUS_S, STOP_S = 3, 10, 5
KEPT = ("tenant", "member", "chat", "order", "fill", "paper_balance", "paper_order", "alert")


async def test_the_demo_comes_back_as_it_was_left(tmp_path: Path) -> None:
    async with _demo(tmp_path) as (running, page):
        ready = time.monotonic() - running.started
        measured(f"ready after {ready:.2f} s; wanted below {READY_S} s")
        assert ready < GENEROUS_S
        await page.order("buy 0.01 btc")
        await page.order("buy 0.01 btc @ 30k")
        chat_before = await page.messages()
        code, seconds = await running.stopped(signal.SIGINT)
        assert (code, running.err) == (0, [])
        assert seconds < STOP_S
    before = _kept(tmp_path)
    assert (tmp_path / "master.key").stat().st_mode & 0o777 == 0o600

    async with _demo(tmp_path) as (running, page):
        assert await page.messages() == chat_before
        await page.say("/orders")
        await page.until("30,000")
        await running.stopped(signal.SIGINT)
    assert _kept(tmp_path) == before


async def test_a_second_demo_in_one_directory_and_one_on_a_taken_port_are_refused(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with (
            _demo(tmp_path / "here"),
            _started(tmp_path / "here", 0) as second,
            _started(tmp_path, port) as third,
        ):
            codes = await asyncio.gather(second.ended(), third.ended())

    assert set(codes) == {78}
    assert len(second.err) == 1
    assert "in use by another quanttrade" in second.err[0]
    (line,) = third.err
    assert str(port) in line
    assert "--port" in line


class Page:
    """The chat page's side of a demo, by its control address."""

    def __init__(self, client: httpx.AsyncClient, key: str) -> None:
        self._client = client
        self._key = key

    async def say(self, text: str) -> None:
        """Write as Ann."""
        await self._do("say", user=ANN, chat=ANN, text=text)

    async def order(self, text: str) -> None:
        """Order something and confirm it."""
        if not await self.messages():
            await self.say("/start")
        await self.say(text)
        card = await self.until("Valid for")
        label = full_label(card, "✅")
        await self._do("tap", user=ANN, chat=ANN, message=card["message_id"], button=label)

        async def receipt() -> list[Json]:
            same = [m for m in await self.messages() if m["message_id"] == card["message_id"]]
            return [m for m in same if any(text in words(m) for text in ("Filled", "Placed"))]

        receipts: list[Json] = await eventually(receipt, of="the receipt")
        assert len(receipts) == 1

    async def until(self, text: str) -> Json:
        """Return the last message with a text, once there is one."""

        async def found() -> list[Json]:
            return [message for message in await self.messages() if text in words(message)]

        messages: list[Json] = await eventually(found, of=text)
        return messages[-1]

    async def messages(self) -> list[Json]:
        """Return the conversation."""
        entries = await self._do("messages", chat=ANN)
        return [entry["message"] for entry in entries]

    async def _do(self, act: str, **body: Any) -> Any:
        answer = await self._client.post(f"/control/{self._key}/{act}", json=body)
        return answer.json()["result"]


@asynccontextmanager
async def _demo(directory: Path) -> AsyncIterator[tuple[Running, Page]]:
    async with _started(directory, 0) as running:
        line = await running.until("QuantTrade demo: open")
        address = line.split("open ")[1].split()[0]
        async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
            assert (await client.get("/healthz")).status_code == 200
            cookies = (await client.get("/")).cookies
            (key,) = cookies.values()
            yield running, Page(client, key)


@asynccontextmanager
async def _started(directory: Path, port: int) -> AsyncIterator[Running]:
    async with quanttrade("demo", "--port", str(port), "--data", str(directory)) as running:
        yield running


def _kept(directory: Path) -> dict[str, list[tuple[Any, ...]]]:
    with closing(sqlite3.connect(directory / "quanttrade.db")) as opened:
        return {table: opened.execute(f'SELECT * FROM "{table}"').fetchall() for table in KEPT}
