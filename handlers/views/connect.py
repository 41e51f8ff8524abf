"""Connecting an exchange, up to the key: which one, which site, real or practice, and how."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.account_buttons import (
    ChooseEnvironment,
    ChooseVenue,
    EnterKey,
    ShowAccount,
    ShowVenues,
    StopConnecting,
)
from handlers.i18n import Markup, Translator, mark
from handlers.views.look import BADGES
from handlers.views.reply import Button, Reply, Rows, lines
from services.domain.accounts import Account, Environment
from services.domain.venues import Capabilities, KeyKind, Sandbox, Venue

PAGE = 6
"""How many exchanges a page of the picker holds."""
CHAT, FORM = "chat", "form"
"""Ways to hand a key over, besides the kinds of key pairs that are made here."""

LIVE_PAGES = {
    "binance": mark("binance.com › Account › API Management › Create API"),
    "okx": mark("okx.com › Profile › API › Create API key"),
    "myokx": mark("okx.com (Europe) › Profile › API › Create API key"),
    "okxus": mark("okx.com (US) › Profile › API › Create API key"),
    "bybit": mark("bybit.com › Account › API › Create New Key"),
    "bitget": mark("bitget.com › Profile › API Keys › Create API Key"),
    "gate": mark("gate.com › Profile › API Management › Create API Key"),
    "kucoin": mark("kucoin.com › Profile › API Management › Create API"),
    "kraken": mark("kraken.com › Settings › API › Create API key"),
    "coinbase": mark("portal.cdp.coinbase.com › API Keys › Create API key"),
    "mexc": mark("mexc.com › Profile › API Management › Create"),
    "htx": mark("htx.com › Profile › API Management › Create"),
    "hyperliquid": mark("app.hyperliquid.xyz › More › API › Generate"),
    "binanceus": mark("binance.us › Profile › API Management › Create API"),
}
SANDBOX_PAGES = {
    "binance": mark("demo.binance.com › Account › API Management › Create API"),
    "okx": mark("okx.com › Trade › Demo trading › Profile › Demo trading API"),
    "myokx": mark("okx.com (Europe) › Trade › Demo trading › Profile › Demo trading API"),
    "okxus": mark("okx.com (US) › Trade › Demo trading › Profile › Demo trading API"),
    "bybit": mark("testnet.bybit.com › Account › API › Create New Key"),
    "bitget": mark("bitget.com › Demo trading › API Keys › Create Demo API Key"),
    "gate": mark("testnet.gate.com › Profile › API Management › Create API Key"),
    "hyperliquid": mark("app.hyperliquid-testnet.xyz › More › API › Generate"),
}
"""Where a venue lets people make a key; the words of its own pages."""

SANDBOXES = {
    Sandbox.NONE: mark("no sandbox"),
    Sandbox.TESTNET: mark("test network"),
    Sandbox.DEMO: mark("demo trading"),
}


def private_only(t: Translator, url: str) -> Reply:
    """Say in a group that keys are for the private chat."""
    return Reply(
        t("🔒 Exchanges are connected in our private chat only. Please write /connect there."),
        rows=((Button(t("Open private chat"), url=url),),),
        is_new=True,
    )


def venues(listed: Sequence[Venue], page: int, t: Translator) -> Reply:
    """Return a page of the picker; any other exchange may be written."""
    pages = max(1, -(-len(listed) // PAGE))
    page = min(max(page, 0), pages - 1)
    shown = listed[page * PAGE : (page + 1) * PAGE]
    text = lines(
        t("🏦 <b>Connect an exchange</b>"),
        t("Which one? Tap it, or write the name of any other, like <code>bitstamp</code>."),
    )
    turn = (
        *((Button("‹", ShowVenues(page - 1)),) if page else ()),
        Button(f"{page + 1}/{pages}", ShowVenues(page)),
        *((Button("›", ShowVenues(page + 1)),) if page + 1 < pages else ()),
    )
    rows: Rows = (*_in_pairs([_venue(venue) for venue in shown]), turn, (stop(t),))
    return Reply(text, rows=rows)


def several(found: Sequence[Venue], t: Translator) -> Reply:
    """Ask which of several exchanges was meant."""
    buttons = [_venue(venue) for venue in found]
    rows: Rows = (*_in_pairs(buttons), (Button(t("‹ Back"), ShowVenues()), stop(t)))
    return Reply(t("Which of these do you mean?"), rows=rows, is_new=True)


def _venue(venue: Venue) -> Button:
    return Button(venue.label, ChooseVenue(venue.id))


def regions(venue: Venue, siblings: Sequence[Venue], t: Translator) -> Reply:
    """Ask on which of a venue's sites the account was opened."""
    text = lines(
        t("🌍 <b>{venue}</b>: where did you open the account?", venue=venue.label),
        t("Its sites are separate: a key of one is unknown to the others."),
    )
    sites = [
        Button(site.label, ChooseVenue(site.id, is_region_known=True))
        for site in (venue, *siblings)
    ]
    rows: Rows = (*_in_pairs(sites), (Button(t("‹ Back"), ShowVenues()), stop(t)))
    return Reply(text, rows=rows)


