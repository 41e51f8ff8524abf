"""Settings: environment (prefix ``QT_``) over a TOML file; every fault at once, with its cure.

The only module that reads the environment.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    IPvAnyAddress,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as UnreadableError

from bot.settings_venues import ExchangeTable, NetworkTable, known_exchanges
from services.tenants import Access

PREFIX = "QT_"
NESTED = "__"
# python-telegram-bot's switch to the coming type of its waits; without it each refusal warns.
os.environ["PTB_TIMEDELTA"] = "true"
_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
}
_KNOWN = ("sqlite+aiosqlite", "postgresql+psycopg")
_TOKEN = re.compile(r"[0-9]+:[\w-]+", re.ASCII)


class SettingsError(Exception):
    """What is wrong with the settings: one line a fault, each with its cure, no secret."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Settings(BaseSettings):
    """Everything that an operator can set; the README's table is tested against it."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        env_nested_delimiter=NESTED,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    telegram_token: SecretStr | None = Field(
        None, description="token of the bot, from @BotFather", examples=["123456:ABC..."]
    )
    telegram_api: str = Field(
        "https://api.telegram.org", description="address of the Bot API server"
    )
    database_url: str = Field(
        "sqlite:///data/quanttrade.db",
        description="database: a SQLite file, or postgresql://user@host/name",
    )
    master_key_file: Path | None = Field(
        None,
        description="file with the master key (mode 0600), made by `quanttrade new-key FILE`;"
        " without any key setting a new SQLite database gets one beside it",
    )
    master_key_cmd: str | None = Field(
        None, description="command that prints the master key, for a key store"
    )
    master_key: SecretStr | None = Field(
        None, description="the master key itself (visible to other programs; prefer a file)"
    )
    master_key_old_file: Annotated[tuple[Path, ...] | None, NoDecode] = Field(
        None,
        description="files with earlier master keys, newest first, split by commas: they only"
        " read, until `quanttrade vault rotate` has moved everything to the new key",
    )
    config: Path | None = Field(None, description="TOML file with settings of the same names")
    access: Access = Field(
        Access.OWNER,
        description="`owner`: one owner, let in by a code; `open`: every private chat",
    )
    max_order_cost: Decimal = Field(
        Decimal(50_000), gt=0, description="largest order, in quote currency"
    )
    guard_percent: Decimal = Field(
        Decimal("0.5"),
        gt=0,
        le=10,
        description="how much worse than its card a market order may get, in percent",
    )
    egress_ip: IPvAnyAddress | None = Field(
        None,
        description="address that exchanges see this machine under, shown to whoever binds a key"
        " to it",
        examples=["203.0.113.7"],
    )
    allow_unverified_keys: bool = Field(
        default=False,
        description="let owners vouch for keys of exchanges that don't tell what a key may do",
    )
    paper_seed: int = Field(7, description="seed of the practice market")
    public_url: str | None = Field(
        None,
        description="where people reach this machine from outside (https); with it keys can be"
        " handed over in a one-time web form",
        examples=["https://trade.example.org"],
    )
    web_host: str = Field(
        "127.0.0.1", description="address that the web form listens on, behind your web server"
    )
    web_port: int = Field(8080, ge=0, le=65_535, description="port of the web form")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="how much is logged"
    )
    network: NetworkTable = NetworkTable()
    exchanges: Annotated[dict[str, ExchangeTable], AfterValidator(known_exchanges)] = Field(
        default_factory=dict
    )

    @field_validator("telegram_token")
    @classmethod
    def _looks_like_a_token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _TOKEN.fullmatch(value.get_secret_value()):
            raise ValueError("is not of the form NUMBER:LETTERS")
        return value

    @field_validator("master_key_old_file", mode="before")
    @classmethod
    def _lists_files(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value

    @field_validator("telegram_api")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        if not urlsplit(value).hostname:
            raise ValueError("names no host")
        return value.rstrip("/")

    @field_validator("public_url")
    @classmethod
    def _is_safe_outside(cls, value: str | None) -> str | None:
        if value is None:
            return None
        address = urlsplit(value)
        # Keys are typed there: only this machine itself may be reached without TLS.
        if address.scheme != "https" and address.hostname not in ("127.0.0.1", "localhost"):
            raise ValueError("must start with https://")
        if not address.hostname or address.path.strip("/") or address.query or address.fragment:
            raise ValueError("must be a scheme and a host, without a path")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _names_a_database(cls, value: str) -> str:
        scheme, separator, rest = value.partition("://")
        driver = _DRIVERS.get(scheme, scheme)
        if not separator or not rest or driver not in _KNOWN:
            raise ValueError("must be sqlite:///FILE or postgresql://...")
        return f"{driver}://{rest}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take the environment first, then the TOML file that ``QT_CONFIG`` names."""
        del dotenv_settings, file_secret_settings
        path = _toml_file()
        if path is None:
            return (init_settings, env_settings)
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, path))


