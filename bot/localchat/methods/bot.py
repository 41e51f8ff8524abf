"""Methods about the bot itself: who it is, its commands and texts, its files."""

from __future__ import annotations

from bot.localchat.params import Params
from bot.localchat.wire import Json, bad_request
from bot.localchat.world import World


async def get_me(world: World, _params: Params) -> Json:
    """Return the bot's own account."""
    return {
        **world.bot.wire(),
        "can_join_groups": True,
        "can_read_all_group_messages": not world.bot.has_privacy_mode,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


async def succeed(_world: World, _params: Params) -> bool:
    """Answer logOut and close, which change nothing here."""
    return True


async def set_my_commands(world: World, params: Params) -> bool:
    """Set the commands of a scope and language."""
    commands = params.array("commands")
    world.profile.set_commands(commands, params.json("scope"), params.text("language_code"))
    world.tell_all()
    return True


async def delete_my_commands(world: World, params: Params) -> bool:
    """Unset the commands of a scope and language."""
    world.profile.set_commands([], params.json("scope"), params.text("language_code"))
    world.tell_all()
    return True


async def get_my_commands(world: World, params: Params) -> list[Json]:
    """Return the commands of exactly one scope and language."""
    return world.profile.commands(params.json("scope"), params.text("language_code"))


async def set_my_name(world: World, params: Params) -> bool:
    """Set the bot's name in a language."""
    return _set_text(world, params, "name")


async def set_my_description(world: World, params: Params) -> bool:
    """Set what an empty chat shows."""
    return _set_text(world, params, "description")


async def set_my_short_description(world: World, params: Params) -> bool:
    """Set what the bot's profile shows."""
    return _set_text(world, params, "short_description")


async def get_my_name(world: World, params: Params) -> Json:
    """Return the bot's name in a language."""
    return {"name": world.profile.text("name", params.text("language_code")) or world.bot.name}


async def get_my_description(world: World, params: Params) -> Json:
    """Return what an empty chat shows."""
    return {"description": world.profile.text("description", params.text("language_code"))}


async def get_my_short_description(world: World, params: Params) -> Json:
    """Return what the bot's profile shows."""
    text = world.profile.text("short_description", params.text("language_code"))
    return {"short_description": text}


async def set_chat_menu_button(world: World, params: Params) -> bool:
    """Set the button beside the text field."""
    button = params.object("menu_button") or {"type": "default"}
    if button.get("type") not in {"default", "commands", "web_app"}:
        raise bad_request("can't parse menu button: Unsupported type specified")
    world.profile.set_menu_button(params.text("chat_id"), button)
    return True


async def get_chat_menu_button(world: World, params: Params) -> Json:
    """Return the button beside the text field."""
    buttons = world.profile.menu_buttons
    return buttons.get(params.text("chat_id")) or buttons.get("") or {"type": "commands"}


async def get_file(world: World, params: Params) -> Json:
    """Return where a file can be downloaded."""
    return world.photos.file(params.text("file_id"))


async def answer_callback_query(world: World, params: Params) -> bool:
    """Answer a press: nothing, a toast, an alert or an address."""
    answer = {
        "text": params.text("text"),
        "show_alert": params.flag("show_alert"),
        "url": params.text("url"),
    }
    press = world.presses.answer(params.text("callback_query_id"), answer)
    where = {
        "chat_id": press.chat_id,
        "message_id": press.message_id,
        "user_id": press.user_id,
        "data": press.data,
    }
    world.feed.publish("answer", {**where, **answer})
    return True


def _set_text(world: World, params: Params, kind: str) -> bool:
    world.profile.set_text(kind, params.text(kind), params.text("language_code"))
    world.tell_all()
    return True
