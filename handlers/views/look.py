"""How a member wants to see things: colours, arrows, zone."""

from __future__ import annotations

from decimal import Decimal

from handlers.i18n import Markup, Translator
from handlers.views import numbers
from handlers.views.charts import Look, Theme
from services.domain.accounts import Environment, Member
from services.domain.orders import Side
from services.domain.paper import LostPrices


def look_of(member: Member) -> Look:
    """Return the chart look of a member."""
    return Look(
        theme=Theme.DARK if member.is_dark else Theme.LIGHT,
        is_red_up=member.is_red_up,
        time_zone=member.time_zone,
        language=member.language,
    )


def dot(member: Member, *, is_up: bool) -> str:
    """Return the coloured dot of a direction in the member's convention."""
    return "🔴" if is_up == member.is_red_up else "🟢"


def side_dot(member: Member, side: Side) -> str:
    """Return the coloured dot of a side: buying takes the colour of a rise."""
    return dot(member, is_up=side is Side.BUY)


def trend(change: Decimal) -> str:
    """Return the arrow of a change; colour alone says nothing to many eyes."""
    if change == 0:
        return "▬"
    return "▲" if change > 0 else "▼"


BADGES = {Environment.LIVE: "LIVE", Environment.SANDBOX: "SANDBOX", Environment.PAPER: "PAPER"}
"""The mark of each environment, the same in every language."""


def lost_prices(lost: LostPrices | None, member: Member, t: Translator) -> Markup | None:
    """Return the warning that a practice account's orders wait for a silent venue, or None."""
    if lost is None:
        return None
    return t(
        "⚠️ No prices from {venue} since {time}: nothing is filled until they are back.",
        venue=lost.venue,
        time=numbers.clock(lost.since, member.time_zone, member.language),
    )
