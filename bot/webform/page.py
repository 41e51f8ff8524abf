"""The form's pages as HTML: no script, no picture, nothing from elsewhere."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from string import Template

from handlers.i18n import Markup
from handlers.views.webform import Form, FormField, Notice

_PAGES = Path(__file__).parent / "pages"
_TAGS = {"en": "en", "zh_Hans": "zh-Hans"}
# No browser is to remember, correct or send away what is typed here.
_TYPED = 'autocomplete="off" autocapitalize="none" autocorrect="off" spellcheck="false" required'


def form_page(form: Form, language: str) -> str:
    """Return the page with the form; it is sent to the address that it came from."""
    parts = [
        _paragraph(form.lead),
        _paragraph(form.place),
        _paragraph(form.fault, "fault"),
        '<form method="post">',
        *(_field(field) for field in form.fields),
        f'<button type="submit">{form.submit}</button>',
        "</form>",
        _paragraph(form.note, "quiet"),
    ]
    return _page(form.title, "\n".join(part for part in parts if part), language)


def notice_page(notice: Notice, language: str) -> str:
    """Return a page that only says something."""
    return _page(notice.title, _paragraph(notice.text), language)


@cache
def style() -> str:
    """Return the style sheet."""
    return (_PAGES / "style.css").read_text(encoding="utf-8")


def _field(field: FormField) -> str:
    hint = f'<span class="quiet">{field.hint}</span>' if field.hint else ""
    if field.is_long:
        box = f'<textarea id="{field.name}" name="{field.name}" rows="3" {_TYPED}></textarea>'
    else:
        kind = "password" if field.is_hidden else "text"
        box = f'<input id="{field.name}" name="{field.name}" type="{kind}" {_TYPED}>'
    return f'<label for="{field.name}">{field.label} {hint}</label>\n{box}'


def _paragraph(text: Markup | None, name: str = "") -> str:
    if text is None:
        return ""
    return f'<p class="{name}">{text}</p>' if name else f"<p>{text}</p>"


def _page(title: Markup, body: str, language: str) -> str:
    return _template().substitute(title=title, body=body, language=_TAGS[language])


@cache
def _template() -> Template:
    return Template((_PAGES / "page.html").read_text(encoding="utf-8"))
