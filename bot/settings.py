"""Settings: environment (prefix ``QT_``) over a TOML file; every fault at once, with its cure.

The only module that reads the environment.
"""

from __future__ import annotations

import os
import re
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from services.tenants import Access

PREFIX = "QT_"
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
    paper_seed: int = Field(7, description="seed of the practice market")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="how much is logged"
    )

    @field_validator("telegram_token")
    @classmethod
    def _looks_like_a_token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _TOKEN.fullmatch(value.get_secret_value()):
            raise ValueError("is not of the form NUMBER:LETTERS")
        return value

    @field_validator("telegram_api")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        if not urlsplit(value).hostname:
            raise ValueError("names no host")
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


_CURES = {
    "telegram_token": "copy it from @BotFather",
    "telegram_api": "leave it out for the public server",
    "database_url": "for example sqlite:///data/quanttrade.db",
    "access": "use owner or open",
    "max_order_cost": "a number above 0",
    "guard_percent": "a number above 0, at most 10",
    "paper_seed": "a whole number",
    "log_level": "debug, info, warning or error",
}


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
    name = str(fault["loc"][0])
    if fault["type"] == "extra_forbidden":
        return f"{name}: there is no such setting; see the table in README.md"
    message = str(fault["msg"]).removeprefix("Value error, ")
    cure = _CURES.get(name, "see the table in README.md")
    return f"{PREFIX}{name.upper()}: {message}; {cure}"


def forget_master_key() -> None:
    """Take the master key out of the environment, where other programs could read it."""
    os.environ.pop(f"{PREFIX}MASTER_KEY", None)
