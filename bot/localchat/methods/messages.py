"""Methods that send, edit, delete and pin messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from bot.localchat import rich_text
from bot.localchat.history import Entry
from bot.localchat.keyboards import check_markup, inline_part, reply_part
from bot.localchat.params import Params
from bot.localchat.rich_text import RichText
from bot.localchat.wire import Json, Refused, bad_request, copied, dump
from bot.localchat.world import World

CHAT_ACTIONS: Final = {
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
}
CONTENT: Final = ("text", "entities", "photo", "caption", "caption_entities")
NOT_MODIFIED: Final = (
    "message is not modified: specified new message content and reply markup are "
    "exactly the same as a current content and reply markup of the message"
)


async def send_message(world: World, params: Params) -> Json:
    """Send a text."""
    chat = open_chat(world, params)
    text = rich_text.check_text(_rich(world, params, "text"))
    return _send(world, params, chat, text.fields("text"))


async def send_photo(world: World, params: Params) -> Json:
    """Send a picture: uploaded, or again by its file id."""
    chat = open_chat(world, params)
    caption = rich_text.check_caption(_rich(world, params, "caption"))
    photo = _photo(world, params, params.text("photo") or "attach://photo")
    return _send(world, params, chat, {"photo": [photo], **caption.fields("caption")})


async def send_chat_action(world: World, params: Params) -> bool:
    """Show for a few seconds what the bot is doing."""
    chat = open_chat(world, params)
    action = params.text("action")
    if action not in CHAT_ACTIONS:
        raise bad_request("wrong parameter action in request")
    world.feed.publish("action", {"chat_id": chat["id"], "action": action})
    return True


async def edit_message_text(world: World, params: Params) -> Json:
    """Change the text of a message."""
    entry = _editable(world, params)
    text = rich_text.check_text(_rich(world, params, "text"))
    if "text" not in entry.message:
        raise bad_request("there is no text in the message to edit")
    return _edit(world, params, entry, text.fields("text"))


async def edit_message_caption(world: World, params: Params) -> Json:
    """Change the caption of a picture."""
    entry = _editable(world, params)
    caption = rich_text.check_caption(_rich(world, params, "caption"))
    photo = entry.message.get("photo")
    if photo is None:
        raise bad_request("there is no caption in the message to edit")
    return _edit(world, params, entry, {"photo": photo, **caption.fields("caption")})


async def edit_message_media(world: World, params: Params) -> Json:
    """Change the picture of a message, or turn a text into a picture."""
    entry = _editable(world, params)
    media = params.object("media")
    if "media" not in media:
        raise bad_request("can't parse InputMedia: expected an Object")
    if media.get("type") != "photo":
        raise Refused(501, f"Not Implemented: the local chat edits no {media.get('type')}")
    caption = rich_text.check_caption(_rich(world, Params(media), "caption"))
    photo = _photo(world, params, str(media["media"]))
    return _edit(world, params, entry, {"photo": [photo], **caption.fields("caption")})


async def edit_message_reply_markup(world: World, params: Params) -> Json:
    """Change or remove the inline keyboard."""
    entry = _editable(world, params)
    kept: Json = {name: entry.message[name] for name in CONTENT if name in entry.message}
    return _edit(world, params, entry, kept)


async def delete_message(world: World, params: Params) -> bool:
    """Delete one message."""
    chat = open_chat(world, params)
    entry = world.history.find(chat["id"], params.integer("message_id"))
    if entry is None:
        raise bad_request("message to delete not found")
    if not (entry.is_from_bot or chat["type"] == "private"):
        raise bad_request("message can't be deleted for everyone")
    world.history.remove(entry)
    return True


async def delete_messages(world: World, params: Params) -> bool:
    """Delete several messages; those that are not there are passed over."""
    chat = open_chat(world, params)
    for message_id in params.array("message_ids"):
        entry = world.history.find(chat["id"], int(message_id))
        if entry and (entry.is_from_bot or chat["type"] == "private"):
            world.history.remove(entry)
    return True


async def pin_chat_message(world: World, params: Params) -> bool:
    """Pin a message at the top of its chat."""
    chat = open_chat(world, params)
    message_id = params.integer("message_id")
    if world.history.find(chat["id"], message_id) is None:
        raise bad_request("message to pin not found")
    others = [each for each in world.pinned(chat["id"]) if each != message_id]
    world.pin(chat["id"], [*others, message_id])
    return True


async def unpin_chat_message(world: World, params: Params) -> bool:
    """Unpin one message, the newest when none is named."""
    chat = open_chat(world, params)
    pinned = world.pinned(chat["id"])
    message_id = params.integer("message_id", pinned[-1] if pinned else 0)
    if message_id not in pinned:
        raise bad_request("message to unpin not found")
    world.pin(chat["id"], [each for each in pinned if each != message_id])
    return True


async def unpin_all_chat_messages(world: World, params: Params) -> bool:
    """Unpin everything in a chat."""
    world.pin(open_chat(world, params)["id"], [])
    return True


def chat_id(params: Params) -> int:
    """Return the chat that a call is about.

    Raises:
        Refused: 400 when there is none, or it is a name.
    """
    value = params.text("chat_id")
    if not value:
        raise bad_request("chat_id is empty")
    if not value.removeprefix("-").isdigit():
        raise bad_request("chat not found")
    return int(value)


def open_chat(world: World, params: Params) -> Json:
    """Return the Chat that a call writes to.

    Raises:
        Refused: 400 for an unknown chat, 403 when the bot is kept out.
    """
    return world.open_chat(chat_id(params))


def _rich(world: World, params: Params, kind: str) -> RichText:
    given = params.array("entities" if kind == "text" else "caption_entities")
    rich = rich_text.read(params.text(kind), params.text("parse_mode"), given)
    return replace(rich, entities=tuple(_with_known_people(world, rich.entities)))


# A mention of someone whom the bot has never met is plain text.
def _with_known_people(world: World, entities: Iterable[Json]) -> Iterator[Json]:
    for entity in entities:
        person = world.users.get(entity.get("user", {}).get("id"))
        if person is not None:
            yield {**entity, "user": person.wire()}
        elif entity["type"] != "text_mention":
            yield entity


def _photo(world: World, params: Params, reference: str) -> Json:
    if not reference.startswith("attach://"):
        return world.photos.again(reference)
    content = params.files.get(reference.removeprefix("attach://"))
    if content is None:
        raise bad_request("there is no photo in the request")
    return world.photos.add(content)


def _send(world: World, params: Params, chat: Json, fields: Json) -> Json:
    markup = check_markup(params.json("reply_markup"))
    if inline := inline_part(markup):
        fields["reply_markup"] = inline
    if quoted := _replied(world, params, chat):
        fields["reply_to_message"] = quoted
    if params.flag("protect_content"):
        fields["has_protected_content"] = True
    keyboard = reply_part(markup)
    entry = world.write(
        chat,
        fields,
        keyboard=keyboard,
        is_silent=params.flag("disable_notification"),
    )
    if keyboard is not None:
        world.show_keyboard(chat["id"], keyboard)
    return copied(entry.message)


def _replied(world: World, params: Params, chat: Json) -> Json | None:
    reply = params.object("reply_parameters")
    message_id = int(reply.get("message_id") or params.integer("reply_to_message_id"))
    entry = world.history.find(chat["id"], message_id)
    if entry is not None:
        return {k: v for k, v in entry.message.items() if k != "reply_to_message"}
    allowed = reply.get("allow_sending_without_reply")
    if message_id and not (allowed or params.flag("allow_sending_without_reply")):
        raise bad_request("message to be replied not found")
    return None


def _editable(world: World, params: Params) -> Entry:
    chat = open_chat(world, params)
    if "message_id" not in params:
        raise bad_request("message identifier is not specified")
    entry = world.history.find(chat["id"], params.integer("message_id"))
    if entry is None:
        raise bad_request("message to edit not found")
    if not entry.is_from_bot or entry.keyboard is not None:
        raise bad_request("message can't be edited")
    return entry


def _edit(world: World, params: Params, entry: Entry, content: Json) -> Json:
    markup = check_markup(params.json("reply_markup"))
    if reply_part(markup) is not None:
        raise bad_request("inline keyboard expected")
    if inline := inline_part(markup):
        content["reply_markup"] = inline
    before: Json = {
        name: entry.message.pop(name)
        for name in (*CONTENT, "reply_markup")
        if name in entry.message
    }
    entry.message |= copied(content)
    if _comparable(before) == _comparable(content):
        raise bad_request(NOT_MODIFIED)
    entry.message["edit_date"] = world.now()
    world.history.save(entry)
    return copied(entry.message)


def _comparable(content: Json) -> Any:
    return dump({name: content[name] for name in sorted(content)})
