"""Exchange accounts as messages: the list, one account, and what is asked about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from handlers.account_buttons import (
    AddPaperAccount,
    ChooseAccount,
    ConfirmRemoval,
    ExamineAccount,
    RemoveAccount,
    RenameAccount,
    ReplaceKey,
    SetFeed,
    ShowAccount,
    ShowAccounts,
    ShowFeeds,
    ShowVenues,
    SwitchAccount,
)
from handlers.buttons import Nothing, ShowBalance, ShowSettings
from handlers.i18n import Markup, Translator, escape
from handlers.views import numbers
from handlers.views.connect_key import exposed_note
from handlers.views.doctor import checklist
from handlers.views.look import BADGES
from handlers.views.reply import Button, Reply, Rows, lines
from services.domain.accounts import Account, Environment, Member, Permission, may
from services.domain.keys import Examination
from services.domain.venues import Venue

_EXPIRY_SHOWN = timedelta(days=14)


def accounts(
    values: Sequence[Account], labels: Mapping[str, str], member: Member, t: Translator
) -> Reply:
    """Return every account; the default one is marked.

    Args:
        values: The accounts, oldest first.
        labels: What their venues are called, by id.
        member: Who reads it; only owners are offered changes.
        t: The reader's translator.
    """
    text = lines(
        t("🏦 <b>Accounts</b>"),
        *(_line(account, labels, member, t) for account in values),
        t("● is the one that orders go to."),
    )
    rows: Rows = (
        *(_row(account, member, t) for account in values),
        *((_additions(t),) if may(member.role, Permission.MANAGE) else ()),
        (Button(t("💼 Balance"), ShowBalance()), Button(t("⚙️ Settings"), ShowSettings())),
    )
    return Reply(text, rows=rows)


def _row(account: Account, member: Member, t: Translator) -> tuple[Button, ...]:
    shown = Button(account.name, ShowAccount(account.id))
    if account.id == member.account_id or not account.is_active:
        return (shown,)
    return (shown, Button(t("⭐ Use it"), ChooseAccount(account.id)))


def _additions(t: Translator) -> tuple[Button, ...]:
    return (
        Button(t("➕ Connect"), ShowVenues()),
        Button(t("🧪 New paper account"), AddPaperAccount()),
    )


def _line(account: Account, labels: Mapping[str, str], member: Member, t: Translator) -> Markup:
    return t(
        "{mark} <b>{name}</b> · {badge} · {exchange}{state}",
        mark="●" if account.id == member.account_id else "○",
        name=account.name,
        badge=BADGES[account.environment],
        exchange=_venue(account, labels, t),
        state=_state(account, t),
    )


def _venue(account: Account, labels: Mapping[str, str], t: Translator) -> Markup:
    if account.environment is not Environment.PAPER:
        return escape(labels[account.exchange])
    if account.feed is None:
        return t("built-in practice venue")
    return t("prices of {venue}", venue=labels.get(account.feed, account.feed))


def _state(account: Account, t: Translator) -> Markup:
    signs = [
        *([t("off")] if not account.is_active else []),
        *([t("⚠️ key exposed")] if account.is_exposed else []),
    ]
    return Markup("".join(f" · {sign}" for sign in signs))


def account_card(
    account: Account,
    labels: Mapping[str, str],
    member: Member,
    t: Translator,
    *,
    note: Markup | None = None,
) -> Reply:
    """Return one account with all that can be done about it.

    Args:
        account: The account.
        labels: What venues are called, by id.
        member: Who reads it; only owners are offered changes.
        t: The reader's translator.
        note: What has just been done.
    """
    text = lines(
        note,
        _line(account, labels, member, t),
        *(_key_lines(account, member, t) if account.key_hint is not None else ()),
        exposed_note(account, t),
    )
    rows = _owner_rows(account, member, t) if may(member.role, Permission.MANAGE) else ()
    return Reply(text, rows=(*rows, (Button(t("‹ Back"), ShowAccounts()),)))


def _key_lines(account: Account, member: Member, t: Translator) -> list[Markup]:
    permissions = account.permissions
    bound = None if permissions is None else permissions.ip_bound
    addresses = {
        True: t("only from listed addresses"),
        False: t("⚠️ from any address"),
        None: t("addresses not told"),
    }
    return [
        t(
            "Key  <b>…{hint}</b> · {addresses}",
            hint=account.key_hint or "",
            addresses=addresses[bound],
        ),
        _expiry(account, member, t),
        t("Last check  <b>never</b>")
        if account.checked_at is None
        else t(
            "Last check  <b>{time}</b>",
            time=numbers.clock(account.checked_at, member.time_zone, member.language),
        ),
    ]


def _expiry(account: Account, member: Member, t: Translator) -> Markup:
    at = account.key_expires_at
    if at is None:
        return t("Expires  <b>never, or not told</b>")
    date = numbers.date(at, member.time_zone, member.language)
    # The venue is asked every day, so the time of the last check stands for today.
    if account.checked_at is not None and at - account.checked_at <= _EXPIRY_SHOWN:
        return t("⚠️ Expires  <b>{date}</b>: replace the key before.", date=date)
    return t("Expires  <b>{date}</b>", date=date)


def _owner_rows(account: Account, member: Member, t: Translator) -> Rows:
    account_id = account.id
    first = [
        *(
            [Button(t("⭐ Set as default"), ChooseAccount(account_id))]
            if account.is_active and account_id != member.account_id
            else []
        ),
    ]
    key = [
        Button(t("🩺 Test"), ExamineAccount(account_id)),
        Button(t("🔑 Replace key"), ReplaceKey(account_id)),
    ]
    feed = Button(t("📡 Whose prices"), ShowFeeds(account_id))
    switch = (
        Button(t("⏸ Switch off"), SwitchAccount(account_id, is_active=False))
        if account.is_active
        else Button(t("▶️ Switch on"), SwitchAccount(account_id, is_active=True))
    )
    return (
        tuple(first),
        tuple(key) if account.environment is not Environment.PAPER else (feed,),
        (Button(t("✏️ Rename"), RenameAccount(account_id)), switch),
        (Button(t("🗑 Remove"), RemoveAccount(account_id), style="danger"),),
    )


def feeds(account: Account | None, venues: Sequence[Venue], t: Translator) -> Reply:
    """Ask whose prices a practice account takes; the present choice is marked.

    Args:
        account: None for one that is to be opened.
        venues: Those offered as buttons; the name of any other may be written.
        t: The reader's translator.
    """
    text = lines(
        t("🧪 <b>New paper account</b>: whose prices does it take?")
        if account is None
        else t("📡 Whose prices does <b>{name}</b> take?", name=account.name),
        t("Practice money on the exchange's own prices, books, steps and fees; no key is needed."),
        t("Tap one, or write the name of any other exchange, like <code>bitstamp</code>."),
    )
    choices = [_feed(account, "", t("🎲 Invented"))]
    choices += [_feed(account, venue.id, venue.label) for venue in venues]
    pairs = tuple(tuple(choices[at : at + 2]) for at in range(0, len(choices), 2))
    back = ShowAccounts() if account is None else ShowAccount(account.id)
    return Reply(text, rows=(*pairs, (Button(t("‹ Back"), back),)))


def _feed(account: Account | None, feed: str, label: str) -> Button:
    if account is not None and (account.feed or "") == feed:
        return Button(f"{label} ●", Nothing())
    return Button(label, SetFeed(0 if account is None else account.id, feed))


def fed(account: Account, labels: Mapping[str, str], t: Translator) -> Markup:
    """Return the note of a practice account whose prices come from elsewhere now."""
    return t("✅ Prices  <b>{venue}</b>", venue=_venue(account, labels, t))


def tested(
    account: Account,
    found: Examination,
    labels: Mapping[str, str],
    member: Member,
    t: Translator,
) -> Reply:
    """Return what the doctor found of an account's stored key."""
    rows: Rows = (
        (Button(t("🔁 Try again"), ExamineAccount(account.id)),),
        (
            Button(t("🔑 Replace key"), ReplaceKey(account.id)),
            Button(t("‹ Back"), ShowAccount(account.id)),
        ),
    )
    heading = t("🏦 <b>{name}</b>", name=account.name)
    return Reply(lines(heading, checklist(found, labels, member, t)), rows=rows)


