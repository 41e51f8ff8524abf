"""What every venue says of an account that has not traded yet."""

from __future__ import annotations

from decimal import Decimal

from services.domain.accounts import Wallet
from tests.contract.worlds import World


async def test_holdings_are_above_zero_and_none_is_used(world: World) -> None:
    balances = await world.gateway.balances()

    assert balances["USDT"].free >= 10_000
    for currency, balance in balances.items():
        assert balance.currency == currency
        assert balance.free > 0
        assert balance.used == 0


async def test_the_wallets_are_those_that_can_be_read(world: World) -> None:
    wallets = await world.gateway.wallets()

    assert set(wallets) == world.traits.wallets
    assert wallets[Wallet.SPOT] == await world.gateway.balances()
    for holdings in wallets.values():
        assert all(balance.total > Decimal(0) for balance in holdings.values())


async def test_an_account_without_contracts_has_no_position(world: World) -> None:
    assert list(await world.gateway.positions()) == []


async def test_a_key_may_read_and_trade_and_nothing_else(world: World) -> None:
    permissions = await world.gateway.permissions()

    assert permissions.can_read
    assert permissions.can_trade
    assert not permissions.can_withdraw
    assert not permissions.can_transfer
    assert permissions.is_verified is permissions.is_safe is world.traits.tells_rights


async def test_nothing_is_open_and_nothing_was_traded(world: World) -> None:
    assert list(await world.gateway.open_orders()) == []
    assert list(await world.gateway.closed_orders("BTC/USDT", limit=5)) == []
    assert list(await world.gateway.my_trades("BTC/USDT", since=None)) == []
