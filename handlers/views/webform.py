"""The one-time form's words: plain text for a page outside the chat."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.i18n import Markup, Translator
from handlers.views.connect import key_page
from handlers.views.connect_key import HINTS, field_name
from handlers.views.look import BADGES
from services.domain.accounts import Environment
from services.domain.venues import FieldKind, Venue

# A key in PEM has lines, and a one-line input would join them.
_LONG = (FieldKind.SECRET, FieldKind.PRIVATE_KEY)


@dataclass(frozen=True, slots=True)
class FormField:
    """An input of the form.

    Attributes:
        name: ccxt's name.
        is_long: May have several lines.
        is_hidden: Shown as dots while it is typed.
    """

    name: str
    label: Markup
    hint: Markup | None
    is_long: bool
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class Form:
    """The page with the form; every text is HTML already."""

    title: Markup
    lead: Markup
    place: Markup | None
    fault: Markup | None
    fields: tuple[FormField, ...]
    submit: Markup
    note: Markup


@dataclass(frozen=True, slots=True)
class Notice:
    """A page that only says something."""

    title: Markup
    text: Markup


def form(
    venue: Venue, environment: Environment, t: Translator, *, is_incomplete: bool = False
) -> Form:
    """Return the form for a key of a venue."""
    return Form(
        title=t("Connect {venue} · {badge}", venue=venue.label, badge=BADGES[environment]),
        lead=t(
            "The key may read and place orders. A key that can withdraw or transfer is refused."
        ),
        place=key_page(venue, environment, t),
        fault=t("Please fill in every field.") if is_incomplete else None,
        fields=tuple(
            FormField(
                name=part.name,
                label=field_name(part, t),
                hint=t(HINTS[part.kind]) if part.kind in HINTS else None,
                is_long=part.kind in _LONG,
                is_hidden=part.is_secret and part.kind not in _LONG,
            )
            for part in venue.fields
        ),
        submit=t("Check and connect"),
        note=t("This page works once. The result comes in the chat."),
    )


def taken(t: Translator) -> Notice:
    """Say that the key has arrived."""
    return Notice(
        t("Thank you"),
        t("The key is being checked. The result comes in the chat; you can close this page."),
    )


def closed(t: Translator) -> Notice:
    """Say that a link opens nothing, whatever the reason."""
    return Notice(
        t("This link is closed"),
        t(
            "It was used, its ten minutes are over, or it never was one. Write /connect in the"
            " chat for another."
        ),
    )
