"""Starts the local chat alone, for any bot: ``python -m bot.localchat --port 8787``."""

from __future__ import annotations

import argparse
import asyncio
import signal
from pathlib import Path

from bot.localchat import BotIdentity, LocalChat, Server


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m bot.localchat", description=__doc__)
    parser.add_argument("--port", type=int, default=8787)
    parser.add_argument("--token", help="let only this token in")
    parser.add_argument("--directory", type=Path, help="keep the conversation here")
    parser.add_argument("--username", default=BotIdentity().username)
    parser.add_argument("--key", help="secret of /control/<key>/; random by default")
    asyncio.run(_serve(parser.parse_args()))


async def _serve(options: argparse.Namespace) -> None:
    chat = LocalChat(
        token=options.token,
        directory=options.directory,
        bot=BotIdentity(username=options.username),
        key=options.key,
    )
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stopped.set)
    async with Server(chat, options.port) as server:
        chat.is_ready = True
        print(f"Chat page:   {server.url}/")  # noqa: T201 - a command speaks to its user
        print(f"Bot API:     {server.base_url}<token>/<method>")  # noqa: T201 - the same
        print(f"For tests:   {server.control_url}/<act>", flush=True)  # noqa: T201 - the same
        await stopped.wait()
    chat.close()


if __name__ == "__main__":
    main()