# Settings that are tables, by an example of how their variables begin.
_TABLES: dict[str, tuple[str, type[BaseModel]]] = {
    "network": ("network", NetworkTable),
    "exchanges": (f"exchanges{NESTED}binance", ExchangeTable),
}
_CURES = {
    "telegram_token": "copy it from @BotFather",
    "telegram_api": "leave it out for the public server",
    "database_url": "for example sqlite:///data/quanttrade.db",
    "master_key_old_file": "a file, or several split by commas",
    "access": "use owner or open",
    "max_order_cost": "a number above 0",
    "guard_percent": "a number above 0, at most 10",
    "egress_ip": "for example 203.0.113.7",
    "allow_unverified_keys": "true or false",
    "paper_seed": "a whole number",
    "public_url": "for example https://trade.example.org",
    "web_port": "a number from 0 to 65535",
    "log_level": "debug, info, warning or error",
    "network.ca_file": "give a PEM file, or leave it out",
    "network.resolve": 'for example {"*" = "127.0.0.1:8443"}',
    "network.proxy": "for example http://proxy.example.org:3128",
    "exchanges": "use an id of ccxt, such as binance or okx",
    "exchanges.enabled": "true or false",
    "exchanges.timeout_ms": "a number from 1000 to 300000",
    "exchanges.rate_limit_per_minute": "a number above 0, or leave it out",
    "exchanges.options": "a table",
}


def variables() -> Iterator[tuple[str, FieldInfo]]:
    """Yield every setting by the name of its environment variable."""
    for name, field in Settings.model_fields.items():
        start, table = _TABLES.get(name, (name, None))
        inner = {} if table is None else table.model_fields
        for key, part in inner.items():
            yield f"{PREFIX}{start}{NESTED}{key}".upper(), part
        if table is None:
            yield f"{PREFIX}{name}".upper(), field


def load(**overrides: Any) -> Settings:
    """Read the settings; `overrides` win.

    Raises:
        SettingsError: With every fault.
    """
    path = _toml_file()
    if path is not None and not path.is_file():
        raise SettingsError([f"{PREFIX}CONFIG: there is no file {path}; give a TOML file"])
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError([_line(fault) for fault in error.errors()]) from None
    except UnreadableError as error:
        # Only a table that is given whole in one variable is read before it is checked.
        name = next((name for name in _TABLES if f'"{name}"' in str(error)), "config")
        fault = f"{PREFIX}{name.upper()}: is no JSON; set {PREFIX}{name.upper()}{NESTED}..."
        raise SettingsError([fault]) from None
    except OSError as error:
        fault = f"{PREFIX}CONFIG: {path} can't be read ({error.strerror}); mend its rights"
        raise SettingsError([fault]) from None
    except ValueError as error:
        # A broken TOML file: the parser says where, and quotes nothing.
        raise SettingsError([f"{PREFIX}CONFIG: {error}; mend the TOML file"]) from None


def _toml_file() -> Path | None:
    path = os.environ.get(f"{PREFIX}CONFIG")
    return Path(path) if path else None


def _line(fault: Any) -> str:
    path = [str(part) for part in fault["loc"]]
    # Within a value (an entry of `resolve`) the setting itself is named.
    path = path[: 1 if path[0] not in _TABLES else 1 + _TABLES[path[0]][0].count(NESTED) + 1]
    if fault["type"] == "extra_forbidden":
        return f"{'.'.join(path)}: there is no such setting; see the table in README.md"
    message = str(fault["msg"]).removeprefix("Value error, ")
    cure = _CURES.get(".".join(dict.fromkeys([path[0], path[-1]])), "see the table in README.md")
    return f"{PREFIX}{NESTED.join(path).upper()}: {message}; {cure}"


def forget_master_key() -> None:
    """Take the master key out of the environment, where other programs could read it."""
    os.environ.pop(f"{PREFIX}MASTER_KEY", None)
