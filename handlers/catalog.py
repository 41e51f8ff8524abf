"""Every feature, in the order of the help, and the look-ups made from it."""

from __future__ import annotations

from telegram import Update

from handlers import (
    accounts,
    alerts,
    balances,
    cards,
    connect,
    connect_key,
    market_data,
    orders,
    pairs,
    quotes,
    settings,
    watch,
)
from handlers.buttons import ShowHelp
from handlers.context import Context
from handlers.feature import Command, Feature, Press, Step
from handlers.i18n import LANGUAGES, mark, translator
from handlers.reply import send
from handlers.views import settings as views
from services.domain.accounts import Permission


async def show_help(update: Update, context: Context) -> None:
    """Show how to speak and every command."""
    listed = [(command.name, command.summary) for command in COMMANDS.values()]
    await send(update, context, views.help_text(listed, context.t))


async def press_help(update: Update, context: Context, press: ShowHelp) -> None:
    """Show the help in place."""
    del press
    await show_help(update, context)


_HELP = Feature(
    commands=(Command("help", show_help, Permission.LOOK, mark("how to talk to me"), ("帮助",)),),
    presses=(Press(ShowHelp, press_help, Permission.LOOK),),
)

FEATURES = (
    quotes.FEATURE,
    market_data.FEATURE,
    watch.FEATURE,
    cards.FEATURE,
    orders.FEATURE,
    pairs.FEATURE,
    balances.FEATURE,
    alerts.FEATURE,
    settings.FEATURE,
    accounts.FEATURE,
    connect.FEATURE,
    connect_key.FEATURE,
    _HELP,
)
"""The whole product, feature by feature."""

COMMANDS: dict[str, Command] = {
    command.name: command for feature in FEATURES for command in feature.commands
}
"""Commands by name."""

PRESSES: dict[str, Press] = {
    press.payload.__name__: press for feature in FEATURES for press in feature.presses
}
"""Button meanings by the name under which they are stored."""

STEPS: dict[str, Step] = {step.name: step for feature in FEATURES for step in feature.steps}
"""Conversation steps by name."""

_HOME_COMMANDS = (("price", "balance", "orders"), ("buy", "alerts", "settings"))


def _words() -> dict[str, Command]:
    table = {word: command for command in COMMANDS.values() for word in command.words}
    for language in LANGUAGES:
        rows = views.home_keyboard(translator(language))
        for labels, names in zip(rows, _HOME_COMMANDS, strict=True):
            for label, name in zip(labels, names, strict=True):
                table[label.lower()] = COMMANDS[name]
    return table


WORDS: dict[str, Command] = _words()
"""Plain words and home buttons that stand for a command, in lower case."""
