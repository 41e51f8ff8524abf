"""Who may come in, and as what; deny by default."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.domain.accounts import AccountId, ChatId, Member, Permission, Role, UserId, may
from services.errors import InvalidInput, NotAllowed, NotConnected
from services.persistence.database import Database
from services.tenants import Access, Stranger, Tenants, Visitor
from tests.clock import Clock

OWNER, OPEN = Access.OWNER, Access.OPEN
HOME, GROUP = ChatId(7), ChatId(-100_7)
ADA = Visitor(HOME, UserId(7), "Ada", "en", is_private=True)
BOB = Visitor(ChatId(8), UserId(8), "Bob", "zh_Hans", is_private=True)


def in_group(visitor: Visitor, group: ChatId = GROUP) -> Visitor:
    return replace(visitor, chat_id=group, is_private=False)


def door(database: Database, clock: Clock, access: Access) -> Tenants:
    return Tenants(database, access=access, now=clock)


async def code_of(tenants: Tenants) -> str:
    code = await tenants.owner_code()
    assert code is not None
    return code


async def enter(tenants: Tenants, visitor: Visitor, start: str | None = "") -> Member:
    member = await tenants.admit(visitor, start=start)
    assert isinstance(member, Member)
    return member


@pytest.fixture
async def owned(database: Database, clock: Clock) -> Tenants:
    """A door that opened for its owner, Ada, and for nobody else."""
    tenants = door(database, clock, OWNER)
    await enter(tenants, ADA, await code_of(tenants))
    return tenants


# Private chats.


@pytest.mark.parametrize("start", ["", "anything"])
async def test_where_it_is_open_every_private_chat_becomes_a_tenant(
    any_database: Database, clock: Clock, start: str
) -> None:
    tenants = door(any_database, clock, OPEN)

    ada, bob = await enter(tenants, ADA, start), await enter(tenants, BOB, start)

    assert ada.tenant_id != bob.tenant_id
    assert ada.account_id != bob.account_id
    assert ada.role is bob.role is Role.OWNER


async def test_preferences_start_from_the_language(any_database: Database, clock: Clock) -> None:
    tenants = door(any_database, clock, OPEN)

    ada, bob = await enter(tenants, ADA), await enter(tenants, BOB)

    assert (ada.name, ada.language, ada.time_zone, ada.is_red_up) == ("Ada", "en", "UTC", False)
    assert (bob.name, bob.language) == ("Bob", "zh_Hans")
    assert (bob.time_zone, bob.is_red_up) == ("Asia/Shanghai", True)


async def test_where_it_is_owned_nobody_comes_in_without_start(
    database: Database, clock: Clock
) -> None:
    tenants = door(database, clock, OWNER)

    assert isinstance(await tenants.admit(ADA, start=None), Stranger)


async def test_where_it_is_open_the_first_word_opens_a_private_chat(
    database: Database, clock: Clock
) -> None:
    tenants = door(database, clock, OPEN)

    ada = await tenants.admit(ADA, start=None)

    assert isinstance(ada, Member)
    assert ada.role is Role.OWNER


@pytest.mark.parametrize("start", ["", "WRONGCODE234", "é", "A" * 5_000])
async def test_where_it_is_owned_a_wrong_code_opens_nothing(
    database: Database, clock: Clock, start: str
) -> None:
    tenants = door(database, clock, OWNER)
    await code_of(tenants)

    assert isinstance(await tenants.admit(ADA, start=start), Stranger)


async def test_the_code_lets_the_owner_in_once(any_database: Database, clock: Clock) -> None:
    tenants = door(any_database, clock, OWNER)
    code = await code_of(tenants)

    ada = await enter(tenants, ADA, f" {code} ")

    assert ada.role is Role.OWNER
    assert isinstance(await tenants.admit(BOB, start=code), Stranger)
    assert await tenants.owner_code() is None
    assert await door(tenants._database, clock, OWNER).owner_code() is None


async def test_codes_are_long_and_never_the_same(database: Database, clock: Clock) -> None:
    codes = {await code_of(door(database, clock, OWNER)) for _ in range(50)}

    assert len(codes) == 50
    assert {len(code) for code in codes} == {12}


async def test_where_it_is_open_there_is_no_code(database: Database, clock: Clock) -> None:
    assert await door(database, clock, OPEN).owner_code() is None


async def test_before_the_code_was_drawn_nothing_opens(database: Database, clock: Clock) -> None:
    assert isinstance(await door(database, clock, OWNER).admit(ADA, start=""), Stranger)


@pytest.mark.parametrize("start", [None, "", "whatever"])
async def test_who_is_known_comes_in_with_anything(owned: Tenants, start: str | None) -> None:
    first = await enter(owned, ADA, "")

    assert await enter(owned, ADA, start) == first


async def test_a_second_start_changes_nothing(owned: Tenants) -> None:
    ada = await owned.set_language(await enter(owned, ADA), "zh_Hans")

    assert await enter(owned, ADA, "") == ada


async def test_a_stranger_is_new_once(owned: Tenants) -> None:
    answers = [await owned.admit(BOB, start=start) for start in ("", "x", None)]

    assert answers == [Stranger(is_new=True), Stranger(is_new=False), Stranger(is_new=False)]


# Groups.


@pytest.mark.parametrize("access", Access)
async def test_a_stranger_cannot_bind_a_group(
    database: Database, clock: Clock, access: Access
) -> None:
    tenants = door(database, clock, access)

    assert isinstance(await tenants.admit(in_group(BOB), start=""), Stranger)


async def test_an_owner_binds_a_group_as_a_tenant_of_its_own(owned: Tenants) -> None:
    at_home = await enter(owned, ADA)

    in_the_group = await enter(owned, in_group(ADA))

    assert in_the_group.role is Role.OWNER
    assert in_the_group.tenant_id != at_home.tenant_id


async def test_a_group_is_bound_by_start_only(owned: Tenants) -> None:
    assert isinstance(await owned.admit(in_group(ADA), start=None), Stranger)


async def test_who_speaks_in_a_bound_group_looks_on(owned: Tenants) -> None:
    ada = await enter(owned, in_group(ADA))

    bob = await enter(owned, in_group(BOB), None)

    assert (bob.tenant_id, bob.role) == (ada.tenant_id, Role.VIEWER)
    assert bob.account_id == ada.account_id
    assert await enter(owned, in_group(BOB), None) == bob


async def test_a_looker_on_is_still_a_stranger_elsewhere(owned: Tenants) -> None:
    await enter(owned, in_group(ADA))
    await enter(owned, in_group(BOB), None)

    at_home = await owned.admit(BOB, start="")
    in_a_group_of_his_own = await owned.admit(in_group(BOB, ChatId(-200)), start="")

    assert isinstance(at_home, Stranger)
    assert isinstance(in_a_group_of_his_own, Stranger)


async def test_a_group_that_moved_keeps_its_people(owned: Tenants) -> None:
    ada = await enter(owned, in_group(ADA))
    bob = await enter(owned, in_group(BOB), None)

    await owned.move_chat(GROUP, ChatId(-100_999))

    assert await enter(owned, in_group(ADA, ChatId(-100_999)), None) == ada
    assert await enter(owned, in_group(BOB, ChatId(-100_999)), None) == bob
    assert isinstance(await owned.admit(in_group(BOB), start=None), Stranger)


# Roles.


@pytest.mark.parametrize(
    ("role", "permissions"),
    [
        (Role.VIEWER, {Permission.LOOK}),
        (Role.TRADER, {Permission.LOOK, Permission.TRADE}),
        (Role.OWNER, {Permission.LOOK, Permission.TRADE, Permission.MANAGE}),
    ],
)
def test_what_a_role_may(role: Role, permissions: set[Permission]) -> None:
    assert {permission for permission in Permission if may(role, permission)} == permissions


async def test_the_owner_lets_a_viewer_trade(owned: Tenants) -> None:
    ada = await enter(owned, in_group(ADA))
    bob = await enter(owned, in_group(BOB), None)
    assert await owned.owner_of(bob) == ada

    trader = await owned.let_trade(ada, bob.user_id)

    assert trader == replace(bob, role=Role.TRADER)
    assert await enter(owned, in_group(BOB), None) == trader


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TRADER])
async def test_nobody_else_does(owned: Tenants, role: Role) -> None:
    await enter(owned, in_group(ADA))
    bob = replace(await enter(owned, in_group(BOB), None), role=role)

    with pytest.raises(NotAllowed, match="owner_only"):
        await owned.let_trade(bob, bob.user_id)


async def test_nobody_from_outside_can_be_let_in(owned: Tenants) -> None:
    ada = await enter(owned, in_group(ADA))

    with pytest.raises(NotAllowed, match="owner_only"):
        await owned.let_trade(ada, UserId(99))


async def test_an_owner_who_lets_herself_trade_stays_the_owner(owned: Tenants) -> None:
    ada = await enter(owned, ADA)

    assert await owned.let_trade(ada, ada.user_id) == ada
    assert (await enter(owned, ADA)).role is Role.OWNER


# Preferences.


async def test_preferences_are_kept(owned: Tenants) -> None:
    ada = await enter(owned, ADA)

    ada = await owned.set_language(ada, "zh_Hans")
    ada = await owned.set_red_up(ada, is_red_up=True)
    ada = await owned.set_dark(ada, is_dark=False)
    ada = await owned.set_time_zone(ada, "Asia/Singapore")

    assert await enter(owned, ADA) == ada
    assert (ada.language, ada.is_red_up, ada.is_dark) == ("zh_Hans", True, False)
    assert ada.time_zone == "Asia/Singapore"


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (" asia/shanghai ", "Asia/Shanghai"),
        ("america/new york", "America/New_York"),
        ("utc", "UTC"),
    ],
)
async def test_a_time_zone_is_found_in_any_letter_case(
    owned: Tenants, text: str, zone: str
) -> None:
    assert (await owned.set_time_zone(await enter(owned, ADA), text)).time_zone == zone


@pytest.mark.parametrize("text", ["", "Mars", "../../etc/passwd", "/etc/localtime", "A" * 5_000])
async def test_other_time_zones_are_refused(owned: Tenants, text: str) -> None:
    with pytest.raises(InvalidInput, match="time_zone_unknown"):
        await owned.set_time_zone(await enter(owned, ADA), text)


async def test_only_an_account_of_the_tenant_can_be_chosen(
    database: Database, clock: Clock
) -> None:
    tenants = door(database, clock, OPEN)
    ada, bob = await enter(tenants, ADA), await enter(tenants, BOB)

    assert await tenants.set_account(ada, ada.account_id) == ada
    for foreign in (bob.account_id, AccountId(999)):
        with pytest.raises(NotConnected, match="account_unknown"):
            await tenants.set_account(ada, foreign)
