"""Write what the code knows into the documents: `make docs`.

The tables between ``<!-- commands -->`` and ``<!-- /commands -->`` and between
``<!-- settings -->`` and ``<!-- /settings -->`` in README.md, and the whole of .env.example.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from bot.settings import variables
from handlers.catalog import COMMANDS

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
ENV_EXAMPLE = ROOT / ".env.example"
_ENV_HEAD = """\
# Copy to .env, take the # from the lines that you set, then: set -a; . ./.env; set +a
# Written by `make docs` from bot/settings.py.
"""


def commands_table() -> str:
    """Return the table of every command, in the order of the help."""
    rows = [(f"`/{command.name}`", command.summary) for command in COMMANDS.values()]
    return _table(("command", "shows or does"), rows)


def settings_table() -> str:
    """Return the table of every setting with its default; a dash stands for none."""
    rows = [
        (f"`{name}`", _shown_default(field), field.description or "")
        for name, field in variables()
    ]
    return _table(("setting", "default", "meaning"), rows)


def env_example() -> str:
    """Return .env.example: every setting with its meaning, all of them commented out."""
    return "\n".join([_ENV_HEAD, *(_env_lines(name, field) for name, field in variables())])


def insert(table: str, mark: str, text: str) -> str:
    """Return `text` with `table` between the comments of `mark`.

    Raises:
        ValueError: The comments are not there.
    """
    pattern = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", re.DOTALL)
    written, count = pattern.subn(lambda match: f"{match[1]}\n{table}\n{match[2]}", text)
    if count != 1:
        raise ValueError(f"want one <!-- {mark} --> ... <!-- /{mark} --> around:\n\n{table}")
    return written


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def _default(field: FieldInfo) -> str:
    value: Any = field.get_default(call_default_factory=True)
    if isinstance(value, Enum):
        return str(value.value)
    return "" if value is None or value == {} else str(value)


def _shown_default(field: FieldInfo) -> str:
    default = _default(field)
    return f"`{default}`" if default else "–"


def _env_lines(name: str, field: FieldInfo) -> str:
    meaning = textwrap.fill(
        field.description or "", 97, initial_indent="# ", subsequent_indent="# "
    )
    return f"{meaning}\n#{name}={_default(field)}\n"


def main() -> None:
    """Write README.md and .env.example; say which table has no place yet."""
    ENV_EXAMPLE.write_text(env_example())
    text = README.read_text()
    for mark, table in (("commands", commands_table()), ("settings", settings_table())):
        try:
            text = insert(table, mark, text)
        except ValueError as error:
            raise SystemExit(f"README.md: {error}") from None
    README.write_text(text)


if __name__ == "__main__":
    main()
