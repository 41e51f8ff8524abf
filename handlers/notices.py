"""The outbox's way out: what happened becomes a message, or changes the one it belongs to."""

from __future__ import annotations

from decimal import Decimal

from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from handlers.context import TradingApplication
from handlers.i18n import translator
from handlers.key_notices import KINDS, send_about_key
from handlers.pacing import URGENCY, wait_of
from handlers.reply import change, post
from handlers.views import alerts, balances, orders, pairs
from services.domain.accounts import AccountId, ChatId, Member
from services.domain.alerts import AlertId
from services.domain.messages import Delivery
from services.domain.orders import OrderId
from services.errors import NotConnected, NotFound
from services.outbox import Later, Undeliverable


class Notices:
    """Sends the outbox's messages."""

    def __init__(self, application: TradingApplication) -> None:
        self._application = application
        self._services = application.services

    async def drain(self, chat: str) -> None:
        """Send everything that is due in a chat; the engine's task."""
        await self._services.outbox.drain(ChatId(int(chat)), self.send)

    async def send(self, member: Member, delivery: Delivery) -> None:
        """Send one message.

        Raises:
            Later: Telegram is busy or out of reach.
            Undeliverable: The chat will never take it.
        """
        # Whoever waits for an answer comes first, then order outcomes, then the rest.
        URGENCY.set(1 + delivery.message.priority)
        try:
            await self._send(member, delivery)
        except Forbidden:
            chat_id = delivery.message.chat_id
            await self._services.tenants.set_reachable(chat_id, is_reachable=False)
            raise Undeliverable from None
        except ChatMigrated as moved:
            await self._services.tenants.move_chat(
                delivery.message.chat_id, ChatId(moved.new_chat_id)
            )
            raise Later from None
        except RetryAfter as busy:
            raise Later(wait_of(busy)) from None
        except (BadRequest, NotConnected, NotFound):
            raise Undeliverable from None
        except TelegramError:
            raise Later from None

    async def _send(self, member: Member, delivery: Delivery) -> None:
        match delivery.message.kind:
            case "order":
                await self._order(member, delivery)
            case "alert":
                await self._alert(member, delivery)
            case "balance":
                await self._balance(member, delivery)
            case "pair_changed" | "pair_gone":
                await self._pair(member, delivery)
            case kind if kind in KINDS:
                await send_about_key(self._application, member, delivery)
            case kind:
                raise Undeliverable(kind)

    async def _order(self, member: Member, delivery: Delivery) -> None:
        message = delivery.message
        order_id = OrderId(message.subject_id)
        receipt = await self._services.orders.by_id(member, order_id)
        t = translator(member.language)
        shown = False
        if receipt.order.message_id is not None:
            reply = orders.receipt(receipt, member, t)
            shown = await change(
                self._application,
                member,
                message.chat_id,
                receipt.order.message_id,
                reply,
                has_picture=True,
            )
        if message.payload.get("is_push") or (not shown and receipt.order.number is not None):
            await post(
                self._application,
                member,
                message.chat_id,
                orders.push(receipt, member, t),
                reply_to=receipt.order.message_id,
            )

    async def _alert(self, member: Member, delivery: Delivery) -> None:
        alert_id = AlertId(delivery.message.subject_id)
        watch = await self._services.alerts.get(member.tenant_id, alert_id)
        reply = alerts.fired(watch, member, translator(member.language))
        await post(self._application, member, delivery.message.chat_id, reply)

    async def _pair(self, member: Member, delivery: Delivery) -> None:
        account_id = AccountId(delivery.message.subject_id)
        account = await self._services.accounts.get(member.tenant_id, account_id)
        reply = pairs.changed(account, delivery.message.payload, translator(member.language))
        await post(self._application, member, delivery.message.chat_id, reply)

    async def _balance(self, member: Member, delivery: Delivery) -> None:
        account_id = AccountId(delivery.message.subject_id)
        account = await self._services.accounts.get(member.tenant_id, account_id)
        changes = {name: Decimal(text) for name, text in delivery.message.payload.items()}
        reply = balances.changed(account, changes, translator(member.language))
        await post(self._application, member, delivery.message.chat_id, reply)