def environments(venue: Venue, able: Capabilities, t: Translator) -> Reply:
    """Say what works at a venue and ask: real money, or its sandbox?"""
    choices = {
        Environment.LIVE: t("💵 Real money"),
        Environment.SANDBOX: t("🧪 Sandbox"),
    }
    offered = tuple(
        Button(choices[environment], ChooseEnvironment(venue.id, environment.value))
        for environment in venue.environments
    )
    rows: Rows = (offered, (Button(t("‹ Back"), ShowVenues()), stop(t)))
    return Reply(lines(t("🏦 <b>{venue}</b>", venue=venue.label), *able_to(able, t)), rows=rows)


def able_to(able: Capabilities, t: Translator) -> list[Markup]:
    """Return what the assistant can do at a venue, one line a thing, the bad news too."""
    facts = [
        (able.has_spot, t("spot"), t("no spot")),
        (able.has_swap, t("contracts"), t("no contracts")),
        (able.has_candles, t("candles"), t("no candles")),
        (able.has_stop_orders, t("stop orders"), t("no stop orders")),
        (able.has_websockets, t("live prices"), t("no live prices")),
        (
            able.venue.sandbox is not Sandbox.NONE,
            t(SANDBOXES[able.venue.sandbox]),
            t("no sandbox"),
        ),
        (able.has_permission_check, t("key rights are checked"), t("key rights can't be checked")),
    ]
    good = " · ".join(yes for has, yes, _ in facts if has)
    bad = " · ".join(no for has, _, no in facts if not has)
    return [
        line
        for line in (
            t("✅ {facts}", facts=Markup(good)) if good else None,
            t("➖ {facts}", facts=Markup(bad)) if bad else None,
            t("⚠️ Prices and balances only: an order could not be followed safely here.")
            if able.is_price_only
            else None,
        )
        if line is not None
    ]


def ways(
    venue: Venue,
    environment: Environment,
    t: Translator,
    *,
    has_form: bool,
    account: Account | None = None,
) -> Reply:
    """Ask how the key is to be handed over, the safest way first.

    Args:
        venue: Where.
        environment: Real money or sandbox.
        t: The reader's translator.
        has_form: The operator offers the web form.
        account: The account that gets another key; None for a new one.
    """
    text = lines(
        t("🔐 <b>{venue}</b> · {badge}", venue=venue.label, badge=BADGES[environment]),
        t(
            "The key may read and place orders. One that can also withdraw or transfer is"
            " <b>refused</b>."
        ),
        key_page(venue, environment, t),
        t("How do you want to hand it over?"),
        *(_advice(venue, t, has_form=has_form)),
    )
    account_id = 0 if account is None else account.id

    def button(label: Markup, how: str, *, is_best: bool = False) -> tuple[Button, ...]:
        payload = EnterKey(venue.id, environment.value, how, account_id)
        return (Button(label, payload, style="success" if is_best else None),)

    pairs = tuple(
        button(t("🔑 Make a key here"), kind.value, is_best=True) for kind in _pair(venue)
    )
    form = (button(t("🌐 One-time web form"), FORM, is_best=not pairs),) if has_form else ()
    chat = button(t("💬 Write it here"), CHAT)
    back = ShowVenues() if account is None else ShowAccount(account.id)
    rows: Rows = (*pairs, *form, chat, (Button(t("‹ Back"), back), stop(t)))
    return Reply(text, rows=rows)


def _pair(venue: Venue) -> tuple[KeyKind, ...]:
    return venue.key_kinds[:1]


def _advice(venue: Venue, t: Translator, *, has_form: bool) -> list[Markup]:
    return [
        *(
            [t("🔑 Safest: I make the key pair, and no secret is ever typed.")]
            if _pair(venue)
            else []
        ),
        *([t("🌐 A page that opens once, for ten minutes.")] if has_form else []),
        t(
            "💬 One message a part; I delete each at once, but Telegram and your other devices"
            " have seen it."
        ),
    ]


def key_page(venue: Venue, environment: Environment, t: Translator) -> Markup | None:
    """Return where a venue lets people make a key; None where that is not known."""
    pages = SANDBOX_PAGES if environment is Environment.SANDBOX else LIVE_PAGES
    page = pages.get(venue.id)
    return None if page is None else t("📍 {page}", page=t(page))


def stop(t: Translator) -> Button:
    """Return the button that ends the conversation."""
    return Button(t("✖️ Cancel"), StopConnecting())


def stopped(t: Translator) -> Reply:
    """Say that nothing was connected and nothing kept."""
    return Reply(t("OK, stopped. Nothing was connected, and what you sent is forgotten."))


def _in_pairs(buttons: Sequence[Button]) -> Rows:
    return tuple(tuple(buttons[at : at + 2]) for at in range(0, len(buttons), 2))
