"""The command line: `quanttrade demo`, `run`, `check`, `new-key`, `vault`.

Commands are named by their place and loaded when called, so that help is instant.
Exit codes: 0 done, 1 failed, 2 wrong usage, 78 wrong settings (sysexits' EX_CONFIG).
"""

from __future__ import annotations

from cyclopts import App

from bot import __version__

app = App(
    name="quanttrade",
    help="A Telegram assistant for trading on crypto exchanges.",
    version=__version__,
)
app.command("bot.demo:demo", help="Try it in the browser: practice money, no accounts, no keys.")
app.command("bot.run:run", help="Serve the bot over Telegram or any Bot API server.")
app.command("bot.run:check", help="Check the settings, the key and the database.")
app.command("bot.run:new_key", name="new-key", help="Make a master key file.")
app.command("bot.vault_cli:app", name="vault", help="Change and check the keys in use.")


def main() -> None:
    """Run the command line."""
    app()
