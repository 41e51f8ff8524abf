"""Methods by which a bot gets its updates: polling or webhook."""

from __future__ import annotations

from typing import Final

from bot.localchat.params import Params
from bot.localchat.updates import WEBHOOK_ACTIVE, WEBHOOK_SET
from bot.localchat.wire import Json, Refused
from bot.localchat.world import World

# Source: Bot API, getUpdates and setWebhook.
UPDATES_LIMIT: Final = 100
POLL_SECONDS: Final = 50
CONNECTIONS: Final = (1, 40, 100)


async def get_updates(world: World, params: Params) -> list[Json]:
    """Return the next updates, waiting for the first one if asked to."""
    if world.webhook.url:
        raise Refused(409, WEBHOOK_ACTIVE)
    world.updates.allow(params.json("allowed_updates"))
    limit = min(max(params.integer("limit", UPDATES_LIMIT), 1), UPDATES_LIMIT)
    seconds = min(max(params.integer("timeout"), 0), POLL_SECONDS)
    updates = await world.updates.poll(params.integer("offset"), limit, seconds)
    return [update.wire() for update in updates]


async def set_webhook(world: World, params: Params) -> bool:
    """Have updates posted to an address; an empty one means polling."""
    if not params.text("url"):
        return await delete_webhook(world, params)
    fewest, usual, most = CONNECTIONS
    connections = min(max(params.integer("max_connections", usual), fewest), most)
    world.updates.interrupt(WEBHOOK_SET)
    world.updates.allow(params.json("allowed_updates"))
    if params.flag("drop_pending_updates"):
        world.updates.clear()
    await world.webhook.set(params.text("url"), params.text("secret_token"), connections)
    return True


async def delete_webhook(world: World, params: Params) -> bool:
    """Go back to polling."""
    if params.flag("drop_pending_updates"):
        world.updates.clear()
    await world.webhook.delete()
    return True


async def get_webhook_info(world: World, _params: Params) -> Json:
    """Return address and state of the webhook."""
    return world.webhook.info()
