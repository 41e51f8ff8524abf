"""The methods of the Bot API that the local chat knows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from bot.localchat.methods import bot, chats, delivery, messages
from bot.localchat.params import Params
from bot.localchat.world import World

Method = Callable[[World, Params], Awaitable[Any]]

METHODS: Final[dict[str, Method]] = {
    "answerCallbackQuery": bot.answer_callback_query,
    "close": bot.succeed,
    "deleteMessage": messages.delete_message,
    "deleteMessages": messages.delete_messages,
    "deleteMyCommands": bot.delete_my_commands,
    "deleteWebhook": delivery.delete_webhook,
    "editMessageCaption": messages.edit_message_caption,
    "editMessageMedia": messages.edit_message_media,
    "editMessageReplyMarkup": messages.edit_message_reply_markup,
    "editMessageText": messages.edit_message_text,
    "getChat": chats.get_chat,
    "getChatAdministrators": chats.get_chat_administrators,
    "getChatMember": chats.get_chat_member,
    "getChatMemberCount": chats.get_chat_member_count,
    "getChatMenuButton": bot.get_chat_menu_button,
    "getFile": bot.get_file,
    "getMe": bot.get_me,
    "getMyCommands": bot.get_my_commands,
    "getMyDescription": bot.get_my_description,
    "getMyName": bot.get_my_name,
    "getMyShortDescription": bot.get_my_short_description,
    "getUpdates": delivery.get_updates,
    "getWebhookInfo": delivery.get_webhook_info,
    "leaveChat": chats.leave_chat,
    "logOut": bot.succeed,
    "pinChatMessage": messages.pin_chat_message,
    "sendChatAction": messages.send_chat_action,
    "sendMessage": messages.send_message,
    "sendPhoto": messages.send_photo,
    "setChatMenuButton": bot.set_chat_menu_button,
    "setMyCommands": bot.set_my_commands,
    "setMyDescription": bot.set_my_description,
    "setMyName": bot.set_my_name,
    "setMyShortDescription": bot.set_my_short_description,
    "setWebhook": delivery.set_webhook,
    "unpinAllChatMessages": messages.unpin_all_chat_messages,
    "unpinChatMessage": messages.unpin_chat_message,
}

_SPELLINGS: Final = {name.lower(): name for name in METHODS}


def spelled(method: str) -> str | None:
    """Return a method as Telegram spells it; None when it is not emulated.

    Telegram takes any mixture of capitals.
    """
    return _SPELLINGS.get(method.lower())
