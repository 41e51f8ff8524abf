"""What went wrong with an account or its key, and the next step; one text per code."""

from __future__ import annotations

from handlers.i18n import mark

KEY_TEXTS = {
    # Connecting and keeping accounts.
    "exchange_unheard": mark(
        "I know no exchange called <b>{text}</b>. Write its name as it calls itself, like"
        " <code>bitstamp</code>."
    ),
    "exchange_unknown": mark("I know no exchange called <b>{exchange}</b>."),
    "no_sandbox": mark("This exchange has no sandbox."),
    "credential_missing": mark("A part of the key is missing. Please start again: /connect"),
    "draft_gone": mark(
        "That took too long, and what you sent is forgotten. /connect starts again."
    ),
    "key_not_accepted": mark("The key was not accepted. Nothing was stored."),
    "account_name_empty": mark("The name needs at least one letter or digit. Write another."),
    "account_name_long": mark("That name is too long: at most {limit} characters, please."),
    "account_name_taken": mark(
        "You have an account called <b>{name}</b> already. Write another name, for example"
        " <code>{suggestion}</code>."
    ),
    "last_account": mark("This is the last account in use: somebody must have one."),
    "orders_open": mark("This account has open orders. Cancel them first: /orders"),
    "no_key": mark("A practice account has no key."),
    "too_many_paper_accounts": mark("At most {maximum} practice accounts. Remove one first."),
    # An account that may not trade; also said of an order that was not sent.
    "account_exposed": mark(
        "The key of this account was seen in a chat, so it may not trade. Give the account"
        " another key: /accounts"
    ),
    "account_key_refused": mark(
        "The exchange did not take the key of this account when it was last checked, so it may"
        " not trade. Test or replace it: /accounts"
    ),
    "account_key_unsafe": mark(
        "The key of this account may move money out, so it may not trade. Take that right away"
        " at the exchange, then test the key: /accounts"
    ),
    "account_key_unverified": mark(
        "This exchange does not tell what a key may do, and the operator of this assistant lets"
        " nobody trade with such keys."
    ),
    "account_read_only": mark(
        "The key of this account may look but not trade. Allow trading at the exchange, then"
        " test the key: /accounts"
    ),
    # A key that worked once does so no more.
    "key_refused": mark("The exchange does not take the key of this account."),
    "key_or_address_refused": mark(
        "The exchange does not take the key: it is wrong, lacks a right, or may not be used from"
        " this address."
    ),
    "key_unknown": mark("The exchange does not know the key of this account any more."),
    "key_expired": mark("The key of this account has expired."),
    "key_of_another_region": mark("The key of this account belongs to another site."),
    "key_of_another_environment": mark(
        "The key of this account is for the sandbox and was used live, or the reverse."
    ),
    "key_lacks_permission": mark("The key of this account lacks a right for that."),
    "secret_wrong": mark("The secret of this account's key is wrong."),
    "passphrase_wrong": mark("The passphrase of this account's key is wrong."),
    "address_not_allowed": mark("The key of this account may not be used from this address."),
    "account_blocked": mark("The exchange has blocked this account. Please ask its support."),
    "clock_off": mark(
        "The exchange refused the time of the request. The operator should synchronise this"
        " machine's clock."
    ),
    "location_restricted": mark(
        "The exchange does not serve the place where this assistant runs."
    ),
}
"""Codes of `services.connections`, of the key doctor, and of venues that refuse a key."""
