"""A key on its way in: the questions, the doctor's answer, the name, the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from handlers.account_buttons import (
    ChooseAccount,
    NameAccount,
    ReplaceKey,
    ShowAccounts,
    ShowVenues,
    TryKey,
)
from handlers.buttons import ShowBalance
from handlers.i18n import Markup, Translator, mark
from handlers.views.connect import key_page, stop
from handlers.views.doctor import FIELDS, checklist
from handlers.views.look import BADGES
from handlers.views.reply import Button, Reply, Rows, lines
from services.domain.accounts import Account, Environment, Member
from services.domain.keys import Examination, GeneratedKey
from services.domain.venues import CredentialField, FieldKind, Venue

HINTS = {
    FieldKind.PASSPHRASE: mark(
        "It was chosen when the key was made; it is not the password of the account."
    ),
    FieldKind.PRIVATE_KEY: mark(
        "Use the key of an API wallet, which can trade but not withdraw; never that of your"
        " own wallet."
    ),
    FieldKind.WALLET_ADDRESS: mark("The address of the wallet whose money is traded."),
}
_COPIED = 256

SELF_MADE = {
    "binance": mark("2. Choose <b>Self-generated</b> and paste this public key:"),
    "bybit": mark("2. Choose <b>Self-generated API Key</b> and paste this public key:"),
}
"""The screen of a venue that takes a public key."""


def ask_field(
    venue: Venue,
    environment: Environment,
    asked: Sequence[CredentialField],
    number: int,
    t: Translator,
) -> Reply:
    """Ask for one part of a key.

    Args:
        venue: Where the key is from.
        environment: Real money or sandbox.
        asked: Every part that is asked for.
        number: Which of them is asked for now, from 0.
        t: The reader's translator.
    """
    field = asked[number]
    hint = HINTS.get(field.kind)
    text = lines(
        t(
            "🔐 <b>{venue}</b> · {badge} · {number} of {count}",
            venue=venue.label,
            badge=BADGES[environment],
            number=str(number + 1),
            count=str(len(asked)),
        ),
        t("Send me the <b>{field}</b>, alone in one message.", field=field_name(field, t)),
        None if hint is None else t("<i>{hint}</i>", hint=t(hint)),
        t("I delete your message at once. /cancel stops."),
    )
    return Reply(text, rows=((stop(t),),), is_new=True, is_protected=True)


def field_name(field: CredentialField, t: Translator) -> Markup:
    """Return what people call a part of a key."""
    return t(FIELDS[field.name]) if field.name in FIELDS else Markup(field.name)


def public_key(venue: Venue, environment: Environment, key: GeneratedKey, t: Translator) -> Reply:
    """Show the public half of a key pair, where it goes, and what to send back."""
    text = lines(
        t("🔑 <b>{venue}</b> · {badge}", venue=venue.label, badge=BADGES[environment]),
        t("I have made a key pair. The secret half stays here, sealed."),
        t("1. Open the exchange's page for keys."),
        key_page(venue, environment, t),
        t(SELF_MADE[venue.id])
        if venue.id in SELF_MADE
        else t("2. Choose a key of your own and paste this public key:"),
        t("<pre>{key}</pre>", key=key.public.strip()),
        t("3. Allow reading and spot trading. Leave withdrawals and transfers off."),
        t("4. Send me the <b>API key</b> that the page shows then. There is an hour for it."),
    )
    copied = key.public.strip()
    copy = ((Button(t("📋 Copy public key"), copies=copied),),) if len(copied) <= _COPIED else ()
    return Reply(text, rows=(*copy, (stop(t),)), is_new=True, is_protected=True)


def form_link(venue: Venue, environment: Environment, url: str, t: Translator) -> Reply:
    """Show the link to the one-time form."""
    text = lines(
        t("🌐 <b>{venue}</b> · {badge}", venue=venue.label, badge=BADGES[environment]),
        t("Fill the form in with this link. It opens for ten minutes and is used up by sending."),
        t("Nobody else should open it. The result comes here."),
    )
    rows: Rows = ((Button(t("🌐 Open the form"), url=url),), (stop(t),))
    return Reply(text, rows=rows, is_new=True, is_protected=True)


def checking(venue: Venue, t: Translator) -> Reply:
    """Say that the venue is being asked."""
    return Reply(
        t("🩺 Checking the key at {venue}, read-only. Nothing is stored yet…", venue=venue.label),
        is_new=True,
        is_protected=True,
    )


def refused(found: Examination, labels: Mapping[str, str], member: Member, t: Translator) -> Reply:
    """Show why a key was not taken, and what to do."""
    failed = found.failed
    text = lines(
        checklist(found, labels, member, t),
        t("<b>Not connected.</b> Nothing was stored."),
    )
    again = (Button(t("🔁 Try again"), TryKey()),)
    vouch = (Button(t("I vouch for this key"), TryKey(is_attested=True)),)
    may_vouch = failed is not None and failed.params.get("may_attest")
    other = (Button(t("🏦 Start again"), ShowVenues()), stop(t))
    rows: Rows = (again, *((vouch,) if may_vouch else ()), other)
    return Reply(text, rows=rows, is_protected=True)


def passed(
    found: Examination,
    suggestion: str,
    labels: Mapping[str, str],
    member: Member,
    t: Translator,
) -> Reply:
    """Show that a key is fine, and ask what its account shall be called."""
    text = lines(
        checklist(found, labels, member, t),
        t("<b>The key is fine.</b> What shall the account be called? Tap or write a name."),
    )
    rows: Rows = ((Button(suggestion, NameAccount(suggestion), style="success"),), (stop(t),))
    return Reply(text, rows=rows, is_protected=True)


def connected(account: Account, member: Member, label: str, t: Translator) -> Reply:
    """Say that an account is connected."""
    text = lines(
        t(
            "✅ <b>{name}</b> is connected: {exchange} · {badge}",
            name=account.name,
            exchange=label,
            badge=BADGES[account.environment],
        ),
        exposed_note(account, t),
    )
    is_default = member.account_id == account.id
    default = (Button(t("⭐ Set as default"), ChooseAccount(account.id)),)
    rest = (Button(t("🏦 Accounts"), ShowAccounts()), Button(t("💼 Balance"), ShowBalance()))
    return Reply(text, rows=(rest,) if is_default else (default, rest), is_protected=True)


def replaced(
    account: Account,
    found: Examination,
    labels: Mapping[str, str],
    member: Member,
    t: Translator,
) -> Reply:
    """Say that an account has another key."""
    text = lines(
        checklist(found, labels, member, t),
        t("✅ <b>{name}</b> uses the new key from now on.", name=account.name),
        exposed_note(account, t),
    )
    rows: Rows = ((Button(t("🏦 Accounts"), ShowAccounts()),),)
    return Reply(text, rows=rows, is_protected=True)


def exposed_note(account: Account, t: Translator) -> Markup | None:
    """Return the warning of an account whose key still stands in a chat."""
    if not account.is_exposed:
        return None
    return t(
        "⚠️ A message with a part of its key could not be deleted. Delete it by hand, revoke the"
        " key at the exchange and give the account a new one. Until then it places no live"
        " orders."
    )


def left_behind(account: Account | None, t: Translator) -> Reply:
    """Say that a message with a secret could not be deleted, and what to do."""
    about = (
        t("⚠️ I could not delete this message, and it holds a part of a key.")
        if account is None
        else t(
            "⚠️ I could not delete this message, and it holds a part of the key of {name}.",
            name=account.name,
        )
    )
    cure = t("Delete it by hand now, and revoke the key at the exchange: it counts as known.")
    rows: Rows = ()
    if account is not None:
        rows = ((Button(t("🔑 Replace key"), ReplaceKey(account.id)),),)
    return Reply(lines(about, cure), rows=rows, is_new=True, is_protected=True)


def reminder(account: Account, t: Translator) -> Reply:
    """Remind of an account whose key still stands in a chat."""
    text = lines(t("🔑 <b>{name}</b>", name=account.name), exposed_note(account, t))
    rows: Rows = ((Button(t("🔑 Replace key"), ReplaceKey(account.id)),),)
    return Reply(text, rows=rows, is_new=True, is_protected=True)


def stray(t: Translator, *, is_group: bool) -> Reply:
    """Warn of a secret that was written where none was asked for."""
    text = lines(
        t("🔒 That looked like a key. I keep nothing of it and delete the message."),
        t("Everybody here may have seen it: revoke it at the exchange now.")
        if is_group
        else t("Telegram and your other devices have seen it: better make a new one."),
        t("Keys are handed over by /connect in the private chat."),
    )
    return Reply(text, is_new=True, is_protected=True)


def in_words(t: Translator) -> Reply:
    """Say that a part of a key is needed as text, not as a picture or a file."""
    return Reply(
        t("🔒 I need it as text, and I am deleting what you sent. Please write it, or /cancel."),
        is_new=True,
        is_protected=True,
    )
