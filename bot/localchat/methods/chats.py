"""Methods about chats and their members."""

from __future__ import annotations

from typing import Any, Final

from bot.localchat.methods.messages import chat_id, open_chat
from bot.localchat.params import Params
from bot.localchat.wire import Json, bad_request, copied
from bot.localchat.world import BOT_ID, World

# Source: Bot API, ChatFullInfo: the fields that are always there.
FULL_INFO: Final[Json] = {
    "accent_color_id": 0,
    "max_reaction_count": 11,
    "accepted_gift_types": {
        "unlimited_gifts": False,
        "limited_gifts": False,
        "unique_gifts": False,
        "premium_subscription": False,
        "gifts_from_channels": False,
    },
}


async def get_chat(world: World, params: Params) -> Json:
    """Return everything about a chat."""
    info = {**world.chat(chat_id(params)), **copied(FULL_INFO)}
    for message_id in world.pinned(info["id"])[-1:]:
        if entry := world.history.find(info["id"], message_id):
            info["pinned_message"] = copied(entry.message)
    return info


async def get_chat_member(world: World, params: Params) -> Json:
    """Return one member of a chat."""
    chat = world.chat(chat_id(params))
    user_id = params.integer("user_id")
    if user_id == BOT_ID:
        return {"user": world.bot.wire(), "status": "member"}
    for member in _members(world, chat):
        if member["user"]["id"] == user_id:
            return member
    raise bad_request("PARTICIPANT_ID_INVALID" if user_id in world.users else "user not found")


async def get_chat_administrators(world: World, params: Params) -> list[Json]:
    """Return those who govern a group."""
    chat = world.chat(chat_id(params))
    if chat["type"] == "private":
        raise bad_request("there are no administrators in the private chat")
    return [member for member in _members(world, chat) if member["status"] == "creator"]


async def get_chat_member_count(world: World, params: Params) -> int:
    """Return how many are in a chat, the bot among them."""
    return len(world.members(world.chat(chat_id(params))["id"])) + 1


async def leave_chat(world: World, params: Params) -> bool:
    """Leave a group."""
    chat = open_chat(world, params)
    if chat["type"] == "private":
        raise bad_request("chat member status can't be changed in private chats")
    world.shut(chat["id"], is_shut=True)
    return True


def _members(world: World, chat: Json) -> list[dict[str, Any]]:
    people = world.members(chat["id"])
    founder = people[0] if chat["type"] != "private" else None
    return [
        {"user": user.wire(), "status": "creator", "is_anonymous": False}
        if user is founder
        else {"user": user.wire(), "status": "member"}
        for user in people
    ]
