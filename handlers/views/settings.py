"""The first screens, help, settings and accounts as messages."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.account_buttons import ShowAccounts
from handlers.buttons import (
    ChooseBackground,
    ChooseColours,
    ChooseCurrency,
    ChooseLanguage,
    ChooseTimeZone,
    Nothing,
    ShowAlerts,
    ShowBalance,
    ShowChart,
    ShowHelp,
    ShowOrders,
    ShowPairs,
    ShowPrices,
    ShowSettings,
    StartOrder,
)
from handlers.i18n import Markup, Translator
from handlers.payload import Payload
from handlers.views.look import BADGES, look_of
from handlers.views.quotes import candle_chart, heading
from handlers.views.reply import Button, Reply, Rows, lines
from services.domain.accounts import Account, Member
from services.domain.market import Timeframe
from services.domain.orders import Side
from services.quotes import Chart
from services.tenants import CURRENCIES

LANGUAGE_NAMES = {"en": "English", "zh_Hans": "中文"}
TIME_ZONES = ("UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York")


def home_keyboard(t: Translator) -> tuple[tuple[str, ...], ...]:
    """Return the reply keyboard: the places one goes to daily."""
    return (
        (t("📊 Prices"), t("💼 Balance"), t("📋 Orders")),
        (t("🟢 Buy"), t("🔔 Alerts"), t("⚙️ Settings")),
    )


def home(t: Translator) -> Reply:
    """Put the reply keyboard up."""
    return Reply(
        t("👇 These buttons stay here. You can also just write what you want."),
        home=home_keyboard(t),
        placeholder=t("buy 0.01 btc @ 60k"),
        is_new=True,
        is_quiet=True,
    )


def welcome(value: Chart, member: Member, t: Translator) -> Reply:
    """Return the first screen: a picture, the language, and that no money is real."""
    text = lines(
        t("👋 <b>Welcome, {name}!</b>", name=member.name),
        t(
            "Your account <b>Paper</b> started with <b>10,000 USDT of practice money</b>:"
            " you can trade at once, nothing here is real money."
        ),
        heading(t, member, value.price.market, value.price.quote),
        t("First, your language:"),
    )
    rows = (
        tuple(
            Button(
                _chosen(name, is_on=code == member.language), ChooseLanguage(code, is_first=True)
            )
            for code, name in LANGUAGE_NAMES.items()
        ),
    )
    picture = candle_chart(value.price, value.candles, value.timeframe, look_of(member))
    return Reply(text, rows=rows, picture=picture)


def welcome_colours(t: Translator) -> Reply:
    """Return the second and last question of the first screen."""
    rows: Rows = (
        (
            Button(t("🟢 Green is up"), ChooseColours(is_red_up=False, is_first=True)),
            Button(t("🔴 Red is up"), ChooseColours(is_red_up=True, is_first=True)),
        ),
    )
    return Reply(
        t("Which colour does a rising price have for you?"), rows=rows, keeps_picture=True
    )


def ready(t: Translator) -> Reply:
    """Return the end of the first screens: what to do now."""
    text = lines(
        t("✅ <b>Ready.</b> Try one of these, or write it in your own words:"),
        t("<code>{example}</code>", example=t("buy 0.01 btc @ 60k")),
        t("<code>{example}</code>", example=t("buy $200 of sol")),
        t("<code>btc &gt; 70000</code>"),
    )
    rows: Rows = (
        (
            Button(t("📈 Chart"), ShowChart("BTC/USDT", Timeframe.H1.value)),
            Button(t("Buy"), StartOrder(Side.BUY.value), style="success"),
            Button(t("💼 Balance"), ShowBalance()),
        ),
    )
    return Reply(text, rows=rows, keeps_picture=True)


def refusal(t: Translator) -> Reply:
    """Return the one polite answer to a stranger."""
    return Reply(t("Sorry, this is a private assistant. Please ask its owner to let you in."))


def help_text(commands: Sequence[tuple[str, str]], t: Translator) -> Reply:
    """Return the help: how to speak, then every command."""
    text = lines(
        t("❓ <b>Just write what you want</b>"),
        t("<code>buy 0.01 btc @ 60k</code> · a limit order"),
        t("<code>buy $200 of sol</code> · a market order"),
        t("<code>sell half my eth</code>"),
        t("<code>btc &gt; 70000</code> · an alert"),
        t("<code>btc</code> · the price"),
        t("Every order shows a card first. Nothing is sent until you confirm it."),
        Markup(""),
        *(t("/{name} · {summary}", name=name, summary=t(summary)) for name, summary in commands),
    )
    return Reply(text, rows=_everywhere(t))


def _everywhere(t: Translator) -> Rows:
    return (
        (
            Button(t("📊 Prices"), ShowPrices()),
            Button(t("💼 Balance"), ShowBalance()),
            Button(t("📋 Orders"), ShowOrders()),
        ),
        (
            Button(t("🔔 Alerts"), ShowAlerts()),
            Button(t("🏦 Accounts"), ShowAccounts()),
            Button(t("⚙️ Settings"), ShowSettings()),
        ),
    )


def hint(text: Markup, t: Translator) -> Reply:
    """Return an answer to something not understood, with the ways on."""
    help_row = (Button(t("❓ Help"), ShowHelp()),)
    return Reply(text, rows=(*_everywhere(t), help_row), is_new=True)


def settings(member: Member, account: Account, t: Translator) -> Reply:
    """Return the settings, each choice a button."""
    text = lines(
        t("⚙️ <b>Settings</b>"),
        t("Language  <b>{language}</b>", language=LANGUAGE_NAMES[member.language]),
        t("Time zone  <b>{zone}</b>", zone=member.time_zone),
        t("Rising prices  <b>red</b>") if member.is_red_up else t("Rising prices  <b>green</b>"),
        t("Charts  <b>dark</b>") if member.is_dark else t("Charts  <b>light</b>"),
        t("Worth in  <b>{currency}</b>", currency=member.valued_in),
        t(
            "Default account  <b>{name}</b> · {badge}",
            name=account.name,
            badge=BADGES[account.environment],
        ),
    )
    rows: Rows = (
        tuple(
            _choice(name, ChooseLanguage(code), is_on=code == member.language)
            for code, name in LANGUAGE_NAMES.items()
        ),
        (
            _choice(t("Green is up"), ChooseColours(is_red_up=False), is_on=not member.is_red_up),
            _choice(t("Red is up"), ChooseColours(is_red_up=True), is_on=member.is_red_up),
        ),
        (
            _choice(t("Dark charts"), ChooseBackground(is_dark=True), is_on=member.is_dark),
            _choice(t("Light charts"), ChooseBackground(is_dark=False), is_on=not member.is_dark),
        ),
        tuple(
            _choice(currency, ChooseCurrency(currency), is_on=currency == member.valued_in)
            for currency in CURRENCIES
        ),
        (
            Button(t("🕒 Time zone"), ChooseTimeZone()),
            Button(t("🏦 Accounts"), ShowAccounts()),
            Button(t("🧭 Pairs"), ShowPairs()),
        ),
        (Button(t("❓ Help"), ShowHelp()),),
    )
    return Reply(text, rows=rows)


def _chosen(label: str, *, is_on: bool) -> str:
    return f"{label} ●" if is_on else label


def _choice(label: str, payload: Payload, *, is_on: bool) -> Button:
    return Button(_chosen(label, is_on=is_on), Nothing() if is_on else payload)


def ask_time_zone(member: Member, t: Translator) -> Reply:
    """Ask for the time zone."""
    zones = [_choice(z, ChooseTimeZone(z), is_on=z == member.time_zone) for z in TIME_ZONES]
    text = lines(
        t("🕒 Your time zone is <b>{zone}</b>.", zone=member.time_zone),
        t("Tap one, or write yours, like <code>Asia/Singapore</code>."),
    )
    back = (Button(t("‹ Back"), ShowSettings()),)
    return Reply(text, rows=(tuple(zones[:2]), tuple(zones[2:]), back))


def joined(name: str, t: Translator) -> Reply:
    """Say that a viewer may trade now."""
    return Reply(t("✅ {name} can trade in this chat now.", name=name))


def flow_ended(t: Translator) -> Reply:
    """Say that a running question was dropped."""
    return Reply(t("OK, dropped. Nothing was placed."), is_new=True)
