"""Both languages say the same, completely, and Telegram takes what they say."""

from __future__ import annotations

import html
import re

import pytest
from babel.messages.catalog import Message
from fontTools.ttLib import TTFont

from bot.localchat.html_markup import parse_html
from handlers.catalog import COMMANDS
from handlers.i18n import ENGLISH, LANGUAGES, Markup, Translator, translator
from handlers.locales.catalog import path_of, read, source_texts, updated, written
from handlers.parsing import parse_alert, parse_order
from handlers.views.errors import TEXTS, plain
from handlers.views.quotes import TIMEFRAME_LABELS
from handlers.views.settings import home_keyboard
from services.domain.alerts import AlertWish
from services.domain.orders import OrderWish
from services.errors import ExchangeUnavailable, Expired, InvalidInput, NotAllowed, OutcomeUnknown
from tests.source_texts import (
    HAN,
    VIEWS,
    columns,
    labels,
    literals,
    lookups,
    placeholders,
    reasons,
    refusals,
    tags,
)

TRANSLATED = [language for language in LANGUAGES if language != ENGLISH]
HOSTILE = '<b>&"{x}</code> 🚀 \u202eabc'
# Values as they usually stand on buttons and in examples.
USUAL = {"number": "9999", "amount": "0.012345", "base": "DOGE", "name": "Main 2"}
EXAMPLE = USUAL | {"side": "buy", "coin": "BTC", "price": "60,000"}
# Written elsewhere than the button, and across the whole width.
MORE_LABELS = {"Use {amount} {base}": "", **dict.fromkeys(TIMEFRAME_LABELS.values(), " ●")}
CONFIRM = "✅ {deed}"
NEVER_TRANSLATED = {
    *("English", "中文"),  # languages by their own names
    *("Asia/Shanghai", "Europe/Berlin", "America/New_York", "NotoSansSC-", "Bold", "Regular"),
    *("message is not modified", "message to edit not found", "message can't be edited"),
    "message to delete not found",
}


def forms(text: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [text or ""] if isinstance(text, str | None) else list(text)


def render(t: Translator, message: Message, value: str) -> Markup:
    source = forms(message.id)
    values = dict.fromkeys(placeholders(source[-1]), value)
    if message.pluralizable:
        return t.plural(source[0], source[1], 2, **values)
    if message.context:
        return t.context(message.context, source[0], **values)
    return t(source[0], **values)


def wish_of(text: str) -> OrderWish | AlertWish | None:
    try:
        return parse_alert(text) or parse_order(text)
    except InvalidInput:
        return None


def examples_in(text: str) -> list[str]:
    filled = text.format_map({name: name for name in placeholders(text)} | EXAMPLE)
    return [html.unescape(said) for said in re.findall("<code>(.*?)</code>", filled) or [filled]]


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalog_holds_the_texts_of_the_source_and_no_others(language: str) -> None:
    assert path_of(language).read_bytes() == written(updated(language))


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_text_is_translated_with_its_placeholders_and_tags(language: str) -> None:
    catalog = read(language)
    for message in catalog:
        source, translated = forms(message.id)[-1], forms(message.string)
        assert not message.fuzzy, source
        assert len(translated) == (catalog.num_plurals if message.pluralizable else 1), source
        for text in translated:
            assert text or not source, source
            assert not source or placeholders(text) == placeholders(source)
            assert not source or tags(text) == tags(source)


def test_an_example_is_read_alike_in_both_languages() -> None:
    for message in read("zh_Hans"):
        texts = forms(message.id)[-1], forms(message.string)[-1]
        for english, translated in zip(*map(examples_in, texts), strict=True):
            if wish := wish_of(english):
                assert wish_of(translated) == wish


def test_chinese_is_written_punctuated_and_spaced_as_chinese() -> None:
    for message in read("zh_Hans"):
        words = re.sub(r"<code>.*?</code>|\{\w+\}|</?\w+>", "", forms(message.id)[0])
        text = forms(message.string)[0]
        assert re.search(HAN, text) or not re.search("[A-Za-z]{2}", words), message.id
        # {span} ends in a Chinese word of its own.
        bare = re.sub(r"<code>.*?</code>|</?[bi]>|\{span\}", "", text)
        assert not re.search(f"{HAN}[,.;:?!()]|[,;:?!()]{HAN}", bare), text
        if message.id not in TIMEFRAME_LABELS.values():
            assert not re.search(f"{HAN}[A-Za-z0-9{{]|[A-Za-z0-9}}]{HAN}", bare), text


@pytest.mark.parametrize("weight", ["Regular", "Bold"])
def test_the_chart_font_has_every_chinese_character(weight: str) -> None:
    glyphs = TTFont(VIEWS / "fonts" / f"NotoSansSC-{weight}.otf").getBestCmap()
    texts = " ".join(text for message in read("zh_Hans") for text in forms(message.string))
    assert {sign for sign in re.findall(HAN, texts) if ord(sign) not in glyphs} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_value_breaks_a_text(language: str) -> None:
    for message in source_texts():
        if message.id:
            shown, _ = parse_html(render(translator(language), message, HOSTILE))
            assert shown.count(HOSTILE) == len(placeholders(forms(message.id)[-1])), shown


def test_every_text_gets_the_values_that_it_names() -> None:
    for lookup in lookups():
        named = set(placeholders("".join(lookup.texts)))
        assert "**" in lookup.keywords or named <= lookup.keywords | {"count"}, lookup.place


def test_every_code_has_a_text_and_every_text_a_code() -> None:
    fixed = {ExchangeUnavailable().code, OutcomeUnknown("").code}
    assert set(TEXTS) == {refusal.texts[0] for refusal in refusals()} | reasons() | fixed


def test_a_refusal_brings_the_values_of_its_text() -> None:
    for refusal in refusals():
        assert set(placeholders(TEXTS[refusal.texts[0]])) <= refusal.keywords, refusal.place


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_button_is_at_most_20_columns_wide(language: str) -> None:
    t = translator(language)
    shown = {
        text: t(text, **USUAL) + end
        for text, end in (labels() | MORE_LABELS).items()
        if text != CONFIRM
    }
    home = {label: label for row in home_keyboard(t) for label in row}
    assert [text for text in (shown | home).values() if columns(text) > 20] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_in_passing_fits_into_telegrams_answer(language: str) -> None:
    passing = {Expired.__name__, NotAllowed.__name__}
    for code in {refusal.texts[0] for refusal in refusals() if refusal.name in passing}:
        assert len(plain(translator(language)(TEXTS[code]))) <= 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_commands_summary_fits_into_telegrams_menu(language: str) -> None:
    for command in COMMANDS.values():
        assert 0 < len(translator(language)(command.summary)) <= 256


def test_nothing_is_said_past_the_catalogs() -> None:
    found = dict(literals())
    assert {text: place for text, place in found.items() if text not in NEVER_TRANSLATED} == {}
    assert set(found) >= NEVER_TRANSLATED
