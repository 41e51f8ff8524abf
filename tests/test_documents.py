"""What the documents say is what the code does; `make docs` brings them up to it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.settings import PREFIX, variables
from handlers.catalog import COMMANDS
from scripts.readme_tables import (
    ENV_EXAMPLE,
    README,
    commands_table,
    env_example,
    insert,
    settings_table,
)
from services.domain.market import MarketType
from services.exchange.paper_markets import MARKETS

ROOT = Path(__file__).parent.parent
ARCHITECTURE = ROOT / "ARCHITECTURE.md"
PAGES = (README, ARCHITECTURE, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md")
STALE = "run `make docs` and commit what it wrote"


def between(mark: str) -> str:
    found = re.search(rf"<!-- {mark} -->\n(.*?)<!-- /{mark} -->", README.read_text(), re.DOTALL)
    assert found is not None, f"README.md has no <!-- {mark} --> ... <!-- /{mark} -->"
    return found[1].strip()


def rows_of(table: str) -> list[list[str]]:
    """The cells of a Markdown table, without its head."""
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in table.splitlines()[2:]]
    return [[cell.strip() for cell in row] for row in cells]


def test_the_readme_lists_every_command_with_its_summary() -> None:
    rows = rows_of(between("commands"))

    assert rows == [[f"`/{c.name}`", c.summary] for c in COMMANDS.values()], STALE


def test_the_readme_lists_every_setting_with_its_default_and_meaning() -> None:
    rows = rows_of(between("settings"))

    assert [name for name, _, _ in rows] == [f"`{name}`" for name, _ in variables()], STALE
    for (_, default, meaning), (_, field) in zip(rows, variables(), strict=True):
        value = field.get_default(call_default_factory=True)
        shown = "–" if value in (None, {}) else f"`{value}`"
        assert (default, meaning) == (shown, field.description), STALE


def test_the_tables_are_as_the_script_writes_them() -> None:
    assert between("commands") == commands_table().strip(), STALE
    assert between("settings") == settings_table().strip(), STALE


def test_the_example_of_an_environment_lists_exactly_the_settings() -> None:
    text = ENV_EXAMPLE.read_text()

    names = re.findall(rf"^#?({PREFIX}[A-Z_]+)=", text, re.MULTILINE)
    assert names == [name for name, _ in variables()]
    assert text == env_example(), STALE


def test_the_example_sets_nothing_by_itself() -> None:
    lines = ENV_EXAMPLE.read_text().splitlines()

    assert [line for line in lines if line and not line.startswith("#")] == []


def make_targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text()
    return set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_make_command_that_is_told_exists(path: Path) -> None:
    told = set(re.findall(r"(?:^|`)make ([a-z]+)", path.read_text(), re.MULTILINE))

    assert told <= make_targets()


def test_the_readme_tells_how_to_try_it_and_how_to_test_it() -> None:
    told = re.findall(r"(?:^|`)make ([a-z]+)", README.read_text(), re.MULTILINE)

    assert {"demo", "test"} <= set(told)


def test_the_code_map_names_folders_that_exist() -> None:
    rows = re.findall(r"^\| (`[^|]+/`[^|]*) \|", ARCHITECTURE.read_text(), re.MULTILINE)
    named = [folder for row in rows for folder in re.findall(r"`([a-z_/]+)/`", row)]

    assert [folder for folder in named if not (ROOT / folder).is_dir()] == []
    assert {"bot", "handlers", "services", "migrations", "tests"} <= set(named)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_files_and_modules_that_are_named_exist(path: Path) -> None:
    text = path.read_text()
    files = re.findall(r"`([\w./-]+\.(?:py|txt|toml|md|yml))`", text)
    modules = re.findall(r"`((?:bot|handlers|services|migrations)(?:\.[a-z_]+)+)`", text)

    assert [name for name in files if not (ROOT / name).exists()] == []
    assert [name for name in modules if not _is_module(name)] == []


def _is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def test_the_number_of_markets_is_the_venues() -> None:
    told = re.search(r"(\d+) spot markets", README.read_text())
    spot = [market for market in MARKETS.values() if market.type is MarketType.SPOT]

    assert told is not None
    assert int(told[1]) == len(spot)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_and_pictures_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", path.read_text())
    targets += re.findall(r'(?:src|href)="(?!https?:|#)([^"#]+)"', path.read_text())

    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_a_document_without_a_place_for_a_table_is_left_alone() -> None:
    with pytest.raises(ValueError, match="<!-- commands -->"):
        insert("| a |", "commands", "# A readme")


def test_a_table_takes_the_place_of_the_last_one() -> None:
    text = "a\n<!-- x -->\nold | table\n<!-- /x -->\nz\n"

    written = insert("| new \\1 |\n", "x", text)

    assert written == "a\n<!-- x -->\n\n| new \\1 |\n\n<!-- /x -->\nz\n"
    assert insert("| new \\1 |\n", "x", written) == written
