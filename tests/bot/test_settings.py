"""Settings: every fault at once, each in one line with its cure, and no secret in any."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.run import _parts
from bot.settings import SettingsError, load
from services.tenants import Access
from tests.bot.environment import TOKEN, assert_no_secret, key_file
from tests.venues.tls import authority


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("QT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("QT_TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setenv("QT_MASTER_KEY_FILE", str(key_file(tmp_path)))


def _faults() -> list[str]:
    with pytest.raises(SettingsError) as refusal:
        _parts(load(), may_make_key=False)
    faults = refusal.value.faults
    for fault in faults:
        assert "\n" not in fault
        assert_no_secret(fault)
    return faults


def test_token_and_key_are_enough() -> None:
    parts = _parts(load(), may_make_key=False)

    assert parts.token == TOKEN
    assert parts.settings.access is Access.OWNER
    assert parts.settings.telegram_api == "https://api.telegram.org"
    assert_no_secret(repr(parts.settings))


BAD = {
    ("TELEGRAM_TOKEN", "canary"): "@BotFather",
    ("TELEGRAM_TOKEN", "123:canary canary"): "@BotFather",
    ("TELEGRAM_TOKEN", "123:canary\n"): "@BotFather",
    ("TELEGRAM_TOKEN", "１２３:canary"): "@BotFather",
    ("TELEGRAM_API", "ftp://canary"): "http://",
    ("TELEGRAM_API", "http://"): "no host",
    ("DATABASE_URL", "mysql://user:canary@host/name"): "sqlite:///",
    ("DATABASE_URL", "sqlite"): "sqlite:///",
    ("ACCESS", "canary"): "owner or open",
    ("MAX_ORDER_COST", "0"): "above 0",
    ("MAX_ORDER_COST", "canary"): "above 0",
    ("MAX_ORDER_COST", "nan"): "above 0",
    ("GUARD_PERCENT", "11"): "at most 10",
    ("GUARD_PERCENT", "-1"): "above 0",
    ("PAPER_SEED", "canary"): "whole number",
    ("LOG_LEVEL", "canary"): "debug, info",
}


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_setting_is_one_line_with_its_cure(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"QT_{name}", value)

    (line,) = _faults()

    assert line.startswith(f"QT_{name}: ")
    assert BAD[name, value] in line


@pytest.mark.parametrize("name", ["TELEGRAM_TOKEN", "MASTER_KEY_FILE"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_setting_is_one_line_with_its_cure(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    # Beside an embedded database, a key of its own is looked for; a server's has none.
    monkeypatch.setenv("QT_DATABASE_URL", "postgresql://user:canary@host/name")
    if value is None:
        monkeypatch.delenv(f"QT_{name}")
    else:
        monkeypatch.setenv(f"QT_{name}", value)

    (line,) = _faults()

    assert line.startswith(f"QT_{name}: not set; ")


def test_several_faults_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in [("ACCESS", "x"), ("LOG_LEVEL", "x"), ("PAPER_SEED", "x")]:
        monkeypatch.setenv(f"QT_{name}", value)

    assert [line.partition(":")[0] for line in _faults()] == [
        "QT_ACCESS",
        "QT_PAPER_SEED",
        "QT_LOG_LEVEL",
    ]


def test_missing_token_and_key_are_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_DATABASE_URL", "postgresql://user:canary@host/name")
    monkeypatch.delenv("QT_TELEGRAM_TOKEN")
    monkeypatch.delenv("QT_MASTER_KEY_FILE")

    assert len(_faults()) == 2


@pytest.fixture
def toml(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    path = tmp_path / "quanttrade.toml"
    monkeypatch.setenv("QT_CONFIG", str(path))
    return path


def test_a_toml_file_sets_and_the_environment_overrules_it(
    monkeypatch: pytest.MonkeyPatch, toml: Path
) -> None:
    toml.write_text('access = "open"\nmax_order_cost = "123.45"\npaper_seed = 9\n')
    monkeypatch.setenv("QT_PAPER_SEED", "11")

    settings = load()

    assert settings.access is Access.OPEN
    assert str(settings.max_order_cost) == "123.45"
    assert settings.paper_seed == 11


TOML = {
    "an unknown key": (b'acess = "canary"\n', "acess: there is no such setting"),
    "a bad value": (b'access = "canary"\n', "QT_ACCESS: "),
    "no TOML": (b"access = canary canary\n", "QT_CONFIG: "),
    "no text": (b"\xff\xfe canary", "QT_CONFIG: "),
}


@pytest.mark.parametrize("case", TOML)
def test_a_bad_toml_file_is_one_line(toml: Path, case: str) -> None:
    content, start = TOML[case]
    toml.write_bytes(content)

    (line,) = _faults()

    assert line.startswith(start)
    assert ";" in line


def test_a_toml_file_that_is_not_there_is_one_line(toml: Path) -> None:
    (line,) = _faults()

    assert line == f"QT_CONFIG: there is no file {toml}; give a TOML file"


def test_an_empty_config_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_CONFIG", "")

    assert load().config is None


def test_tables_of_the_file_set_the_network_and_exchanges(
    monkeypatch: pytest.MonkeyPatch, toml: Path, tmp_path: Path
) -> None:
    root = authority(tmp_path)
    toml.write_text(
        f"""
        [network]
        ca_file = "{root}"
        resolve = {{ "*" = "127.0.0.1:8443", "api.binance.com" = "[::1]:443" }}
        proxy = "http://me:canary@127.0.0.1:3128"

        [exchanges.binance]
        timeout_ms = 5000
        options = {{ defaultType = "spot", ws = {{ compress = 0 }} }}

        [exchanges.bitstamp]
        enabled = true
        rate_limit_per_minute = 60
        """
    )
    monkeypatch.setenv("QT_EXCHANGES__BINANCE__TIMEOUT_MS", "7000")
    monkeypatch.setenv("QT_EXCHANGES__OKX__ENABLED", "false")

    settings = load()

    assert settings.network.ca_file == root
    assert settings.network.resolve == {"*": "127.0.0.1:8443", "api.binance.com": "[::1]:443"}
    binance, bitstamp = settings.exchanges["binance"], settings.exchanges["bitstamp"]
    assert (binance.enabled, binance.timeout_ms) == (None, 7000)
    assert binance.options == {"defaultType": "spot", "ws": {"compress": 0}}
    assert (bitstamp.enabled, bitstamp.rate_limit_per_minute) == (True, 60)
    assert settings.exchanges["okx"].enabled is False
    assert_no_secret(repr(settings))


def test_tables_can_be_given_whole_in_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_NETWORK__RESOLVE", '{"*": "127.0.0.1:8443"}')
    monkeypatch.setenv("QT_EXCHANGES", '{"okx": {"timeout_ms": 2000}}')

    settings = load()

    assert settings.network.resolve == {"*": "127.0.0.1:8443"}
    assert settings.exchanges["okx"].timeout_ms == 2000


BAD_TABLES = {
    ("NETWORK__CA_FILE", "/nowhere/canary.pem"): "give a PEM file",
    ("NETWORK__CA_FILE", __file__): "holds no certificate",
    ("NETWORK__RESOLVE", '{"api.binance.com": "localhost:1"}'): "ADDRESS:PORT",
    ("NETWORK__RESOLVE", '{"api.binance.com": "127.0.0.1"}'): "ADDRESS:PORT",
    ("NETWORK__RESOLVE", '{"api.binance.com": "127.0.0.1:65536"}'): "ADDRESS:PORT",
    ("NETWORK__RESOLVE", '{"api.binance.com": {}}'): "for example",
    ("NETWORK__PROXY", "canary:3128"): "http://",
    ("NETWORK__PROXY", "socks5://canary:3128"): "http://",
    ("NETWORK__PROXY", "http://canary"): "http://",
    ("EXCHANGES__BINANCE__ENABLED", "canary"): "true or false",
    ("EXCHANGES__BINANCE__TIMEOUT_MS", "999"): "from 1000",
    ("EXCHANGES__BINANCE__RATE_LIMIT_PER_MINUTE", "0"): "above 0",
    ("EXCHANGES__BINANCE__OPTIONS", "3"): "a table",
}


@pytest.mark.parametrize(("name", "value"), BAD_TABLES)
def test_a_bad_setting_within_a_table_is_named_with_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"QT_{name}", value)

    (line,) = _faults()

    assert line.startswith(f"QT_{name}: ")
    assert BAD_TABLES[name, value] in line


@pytest.mark.parametrize("name", ["NETWORK", "EXCHANGES"])
def test_a_table_that_is_no_json_is_one_line(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"QT_{name}", "canary")

    (line,) = _faults()

    assert line.startswith(f"QT_{name}: is no JSON; ")


UNKNOWN = {
    '[network]\nca_fil = "canary"\n': "network.ca_fil: there is no such setting",
    "[exchanges.okx]\ntimeout = 3\n": "exchanges.okx.timeout: there is no such setting",
    "[exchanges.binnace]\nenabled = true\n": "QT_EXCHANGES: there is no exchange binnace",
}


@pytest.mark.parametrize("text", UNKNOWN)
def test_an_unknown_key_of_a_table_is_named(toml: Path, text: str) -> None:
    toml.write_text(text)

    (line,) = _faults()

    assert line.startswith(UNKNOWN[text])
    assert "; " in line


def test_a_variable_of_a_table_that_does_not_exist_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("QT_NETWORK__CAFILE", "canary")

    (line,) = _faults()

    assert line.startswith("network.cafile: there is no such setting")
