"""The chat page in a real browser, with a small scripted bot behind it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect
from telegram import (
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    ReplyKeyboardMarkup,
    ReplyParameters,
    Update,
)
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bot.localchat import ANN, BO, GROUP, Action, BotIdentity, LocalChat, Server
from tests.bot.localchat.conftest import TOKEN, png
from tests.browser import (
    animations_end,
    assert_no_axe_violations,
    assert_no_overflow,
    assert_pictures_keep_ratio,
    browser,
)
from tests.eventually import eventually

__all__ = ["browser"]

AnyApplication = Application[Any, Any, Any, Any, Any, Any]
Context = ContextTypes.DEFAULT_TYPE
Open = Callable[..., Awaitable[Page]]

PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1180, "height": 860}
TOUCH_PIXELS = 44


def card(*, is_open: bool = True) -> InlineKeyboardMarkup:
    confirm = InlineKeyboardButton("Confirm", callback_data="ok", style="success")
    others = [
        InlineKeyboardButton("Refuse", callback_data="no", style="danger"),
        InlineKeyboardButton("Slow", callback_data="slow"),
    ]
    links = [
        InlineKeyboardButton("Copy id", copy_text=CopyTextButton("A7F3")),
        InlineKeyboardButton("Docs", url="https://example.org/"),
    ]
    undo = [[InlineKeyboardButton("Undo", callback_data="undo")]]
    return InlineKeyboardMarkup([[confirm], others, links] if is_open else undo)


async def start(update: Update, _context: Context) -> None:
    assert update.message
    await update.message.reply_html(
        "<b>Welcome</b> &lt;img src=x onerror=alert(1)&gt;",
        reply_markup=ReplyKeyboardMarkup([["Prices", "Orders"]], input_field_placeholder="buy 1"),
    )


async def chart(update: Update, context: Context) -> None:
    assert update.message
    await context.bot.send_chat_action(update.message.chat_id, "upload_photo")
    await update.message.reply_photo(
        png(640, 480),
        caption="<b>Buy 0.01 BTC</b>\nlimit 60,000",
        parse_mode="HTML",
        reply_markup=card(),
    )


async def details(update: Update, _context: Context) -> None:
    assert update.message
    lines = "\n".join(f"line {number}" for number in range(9))
    await update.message.reply_html(
        f"id <code>A7F3</code> <tg-spoiler>secret</tg-spoiler> "
        f'<a href="https://example.org/">docs</a> <a href="tg://user?id=1">who</a>\n'
        f"<pre>BTC  1.0\nETH  2.0</pre>\n<blockquote expandable>{lines}</blockquote>",
        reply_parameters=ReplyParameters(update.message.message_id),
    )


async def pressed(update: Update, _context: Context) -> None:
    query = update.callback_query
    assert query
    match query.data:
        case "ok":
            await query.answer("Placed")
            media = InputMediaPhoto(png(640, 480, b"\xa0\x20\x20"), caption="Placed")
            await query.edit_message_media(media, reply_markup=card(is_open=False))
        case "no":
            await query.answer("Nothing was sent.", show_alert=True)
        case _:
            pass


async def echo(update: Update, _context: Context) -> None:
    message = update.message
    assert message
    assert message.from_user
    await message.reply_text(f"{message.from_user.language_code}: {message.text}")


@pytest.fixture
def chat_options() -> dict[str, Any]:
    return {
        "bot": BotIdentity(name="Trading assistant", names={"zh": "交易助手"}),
        "suggestions": {"en": ["/chart", "hello"], "zh": ["/chart", "你好"]},
    }


@pytest.fixture
async def moves() -> list[str]:
    return []


@pytest.fixture
async def chat(chat_options: dict[str, Any], moves: list[str]) -> AsyncIterator[LocalChat]:
    async def up() -> None:
        moves.append("up")

    action = Action({"en": "BTC +3%", "zh": "BTC 涨 3%"}, up)
    local_chat = LocalChat(token=TOKEN, actions=[action], **chat_options)
    yield local_chat
    local_chat.close()


@pytest.fixture
async def scripted(server: Server, chat: LocalChat) -> AsyncIterator[AnyApplication]:
    application = ApplicationBuilder().token(TOKEN).base_url(server.base_url).build()
    application.add_handlers(
        [
            CommandHandler("start", start),
            CommandHandler("chart", chart),
            CommandHandler("details", details),
            CallbackQueryHandler(pressed),
            MessageHandler(filters.UpdateType.MESSAGE & filters.TEXT, echo),
        ],
    )
    async with application:
        await application.bot.set_my_commands([("start", "Home"), ("chart", "Price chart")])
        await application.bot.set_my_commands([("start", "首页")], language_code="zh")
        assert application.updater
        await application.start()
        await application.updater.start_polling()
        chat.is_ready = True
        yield application
        await application.updater.stop()
        await application.stop()


@pytest.fixture
async def open_page(
    server: Server,
    scripted: AnyApplication,
    browser: Browser,
) -> AsyncIterator[Open]:
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    async def opened(*, dark: bool = True, phone: bool = False, **options: Any) -> Page:
        context = await browser.new_context(
            viewport=PHONE if phone else DESKTOP,
            color_scheme="dark" if dark else "light",
            has_touch=phone,
            is_mobile=phone,
            **{"locale": "en-GB", **options},
        )
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(5000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text))
        await page.goto(f"{server.url}/")
        await expect(page.locator("#status")).to_contain_text(re.compile("online|在线"))
        return page

    assert scripted.running
    yield opened
    for context in contexts:
        await context.close()
    assert [each for each in complaints if "ERR_" not in each] == []


async def say(page: Page, text: str) -> None:
    await page.locator("#text").fill(text)
    await page.keyboard.press("Enter")


def last(page: Page) -> Locator:
    return page.locator(".message").last


def button(page: Page, name: str) -> Locator:
    return page.locator("#log").get_by_role("button", name=name, exact=True)


async def choose(page: Page, text: str) -> None:
    """Choose one of several by its name."""
    await page.get_by_role("radio", name=text, exact=True).check()


async def test_what_one_says_is_answered(open_page: Open) -> None:
    page = await open_page()

    await say(page, "hello")

    await expect(last(page)).to_contain_text("en: hello")
    await expect(page.locator(".message.out .ticks")).to_have_attribute(
        "aria-label", "Seen by the bot"
    )
    await expect(page.locator(".day")).to_have_text("Today")
    await expect(page.locator("#text")).to_be_focused()


async def test_what_the_bot_is_doing_is_shown(open_page: Open, scripted: AnyApplication) -> None:
    page = await open_page()

    await scripted.bot.send_chat_action(ANN, "upload_photo")
    await expect(page.locator("#status")).to_have_text("sending a photo…")
    await scripted.bot.send_message(ANN, "done")

    await expect(page.locator("#status")).to_have_text("You are Ann · online")


async def test_an_empty_chat_offers_to_start(open_page: Open) -> None:
    page = await open_page()

    await button(page, "START").click()

    await expect(last(page)).to_contain_text("Welcome")


async def test_markup_is_shown_and_never_run(open_page: Open) -> None:
    page = await open_page()

    await say(page, "/start")

    await expect(last(page).locator("strong")).to_have_text("Welcome")
    await expect(last(page)).to_contain_text("<img src=x onerror=alert(1)>")
    assert await page.locator(".message img").count() == 0


async def test_a_reply_keyboard_is_shown_pressed_and_hidden(open_page: Open) -> None:
    page = await open_page()
    await say(page, "/start")

    await page.locator("#keyboard").get_by_role("button", name="Orders").click()
    await expect(last(page)).to_contain_text("en: Orders")
    await expect(page.locator("#text")).to_have_attribute("placeholder", "buy 1")
    await page.locator("#keys").click()

    await expect(page.locator("#keyboard")).to_be_hidden()


async def test_a_press_edits_the_message_in_place(open_page: Open, chat: LocalChat) -> None:
    page = await open_page()
    await say(page, "/chart")
    await expect(button(page, "Confirm")).to_have_class("inline success")

    await button(page, "Confirm").focus()
    await page.keyboard.press("Enter")

    await expect(last(page)).to_contain_text("Placed")
    await expect(last(page).locator(".edited")).to_have_text("edited")
    await expect(page.locator("#toast")).to_have_text("Placed")
    await expect(button(page, "Undo")).to_be_focused()
    photo = chat.messages(ANN)[-1]["photo"][0]["file_unique_id"]
    await expect(last(page).locator("img")).to_have_attribute("src", re.compile(photo))
    assert await page.locator(".message").count() == 2
    assert not chat.journal.refused


async def test_a_pressed_button_is_busy_until_answered(open_page: Open, chat: LocalChat) -> None:
    page = await open_page()
    await say(page, "/chart")

    await button(page, "Slow").click()
    await expect(button(page, "Slow")).to_have_attribute("aria-busy", "true")
    await button(page, "Slow").click()
    assert chat.unanswered() == 1
    await button(page, "Refuse").click()

    await expect(page.locator("#alert")).to_contain_text("Nothing was sent.")
    await page.keyboard.press("Escape")
    await expect(page.locator("#alert")).to_be_hidden()


async def test_a_button_copies_and_a_link_opens(open_page: Open) -> None:
    page = await open_page(permissions=["clipboard-read", "clipboard-write"])
    await say(page, "/chart")

    await button(page, "Copy id").click()

    await expect(page.locator("#toast")).to_have_text("Copied: A7F3")
    assert await page.evaluate("navigator.clipboard.readText()") == "A7F3"
    link = page.get_by_role("link", name="Docs")
    await expect(link).to_have_attribute("href", "https://example.org/")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")


async def test_a_picture_opens_large_and_closes(open_page: Open) -> None:
    page = await open_page()
    await say(page, "/chart")

    await page.locator(".picture").click()

    await expect(page.locator("#viewer")).to_contain_text("Buy 0.01 BTC")
    await assert_pictures_keep_ratio(page)
    await page.keyboard.press("Escape")
    await expect(page.locator("#viewer")).to_be_hidden()


async def test_details_unfold_uncover_and_copy(open_page: Open) -> None:
    page = await open_page(permissions=["clipboard-read", "clipboard-write"])
    await say(page, "/details")
    message = last(page)

    await message.locator("code").click()
    await expect(page.locator("#toast")).to_contain_text("A7F3")
    await message.get_by_role("button", name="Hidden text").press("Enter")
    await expect(message).to_contain_text("secret")
    await message.get_by_role("button", name="Show more").click()
    await expect(message.locator("blockquote")).to_have_class("expandable open")
    await message.get_by_role("button", name="Copy text").click()
    assert await page.evaluate("navigator.clipboard.readText()") == "BTC  1.0\nETH  2.0"
    await expect(message.get_by_role("link")).to_have_count(1)
    await message.locator(".quote").click()
    await expect(page.locator(".message.out")).to_be_focused()


async def test_a_message_is_replied_to_edited_and_deleted(
    open_page: Open, chat: LocalChat
) -> None:
    page = await open_page()
    await say(page, "one")
    await expect(last(page)).to_contain_text("en: one")

    await last(page).hover()
    await last(page).get_by_role("button", name="Message actions").click()
    await page.get_by_role("menuitem", name="Reply").click()
    await say(page, "two")
    await expect(last(page)).to_contain_text("en: two")
    await page.locator("#text").press("ArrowUp")
    await say(page, "three")
    await expect(page.locator(".message.out").last).to_contain_text("three")
    await page.locator(".message.out").first.hover()
    await page.locator(".message.out").first.get_by_label("Message actions").click()
    await page.get_by_role("menuitem", name="Delete").click()
    await expect(page.locator(".message")).to_have_count(3)

    texts = [message["text"] for message in chat.messages(ANN)]
    assert texts == ["en: one", "three", "en: two"]
    assert chat.messages(ANN)[1]["reply_to_message"]["text"] == "en: one"


async def test_the_menu_is_walked_by_keyboard_and_speaks_the_language(open_page: Open) -> None:
    page = await open_page()
    await page.get_by_role("button", name="Menu", exact=True).click()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("menuitem", name="Price chart")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("#menu")).to_be_focused()

    await choose(page, "中文")

    await page.get_by_role("button", name="菜单", exact=True).click()
    await expect(page.get_by_role("menuitem")).to_have_text(["/start首页"])
    await page.get_by_role("menuitem").click()
    await say(page, "hello")
    await expect(last(page)).to_contain_text("zh-hans: hello")
    await expect(page.locator("h1")).to_have_text("交易助手")
    await expect(page.locator("#badge")).to_have_text("模拟")
    await expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")


async def test_enter_that_ends_a_composition_sends_nothing(
    open_page: Open, chat: LocalChat
) -> None:
    page = await open_page()
    await page.locator("#text").fill("买")

    await page.evaluate(
        """document.getElementById('text').dispatchEvent(new KeyboardEvent(
             'keydown', {key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))""",
    )
    await page.locator("#text").press("Shift+Enter")
    await page.locator("#text").press("Enter")

    await eventually(lambda: chat.messages(ANN))
    assert chat.messages(ANN)[0]["text"] == "买"


async def test_choices_are_remembered(open_page: Open) -> None:
    page = await open_page()
    await choose(page, "Light")
    await choose(page, "中文")
    await page.locator(".chat-item").nth(1).click()

    await page.reload()

    await expect(page.locator("html")).to_have_attribute("data-look", "light")
    await expect(page.locator("#status")).to_contain_text("你是 Bo 博")


async def test_in_the_group_one_chooses_who_speaks(open_page: Open, chat: LocalChat) -> None:
    page = await open_page()
    await page.locator(".chat-item").nth(2).click()

    await say(page, "to Bo only")
    await choose(page, "Bo 博")
    await say(page, "@local_demo_bot hi")

    await expect(last(page)).to_contain_text("en: @local_demo_bot hi")
    await expect(page.locator(".sender").first).to_have_text("Ann")
    await expect(page.locator(".message").first.locator(".ticks")).to_have_attribute(
        "aria-label",
        "Sent",
    )
    assert [message["from"]["id"] for message in chat.messages(GROUP)[:2]] == [ANN, BO]


async def test_other_chats_count_what_is_unread(
    open_page: Open,
    scripted: AnyApplication,
) -> None:
    page = await open_page()

    await scripted.bot.send_message(BO, "for Bo")

    await expect(page.locator(".chat-item").nth(1).locator(".count")).to_have_text("1")
    await expect(page).to_have_title("(1) Trading assistant")
    await page.locator(".chat-item").nth(1).click()
    await expect(page).to_have_title("Trading assistant")


async def test_reading_above_is_not_disturbed(open_page: Open, scripted: AnyApplication) -> None:
    page = await open_page()
    for _ in range(3):
        await scripted.bot.send_message(ANN, "\n".join("line" for _ in range(20)))
    await expect(page.locator(".message")).to_have_count(3)
    await page.locator("#log").evaluate("(log) => log.scrollTo({top: 0})")
    await expect(page.locator("#down")).to_be_visible()

    await scripted.bot.send_message(ANN, "new")

    await expect(page.locator("#unseen")).to_have_text("1")
    assert await page.locator("#log").evaluate("(log) => log.scrollTop") == 0
    await page.locator("#down").click()
    await expect(page.locator("#down")).to_be_hidden()


async def test_a_blocked_bot_can_be_let_back_in(open_page: Open, chat: LocalChat) -> None:
    page = await open_page()

    await page.get_by_role("button", name="Block the bot").click()
    await expect(page.locator("#composer")).to_be_hidden()
    await page.locator("#reopen").click()

    await expect(page.locator("#composer")).to_be_visible()
    assert chat.keyboard(ANN) is None


async def test_extra_buttons_do_what_the_process_wants(open_page: Open, moves: list[str]) -> None:
    page = await open_page()

    await page.get_by_role("button", name="BTC +3%").click()

    await eventually(lambda: moves == ["up"])


async def test_the_page_finds_a_restarted_server_by_itself(
    open_page: Open,
    server: Server,
    chat: LocalChat,
) -> None:
    page = await open_page()
    await say(page, "before")
    await expect(last(page)).to_contain_text("en: before")

    await server.stop()
    await expect(page.locator("#status")).to_have_text("reconnecting…")
    await server.start()

    await expect(page.locator("#status")).to_contain_text("online")
    await chat.say(ANN, ANN, "after")
    await expect(page.locator("#log")).to_contain_text("after")
    assert await page.locator(".message", has_text="en: before").count() == 1


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_everyone_can_use_it(open_page: Open, phone: bool, dark: bool) -> None:  # noqa: FBT001 - parameters of the test
    page = await open_page(dark=dark, phone=phone, locale="zh-CN" if dark else "en-GB")
    await assert_no_axe_violations(page)
    await say(page, "/start")
    await say(page, "/details")
    await say(page, "/chart")
    await expect(button(page, "Confirm")).to_be_visible()
    await animations_end(page)

    await assert_no_axe_violations(page)
    await assert_no_overflow(page)
    await assert_pictures_keep_ratio(page)
    await expect(page.locator("#badge")).to_be_in_viewport()
    await expect(page.locator(".note")).to_be_in_viewport()
    assert await small_buttons(page) == []


async def test_it_fits_the_smallest_phones(open_page: Open) -> None:
    page = await open_page(phone=True)
    await page.set_viewport_size({"width": 320, "height": 568})
    await say(page, "/start")
    await say(page, "/details")
    await say(page, "/chart")
    await expect(button(page, "Confirm")).to_be_visible()

    await assert_no_overflow(page)
    await assert_pictures_keep_ratio(page)


async def small_buttons(page: Page) -> list[str]:
    found: list[str] = await page.evaluate(
        """(least) => [...document.querySelectorAll('button, .inline')]
          .filter((each) => each.checkVisibility({visibilityProperty: true}))
          .filter((each) => !each.matches('.copy'))
          .map((each) => [each, each.getBoundingClientRect()])
          .filter(([, box]) => box.width < least - 0.5 || box.height < least - 0.5)
          .map(([each, box]) => `${each.className} ${box.width}x${box.height}`)""",
        TOUCH_PIXELS,
    )
    return found


async def test_on_a_phone_the_panel_is_a_sheet(open_page: Open) -> None:
    page = await open_page(phone=True)
    await expect(page.locator("#side")).to_be_hidden()

    await page.get_by_role("button", name="Chats and settings").click()
    await expect(page.locator("#close-side")).to_be_focused()
    await animations_end(page)
    await assert_no_axe_violations(page)
    await expect(page.locator("#side .badge")).to_be_in_viewport()
    await page.keyboard.press("Escape")
    await expect(page.locator("#side")).to_be_hidden()
    await expect(page.locator("#open-side")).to_be_focused()
    await page.get_by_role("button", name="Chats and settings").click()
    await page.get_by_role("button", name="hello").click()

    await expect(last(page)).to_contain_text("en: hello")
    await expect(page.locator("#side")).to_be_hidden()


async def test_on_a_desk_panel_and_chat_stand_side_by_side(open_page: Open) -> None:
    page = await open_page()

    side = await page.locator("#side").bounding_box()
    chat = await page.locator("#main").bounding_box()

    assert side
    assert chat
    assert chat["x"] >= side["x"] + side["width"]
    assert chat["height"] == DESKTOP["height"]


async def test_motion_is_reduced_for_those_who_ask(open_page: Open) -> None:
    page = await open_page(reduced_motion="reduce")
    await say(page, "hello")
    await expect(last(page)).to_contain_text("en: hello")

    duration = await last(page).evaluate("(each) => getComputedStyle(each).animationDuration")

    assert float(duration.removesuffix("s")) < 0.001
