from __future__ import annotations

from itertools import chain

from handlers.i18n import ENGLISH, translator
from handlers.views.settings import home_keyboard
from tests.assistant import Person, labels, words
from tests.flow.world import ZH

PLACES = {
    "📊 Prices": "Prices",
    "💼 Balance": "10,000.00 USDT",
    "📋 Orders": "No open orders",
    "🟢 Buy": "which coin?",
    "🔔 Alerts": "No alerts",
    "⚙️ Settings": "Settings",
}
PLAIN_WORDS = {
    "图": "BTC/USDT",
    "K线": "BTC/USDT",
    "chart": "BTC/USDT",
    "买": "which coin?",
    "buy": "which coin?",
    "卖出": "which coin?",
    "Sell": "which coin?",
    "挂单": "No open orders",
    "委托": "No open orders",
    "orders": "No open orders",
    "余额": "10,000.00 USDT",
    "portfolio": "10,000.00 USDT",
    "价格": "Prices",
    "行情": "Prices",
    "盘口": "Best bid",
    "历史": "No ended orders",
    "取消": "No open orders",
    "提醒": "which coin?",
    "设置": "Settings",
    "账户": "Accounts",
    "帮助": "Just write what you want",
}


async def test_first_screen_is_a_picture_with_practice_money_and_the_language(
    newcomer: Person,
) -> None:
    first = await newcomer.say("/start")

    assert first["photo"]
    assert "Welcome, Ann" in words(first)
    assert "10,000 USDT of practice money" in words(first)
    assert labels(first) == ["English ●", "中文"]


async def test_two_taps_lead_to_the_home_keyboard(newcomer: Person) -> None:
    first = await newcomer.say("/start")

    colours = await newcomer.press(first, "English")
    assert colours["message_id"] == first["message_id"]
    assert labels(colours) == ["🟢 Green is up", "🔴 Red is up"]

    home = await newcomer.press(colours, "🟢")
    assert "Ready" in words(newcomer.now(first))
    assert labels(newcomer.now(first)) == ["📈 Chart", "Buy", "💼 Balance"]
    assert "These buttons stay here" in words(home)
    assert newcomer.keyboard == [list(row) for row in home_keyboard(translator(ENGLISH))]


async def test_a_chinese_telegram_is_welcomed_in_chinese(chinese_newcomer: Person) -> None:
    first = await chinese_newcomer.say("/start")

    assert "欢迎" in words(first)
    assert labels(first) == ["English", "中文 ●"]


async def test_the_language_chosen_first_is_the_one_that_follows(newcomer: Person) -> None:
    first = await newcomer.say("/start")

    colours = await newcomer.press(first, "中文")
    assert words(colours) == ZH("Which colour does a rising price have for you?")

    await newcomer.press(colours, "🔴")
    assert newcomer.keyboard == [list(row) for row in home_keyboard(ZH)]
    assert words(await newcomer.say("/orders")) == ZH("📋 No open orders.")


async def test_a_name_that_looks_like_html_is_shown_as_it_is(cy: Person) -> None:
    private = cy.assistant.person(cy.user)

    assert "Welcome, Cy <b>&!" in words(await private.say("/start"))


async def test_start_again_shows_the_first_screen_again(ann: Person) -> None:
    assert "Welcome" in words(await ann.say("/start"))


async def test_who_never_said_start_is_served_all_the_same(newcomer: Person) -> None:
    assert "BTC/USDT" in words(await newcomer.say("btc"))


async def test_home_buttons_lead_to_their_places(ann: Person) -> None:
    for label, answer in PLACES.items():
        assert answer in words(await ann.say(label)), label


async def test_home_buttons_work_in_chinese_too(bo: Person) -> None:
    english_rows, chinese_rows = home_keyboard(translator(ENGLISH)), home_keyboard(ZH)
    for english, chinese in zip(chain(*english_rows), chain(*chinese_rows), strict=True):
        assert words(await bo.say(chinese)) == words(await bo.say(english))


async def test_plain_words_stand_for_commands(ann: Person) -> None:
    for word, answer in PLAIN_WORDS.items():
        assert answer in words(await ann.say(word)), word
