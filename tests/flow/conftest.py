"""One assistant per module, with a clock that tests move and people that they use up.

Each test gets people and a group of its own, so that tests of a module share nothing but the
market.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio

from bot.localchat import Group, LocalChat, User
from services.domain.accounts import ChatId, Member, UserId
from services.tenants import Visitor
from tests.assistant import TOKEN, Person, assistant
from tests.clock import Clock
from tests.flow.world import World, nothing_wrong

_PEOPLE = 80
_ANN, _BO, _CY, _GROUP, _SPARE = 1_000, 2_000, 3_000, -5_000, -6_000
_HERE = Path(__file__).parent
# Disks are not what is tested here, and a quarter faster in memory.
_MEMORY = next((path for path in ["/dev/shm"] if Path(path).is_dir()), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests of a module run on one loop, the one that its assistant runs on."""
    for item in items:
        if item.path.is_relative_to(_HERE) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world() -> AsyncIterator[World]:
    """The assistant that the tests of a module share."""
    clock = Clock()
    chat = LocalChat(token=TOKEN, users=_users(), groups=_groups())
    with closing(chat), tempfile.TemporaryDirectory(dir=_MEMORY) as folder:
        async with assistant(Path(folder), now=clock, chat=chat) as running:
            yield World(running, clock)


def _users() -> list[User]:
    users = []
    for number in range(_PEOPLE):
        users.append(User(_ANN + number, "Ann", f"ann{number}"))
        users.append(User(_BO + number, "Bo 博", f"bo{number}", "zh-hans"))
        users.append(User(_CY + number, "Cy <b>&", f"cy{number}"))
    return users


def _groups() -> list[Group]:
    groups = []
    for number in range(_PEOPLE):
        members = (_ANN + number, _BO + number, _CY + number)
        groups.append(Group(_GROUP - number, "Ann & Bo 博", members))
        groups.append(Group(_SPARE - number, "The same people", members))
    return groups


@pytest.fixture
def number(world: World) -> int:
    """Tells this test's people from those of the others."""
    return next(world.numbers)


@pytest.fixture
def newcomer(world: World, number: int) -> Person:
    """Somebody with an English Telegram who never wrote to the assistant."""
    return world.assistant.person(_ANN + number)


@pytest.fixture
def chinese_newcomer(world: World, number: int) -> Person:
    """Bo, with a Chinese Telegram, who never wrote to the assistant."""
    return world.assistant.person(_BO + number)


@pytest_asyncio.fixture(loop_scope="module")
async def ann(world: World, newcomer: Person) -> Person:
    """Somebody with a paper account who reads English."""
    await _enter(world, newcomer, "Ann", "en")
    return newcomer


@pytest_asyncio.fixture(loop_scope="module")
async def bo(world: World, chinese_newcomer: Person) -> Person:
    """Somebody with a paper account who reads Chinese."""
    await _enter(world, chinese_newcomer, "Bo 博", "zh_Hans")
    return chinese_newcomer


@pytest.fixture
def group(number: int) -> int:
    """The chat of Ann, Bo and Cy; nobody has bound it yet."""
    return _GROUP - number


@pytest.fixture
def spare_group(number: int) -> int:
    """Another chat of the same three."""
    return _SPARE - number


@pytest.fixture
def cy(world: World, number: int, group: int) -> Person:
    """Somebody in the group whom the assistant never saw, with a name that looks like HTML."""
    return world.assistant.person(_CY + number, chat=group)


@pytest.fixture(autouse=True)
def nothing_went_wrong(world: World, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Telegram refused nothing, and nothing was logged as an error."""
    with nothing_wrong(world.assistant.chat, caplog):
        yield


async def _enter(world: World, person: Person, name: str, language: str) -> Member:
    visitor = Visitor(ChatId(person.chat), UserId(person.user), name, language, is_private=True)
    member = await world.assistant.services.tenants.admit(visitor, start="")
    assert isinstance(member, Member)
    return member
