"""What each method does and refuses, word for word."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    MenuButtonCommands,
    Message,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
)
from telegram.error import BadRequest, Forbidden, InvalidToken

from bot.localchat import ANN, BO, BOT_ID, GROUP, LocalChat, NotPossible, Server
from tests.bot.localchat.conftest import TOKEN, Call, png

BUTTON = {"text": "Go", "callback_data": "go"}
KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="go")]])


def inline(*buttons: dict[str, Any]) -> dict[str, Any]:
    return {"inline_keyboard": [list(buttons)]}


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "no chat": ("sendMessage", {"text": "x"}, "chat_id is empty"),
    "unknown chat": ("sendMessage", {"chat_id": 7, "text": "x"}, "chat not found"),
    "chat by name": ("sendMessage", {"chat_id": "@x", "text": "x"}, "chat not found"),
    "unknown parse mode": (
        "sendMessage",
        {"chat_id": ANN, "text": "x", "parse_mode": "wiki"},
        "unsupported parse_mode",
    ),
    "reply to nothing": (
        "sendMessage",
        {"chat_id": ANN, "text": "x", "reply_parameters": {"message_id": 99}},
        "message to be replied not found",
    ),
    "edit of nothing": (
        "editMessageText",
        {"chat_id": ANN, "message_id": 99, "text": "x"},
        "message to edit not found",
    ),
    "edit of no message": (
        "editMessageText",
        {"chat_id": ANN, "text": "x"},
        "message identifier is not specified",
    ),
    "deletion of nothing": (
        "deleteMessage",
        {"chat_id": ANN, "message_id": 99},
        "message to delete not found",
    ),
    "pin of nothing": (
        "pinChatMessage",
        {"chat_id": ANN, "message_id": 99},
        "message to pin not found",
    ),
    "unpin of nothing": ("unpinChatMessage", {"chat_id": ANN}, "message to unpin not found"),
    "photo without picture": ("sendPhoto", {"chat_id": ANN}, "there is no photo in the request"),
    "photo of unknown id": (
        "sendPhoto",
        {"chat_id": ANN, "photo": "AgAC"},
        "wrong remote file identifier specified: Wrong string length",
    ),
    "unknown file": ("getFile", {"file_id": "AgAC"}, "invalid file_id"),
    "unknown action": (
        "sendChatAction",
        {"chat_id": ANN, "action": "dance"},
        "wrong parameter action in request",
    ),
    "unknown press": (
        "answerCallbackQuery",
        {"callback_query_id": "1"},
        "query is too old and response timeout expired or query ID is invalid",
    ),
    "admins of a private chat": (
        "getChatAdministrators",
        {"chat_id": ANN},
        "there are no administrators in the private chat",
    ),
    "stranger": ("getChatMember", {"chat_id": GROUP, "user_id": 7}, "user not found"),
    "leaving a private chat": (
        "leaveChat",
        {"chat_id": ANN},
        "chat member status can't be changed in private chats",
    ),
    "command with capitals": (
        "setMyCommands",
        {"commands": [{"command": "Start", "description": "x"}]},
        "BOT_COMMAND_INVALID",
    ),
    "command too long": (
        "setMyCommands",
        {"commands": [{"command": "x" * 33, "description": "x"}]},
        "BOT_COMMAND_INVALID",
    ),
    "command not described": (
        "setMyCommands",
        {"commands": [{"command": "x", "description": ""}]},
        "BOT_COMMAND_DESCRIPTION_INVALID",
    ),
    "too many commands": (
        "setMyCommands",
        {"commands": [{"command": f"c{n}", "description": "x"} for n in range(101)]},
        "BOT_COMMANDS_TOO_MUCH",
    ),
    "language of a country": (
        "setMyCommands",
        {"commands": [], "language_code": "zh-hans"},
        "invalid language code specified",
    ),
    "long short description": (
        "setMyShortDescription",
        {"short_description": "x" * 121},
        "short description is too long",
    ),
    "commands that are none": (
        "setMyCommands",
        {"commands": ["start"]},
        "expected an Array of BotCommand",
    ),
    "reply as number": (
        "sendMessage",
        {"chat_id": ANN, "text": "x", "reply_parameters": 5},
        "object expected as reply_parameters",
    ),
    "broken json": (
        "sendMessage",
        {"chat_id": ANN, "text": "x", "reply_markup": "{"},
        "can't parse reply_markup JSON object",
    ),
    "entity of nothing": (
        "sendMessage",
        {"chat_id": ANN, "text": "x", "entities": [1]},
        "can't parse MessageEntity: expected an Object",
    ),
    "foreign http webhook": (
        "setWebhook",
        {"url": "http://example.org/"},
        "bad webhook: An HTTPS URL must be provided for webhook",
    ),
    "odd secret": (
        "setWebhook",
        {"url": "http://127.0.0.1:1/", "secret_token": "a b"},
        "secret token contains illegal characters",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_wrong_call_is_refused_in_telegrams_words(call: Call, case: str) -> None:
    method, params, description = REFUSED[case]

    answer = await call(method, **params)

    assert answer.status_code == 400
    assert answer.json()["description"] == f"Bad Request: {description}"


KEYBOARDS: dict[str, tuple[Any, str]] = {
    "no text": (inline({**BUTTON, "text": ""}), "inline keyboard button text must be non-empty"),
    "no action": (
        inline({"text": "x"}),
        "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
    ),
    "empty data": (inline({"text": "x", "callback_data": ""}), "BUTTON_DATA_INVALID"),
    "65 bytes": (inline({"text": "x", "callback_data": "你" * 21 + "xx"}), "BUTTON_DATA_INVALID"),
    "empty copy": (inline({"text": "x", "copy_text": {"text": ""}}), "BUTTON_COPY_TEXT_INVALID"),
    "long copy": (
        inline({"text": "x", "copy_text": {"text": "x" * 257}}),
        "BUTTON_COPY_TEXT_INVALID",
    ),
    "localhost": (
        inline({"text": "x", "url": "http://localhost:80/"}),
        "inline keyboard button URL 'http://localhost:80/' is invalid: Wrong HTTP URL",
    ),
    "101 buttons": ({"inline_keyboard": [[BUTTON]] * 101}, "reply markup is too long"),
    "unknown style": (
        inline({**BUTTON, "style": "pink"}),
        "can't parse inline keyboard button: unknown button style specified",
    ),
    "empty key": ({"keyboard": [[""]]}, "keyboard button text must be non-empty"),
    "button as text": (
        {"inline_keyboard": [["x"]]},
        "can't parse inline keyboard button: expected an Object",
    ),
    "no markup": ({"x": 1}, "object expected as reply markup"),
}


@pytest.mark.parametrize("case", KEYBOARDS)
async def test_a_wrong_keyboard_is_refused(call: Call, chat: LocalChat, case: str) -> None:
    markup, description = KEYBOARDS[case]

    answer = await call("sendMessage", chat_id=ANN, text="x", reply_markup=markup)

    assert answer.json().get("description") == f"Bad Request: {description}"
    assert chat.messages(ANN) == []


async def test_buttons_at_the_limits_are_kept_as_sent(call: Call) -> None:
    markup = inline(
        {"text": "a", "callback_data": "x" * 64, "style": "danger"},
        {"text": "b", "copy_text": {"text": "x" * 256}},
        {"text": "c", "url": "https://example.org/"},
    )

    answer = await call("sendMessage", chat_id=ANN, text="x", reply_markup=markup)

    assert answer.json()["result"]["reply_markup"] == markup


@pytest.mark.parametrize("how", ["json", "form", "query", "multipart"])
async def test_parameters_may_come_in_any_shape(client: httpx.AsyncClient, how: str) -> None:
    address = f"/bot{TOKEN}/sendMessage"
    texts = {"chat_id": str(ANN), "text": "x", "reply_markup": json.dumps(inline(BUTTON))}
    match how:
        case "json":
            answer = await client.post(address, json={**texts, "reply_markup": inline(BUTTON)})
        case "form":
            answer = await client.post(address, data=texts)
        case "query":
            answer = await client.get(address, params=texts)
        case _:
            answer = await client.post(address, data=texts, files={"unused": b"x"})

    assert answer.json()["result"]["reply_markup"] == inline(BUTTON)


async def test_methods_are_known_in_any_capitals(call: Call) -> None:
    assert (await call("GETME")).json()["result"]["id"] == BOT_ID


async def test_a_method_that_is_not_emulated_says_so(call: Call) -> None:
    answer = await call("sendDice", chat_id=ANN)

    assert answer.status_code == 501
    assert "sendDice" in answer.json()["description"]


async def test_a_wrong_token_is_unauthorized(server: Server) -> None:
    stranger = Bot("1:wrong", server.base_url)

    with pytest.raises(InvalidToken):
        await stranger.initialize()
    await stranger.shutdown()


async def test_a_message_keeps_what_it_was_sent_with(bot: Bot, chat: LocalChat) -> None:
    first = await bot.send_message(ANN, "first")
    sent = await bot.send_message(
        ANN,
        "second",
        protect_content=True,
        disable_notification=True,
        reply_parameters=ReplyParameters(first.message_id),
    )

    assert sent.reply_to_message == first
    assert sent.has_protected_content
    assert chat.messages(ANN)[-1]["reply_to_message"]["text"] == "first"
    assert not chat.journal.refused


async def test_a_reply_may_be_sent_without_what_it_replies_to(bot: Bot) -> None:
    reply = ReplyParameters(99, allow_sending_without_reply=True)

    assert (await bot.send_message(ANN, "x", reply_parameters=reply)).message_id


async def edit_text(bot: Bot, message: Message, text: str, **more: Any) -> Message:
    edited = await bot.edit_message_text(text, message.chat_id, message.message_id, **more)
    assert isinstance(edited, Message)
    return edited


async def test_an_edit_without_keyboard_takes_the_keyboard_away(bot: Bot) -> None:
    sent = await bot.send_message(ANN, "x", reply_markup=KEYBOARD)

    edited = await edit_text(bot, sent, "y")

    assert (edited.text, edited.reply_markup) == ("y", None)
    assert edited.edit_date


async def test_an_edit_that_changes_nothing_is_refused(bot: Bot) -> None:
    sent = await bot.send_message(ANN, "x", reply_markup=KEYBOARD)

    with pytest.raises(BadRequest, match="Message is not modified: specified new message"):
        await edit_text(bot, sent, "x", reply_markup=KEYBOARD)


async def test_a_keyboard_alone_can_be_changed(bot: Bot) -> None:
    sent = await bot.send_message(ANN, "x")

    edited = await bot.edit_message_reply_markup(ANN, sent.message_id, reply_markup=KEYBOARD)

    assert isinstance(edited, Message)
    assert (edited.text, edited.reply_markup) == ("x", KEYBOARD)


@pytest.mark.parametrize("markup", [ReplyKeyboardMarkup([["A"]]), ForceReply()])
async def test_what_was_sent_with_a_reply_keyboard_cant_be_edited(bot: Bot, markup: Any) -> None:
    sent = await bot.send_message(ANN, "x", reply_markup=markup)

    with pytest.raises(BadRequest, match="Message can't be edited"):
        await edit_text(bot, sent, "y")


async def test_anothers_message_cant_be_edited(bot: Bot, chat: LocalChat) -> None:
    said = await chat.say(ANN, ANN, "mine")

    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("yours", ANN, said["message_id"])


async def test_a_text_turns_into_a_picture_but_not_back(bot: Bot) -> None:
    sent = await bot.send_message(ANN, "x")

    shown = await bot.edit_message_media(InputMediaPhoto(png(), caption="c"), ANN, sent.message_id)

    assert isinstance(shown, Message)
    assert (shown.text, shown.caption, shown.photo[-1].width) == (None, "c", 8)
    with pytest.raises(BadRequest, match="There is no text in the message to edit"):
        await edit_text(bot, sent, "y")


async def test_a_text_has_no_caption_to_edit(bot: Bot) -> None:
    sent = await bot.send_message(ANN, "x")

    with pytest.raises(BadRequest, match="There is no caption in the message to edit"):
        await bot.edit_message_caption(ANN, sent.message_id, caption="c")


async def test_a_caption_is_edited_and_its_picture_stays(bot: Bot) -> None:
    sent = await bot.send_photo(ANN, png(), caption="<b>a</b>", parse_mode="HTML")

    edited = await bot.edit_message_caption(ANN, sent.message_id, caption="b")

    assert isinstance(edited, Message)
    assert (edited.caption, edited.caption_entities, edited.photo) == ("b", (), sent.photo)


async def test_a_caption_of_more_than_1024_characters_is_refused(bot: Bot) -> None:
    with pytest.raises(BadRequest, match="Message caption is too long"):
        await bot.send_photo(ANN, png(), caption="x" * 1025)


async def test_a_picture_is_downloaded_as_uploaded_and_sent_again_by_id(bot: Bot) -> None:
    sent = await bot.send_photo(ANN, png(30, 20))

    file = await bot.get_file(sent.photo[-1].file_id)
    again = await bot.send_photo(BO, sent.photo[-1].file_id)

    assert bytes(await file.download_as_bytearray()) == png(30, 20)
    assert again.photo == sent.photo


@pytest.mark.parametrize(
    ("content", "description"),
    [
        (b"no picture", "Image_process_failed"),
        (png(2100, 100), "Photo_invalid_dimensions"),
        (png(9990, 11), "Photo_invalid_dimensions"),
    ],
    ids=["text", "too wide", "too large"],
)
async def test_what_is_no_fit_picture_is_refused(
    bot: Bot, content: bytes, description: str
) -> None:
    with pytest.raises(BadRequest, match=f"^{description}"):
        await bot.send_photo(ANN, content)


async def test_reply_keyboards_are_shown_and_removed(bot: Bot, chat: LocalChat) -> None:
    markup = ReplyKeyboardMarkup(
        [["A", "B"]],
        resize_keyboard=True,
        is_persistent=True,
        input_field_placeholder="say",
    )

    await bot.send_message(ANN, "x", reply_markup=markup)
    shown = chat.keyboard(ANN)
    await bot.send_message(ANN, "y", reply_markup=ReplyKeyboardRemove())

    assert shown == markup.to_dict()
    assert chat.keyboard(ANN) is None


async def test_a_press_is_answered_once(bot: Bot, chat: LocalChat) -> None:
    sent = await bot.send_message(ANN, "x", reply_markup=KEYBOARD)
    press = await chat.tap(ANN, ANN, sent.message_id, "Go")

    await bot.answer_callback_query(press, "done", show_alert=True)

    assert chat.answer(press) == {"text": "done", "show_alert": True, "url": ""}
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(press)


async def test_an_answer_of_more_than_200_characters_is_refused(bot: Bot, chat: LocalChat) -> None:
    sent = await bot.send_message(ANN, "x", reply_markup=KEYBOARD)
    press = await chat.tap(ANN, ANN, sent.message_id, "go")

    with pytest.raises(BadRequest):
        await bot.answer_callback_query(press, "x" * 201)
    assert chat.unanswered() == 1


@pytest.mark.parametrize("chat_options", [{"press_seconds": 0.0}])
async def test_a_press_that_waited_too_long_cant_be_answered(bot: Bot, chat: LocalChat) -> None:
    sent = await bot.send_message(ANN, "x", reply_markup=KEYBOARD)
    press = await chat.tap(ANN, ANN, sent.message_id, "Go")

    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(press)


async def test_nobody_presses_a_button_that_is_not_there(bot: Bot, chat: LocalChat) -> None:
    sent = await bot.send_message(ANN, "x", reply_markup=KEYBOARD)

    with pytest.raises(NotPossible, match="no button 'Stop'"):
        await chat.tap(ANN, ANN, sent.message_id, "Stop")


async def test_commands_are_kept_by_scope_and_language(bot: Bot) -> None:
    await bot.set_my_commands([("a", "any")])
    await bot.set_my_commands([("b", "乙")], BotCommandScopeAllPrivateChats(), "zh")
    await bot.set_my_commands([BotCommand("c", "Ann's")], BotCommandScopeChat(ANN))

    assert await bot.get_my_commands() == (BotCommand("a", "any"),)
    found = await bot.get_my_commands(BotCommandScopeAllPrivateChats(), "zh")
    assert found == (BotCommand("b", "乙"),)
    await bot.delete_my_commands()
    assert await bot.get_my_commands() == ()


async def test_texts_are_kept_by_language(bot: Bot) -> None:
    await bot.set_my_name("Trader")
    await bot.set_my_name("交易员", "zh")
    await bot.set_my_description("d")
    await bot.set_my_short_description("s")
    await bot.set_chat_menu_button(menu_button=MenuButtonCommands())

    assert (await bot.get_my_name("zh")).name == "交易员"
    assert (await bot.get_my_name()).name == "Trader"
    assert (await bot.get_my_description()).description == "d"
    assert (await bot.get_my_short_description()).short_description == "s"
    assert (await bot.get_chat_menu_button()).type == "commands"


async def test_chats_and_members_are_described(bot: Bot) -> None:
    sent = await bot.send_message(GROUP, "pin me")
    await bot.pin_chat_message(GROUP, sent.message_id)

    group = await bot.get_chat(GROUP)
    statuses = [(await bot.get_chat_member(GROUP, each)).status for each in (ANN, BO, BOT_ID)]

    assert group.type == "group"
    assert group.pinned_message == sent
    assert statuses == ["creator", "member", "member"]
    assert await bot.get_chat_member_count(GROUP) == 3
    assert [each.user.id for each in await bot.get_chat_administrators(GROUP)] == [ANN]
    await bot.unpin_chat_message(GROUP)
    assert (await bot.get_chat(GROUP)).pinned_message is None


async def test_own_messages_are_deleted_anywhere_and_others_in_private(
    bot: Bot,
    chat: LocalChat,
) -> None:
    own = await bot.send_message(GROUP, "mine")
    private = await chat.say(ANN, ANN, "secret key")
    foreign = await chat.say(ANN, GROUP, "ours")

    await bot.delete_message(GROUP, own.message_id)
    await bot.delete_messages(ANN, [private["message_id"], 99])

    assert chat.messages(ANN) == []
    with pytest.raises(BadRequest, match="Message can't be deleted"):
        await bot.delete_message(GROUP, foreign["message_id"])


async def test_a_blocked_bot_is_told_so(bot: Bot, chat: LocalChat) -> None:
    await chat.block(ANN)

    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(ANN, "x")
    with pytest.raises(NotPossible):
        await chat.say(ANN, ANN, "x")
    await chat.block(ANN, is_blocked=False)
    assert (await bot.send_message(ANN, "x")).message_id


async def test_a_bot_that_left_a_group_cant_write_there(bot: Bot) -> None:
    await bot.leave_chat(GROUP)

    with pytest.raises(Forbidden):
        await bot.send_message(GROUP, "x")


async def test_only_refusals_on_their_merits_count_as_refused(bot: Bot, chat: LocalChat) -> None:
    chat.fault("sendMessage", "blocked")
    with pytest.raises(Forbidden):
        await bot.send_message(ANN, "x")
    assert chat.journal.refused == []

    with pytest.raises(BadRequest):
        await bot.send_message(7, "x")

    (refused,) = chat.journal.refused
    assert (refused.method, refused.chat_id) == ("sendMessage", 7)
    assert refused.refusal == "400 Bad Request: chat not found"
