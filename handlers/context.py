"""The typed seam between python-telegram-bot and the product.

`Application` carries what every handler needs; `Context` gives it out with the member that
the gate admitted. `user_data`, `chat_data` and `bot_data` are empty on purpose: state lives in
rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from telegram import Chat, Message, Update
from telegram.ext import Application, CallbackContext, ExtBot

from handlers.answers import Answers
from handlers.i18n import Translator, translator
from handlers.pictures import Pictures
from services.container import Services
from services.domain.accounts import ChatId, Member, Permission, may
from services.errors import NotAllowed
from services.orders import Place

if TYPE_CHECKING:
    from handlers.live_prices import LivePrices


class NoData:
    """Takes the place of PTB's dictionaries; a stray key is a type error."""

    __slots__ = ()


class Context(CallbackContext[ExtBot[Any], NoData, NoData, NoData]):
    """What every handler receives.

    Attributes:
        spoken: The text to act on: the message, or what a button says in its place.
    """

    def __init__(
        self, application: TradingApplication, chat_id: int | None, user_id: int | None
    ) -> None:
        super().__init__(application=application, chat_id=chat_id, user_id=user_id)
        self._member: Member | None = None
        self.spoken = ""

    @property
    def trading(self) -> TradingApplication:
        """The application with its parts."""
        return cast("TradingApplication", self.application)

    @property
    def services(self) -> Services:
        """The use cases."""
        return self.trading.services

    @property
    def member(self) -> Member:
        """The member admitted by the gate.

        Raises:
            RuntimeError: The gate did not run; a bug in the registration.
        """
        if self._member is None:
            raise RuntimeError("a handler ran without the gate")
        return self._member

    @member.setter
    def member(self, member: Member) -> None:
        self._member = member

    @property
    def t(self) -> Translator:
        """The member's translator."""
        return translator(self.member.language)

    @property
    def words(self) -> str:
        """What follows the command, or the whole text when there is none."""
        if not self.spoken.startswith("/"):
            return self.spoken.strip()
        return "".join(self.spoken.split(maxsplit=1)[1:]).strip()

    def require(self, permission: Permission) -> None:
        """Stop unless the member's role carries a permission.

        Raises:
            NotAllowed: ``role_too_weak``, or ``owner_only`` for what no owner can hand on.
        """
        if may(self.member.role, permission):
            return
        if permission is Permission.MANAGE:
            raise NotAllowed("owner_only")
        raise NotAllowed("role_too_weak", permission=permission, user_id=self.member.user_id)


class TradingApplication(Application[ExtBot[Any], Context, NoData, NoData, NoData, None]):
    """PTB's application with the product's parts.

    Attributes:
        live_prices: Set by `handlers.dispatch.build_application`; it calls back into this one.
    """

    live_prices: LivePrices

    def __init__(self, *, services: Services, pictures: Pictures, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.services = services
        self.pictures = pictures
        self.answers = Answers(self.bot)


def message_of(update: Update) -> Message:
    """Return the message that an update is or is about.

    Raises:
        TypeError: It has none; the gate lets no such update through.
    """
    message = update.effective_message
    if not isinstance(message, Message):
        raise TypeError("an update without a message passed the gate")
    return message


def chat_of(update: Update) -> Chat:
    """Return the chat of an update; as `message_of`."""
    return message_of(update).chat


def place_of(update: Update) -> Place:
    """Return where a request came from, the same for a repeated update.

    The message's date stands in the key because Telegram may number updates anew after a week
    of silence. Source: Bot API, Update.update_id.
    """
    message = message_of(update)
    moment = int(message.date.timestamp())
    return Place(ChatId(message.chat.id), f"u{update.update_id}.{moment}")