def ask_name(account: Account, t: Translator) -> Reply:
    """Ask for another name."""
    back = (Button(t("‹ Back"), ShowAccount(account.id)),)
    text = t("✏️ Write the new name of <b>{name}</b>.", name=account.name)
    return Reply(text, rows=(back,))


def renamed(t: Translator, *, old: str) -> Markup:
    """Return the note of an account that has another name."""
    return t("✅ Renamed; it was <b>{old}</b>.", old=old)


def switched(account: Account, t: Translator) -> Markup:
    """Return the note of an account that was switched on or off."""
    if account.is_active:
        return t("✅ Switched on.")
    return t("⏸ Switched off: no new order goes there; open ones are followed to their end.")


def ask_removal(account: Account, t: Translator) -> Reply:
    """Ask whether to remove an account."""
    text = lines(
        t("🗑 Remove <b>{name}</b>?", name=account.name),
        t(
            "Its key is forgotten for good; that cannot be undone. Its orders stay readable."
            " Switching it off keeps the key."
        )
        if account.key_hint is not None
        else t("That cannot be undone. Its orders stay readable."),
    )
    off = Button(t("⏸ Switch off"), SwitchAccount(account.id, is_active=False))
    rows: Rows = (
        (Button(t("🗑 Remove it"), ConfirmRemoval(account.id), style="danger"),),
        (*((off,) if account.is_active else ()), Button(t("‹ Back"), ShowAccount(account.id))),
    )
    return Reply(text, rows=rows)


def open_orders_left(account: Account, count: int, t: Translator) -> Reply:
    """Say that an account still has open orders, and ask once more."""
    text = lines(
        t.plural(
            "⚠️ <b>{name}</b> has {count} open order.",
            "⚠️ <b>{name}</b> has {count} open orders.",
            count,
            name=account.name,
        ),
        t("Removed now, they stay open at the exchange and nobody here follows them."),
    )
    rows: Rows = (
        (Button(t("🗑 Remove anyway"), ConfirmRemoval(account.id, is_sure=True), style="danger"),),
        (Button(t("‹ Back"), ShowAccount(account.id)),),
    )
    return Reply(text, rows=rows)


def removed(account: Account, t: Translator) -> Reply:
    """Say that an account is gone."""
    return Reply(
        lines(
            t("🗑 <b>{name}</b> is removed.", name=account.name),
            t("Delete its key at the exchange as well, if nothing else uses it.")
            if account.key_hint is not None
            else None,
        ),
        rows=((Button(t("🏦 Accounts"), ShowAccounts()),),),
    )


def key_expiring(account: Account, expires_at: datetime, member: Member, t: Translator) -> Reply:
    """Warn that a key is about to end."""
    text = t(
        "⏳ The key of <b>{name}</b> ends on {date}. Give it a new one before that.",
        name=account.name,
        date=numbers.date(expires_at, member.time_zone, member.language),
    )
    return Reply(text, rows=_mend(account, t), is_new=True)


def key_refused(account: Account, cause: Markup | None, t: Translator) -> Reply:
    """Say that the daily look at a key went wrong, and that it is not used any more."""
    text = lines(
        t(
            "⚠️ The key of <b>{name}</b> did not pass its daily check: no live orders until it"
            " does.",
            name=account.name,
        ),
        cause,
    )
    return Reply(text, rows=_mend(account, t), is_new=True)


def _mend(account: Account, t: Translator) -> Rows:
    return (
        (
            Button(t("🩺 Test"), ExamineAccount(account.id)),
            Button(t("🔑 Replace key"), ReplaceKey(account.id)),
        ),
    )
