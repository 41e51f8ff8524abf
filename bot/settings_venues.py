"""The tables ``[network]`` and ``[exchanges.<id>]`` of the settings."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from services.exchange.addresses import is_proxy, split_address
from services.exchange.venues import ids

_STRICT = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class NetworkTable(BaseModel):
    """How exchanges are reached, over HTTP and WebSocket alike."""

    model_config = _STRICT

    ca_file: Path | None = Field(
        default=None, description="PEM file with root certificates trusted besides the system's"
    )
    resolve: dict[str, str] = Field(
        default_factory=dict,
        description="exchange hosts to reach elsewhere: host, or `*` for every other one, to"
        ' "address:port"; as a variable in JSON',
        examples=['{"*": "127.0.0.1:8443"}'],
    )
    proxy: SecretStr | None = Field(
        default=None,
        description="proxy for everything that goes to exchanges: http://[user:password@]host:port",
    )

    @field_validator("ca_file")
    @classmethod
    def _holds_certificates(cls, value: Path | None) -> Path | None:
        if value is not None:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(value)
            except ssl.SSLError:
                raise ValueError("holds no certificate in PEM form") from None
            except OSError as error:
                raise ValueError(f"can't be read ({error.strerror})") from None
        return value

    @field_validator("resolve")
    @classmethod
    def _leads_to_addresses(cls, value: dict[str, str]) -> dict[str, str]:
        for host, address in value.items():
            try:
                split_address(address)
            except ValueError:
                raise ValueError(f"{host} does not lead to ADDRESS:PORT") from None
        return value

    @field_validator("proxy")
    @classmethod
    def _is_proxy(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not is_proxy(value.get_secret_value()):
            raise ValueError("must be http://[user:password@]host:port")
        return value


class ExchangeTable(BaseModel):
    """One exchange."""

    model_config = _STRICT

    enabled: bool | None = Field(
        default=None,
        description="whether accounts may be connected at it (any other exchange: by its ccxt id"
        " in place of BINANCE); without it those are on that were looked at one by one",
    )
    timeout_ms: int = Field(
        default=30_000,
        ge=1_000,
        le=300_000,
        description="how long a request may take, in milliseconds",
    )
    rate_limit_per_minute: int | None = Field(
        default=None,
        ge=1,
        description="requests of weight one a minute; without it what ccxt knows",
    )
    options: dict[str, Any] = Field(
        default_factory=dict, description="further ccxt options; as a variable in JSON"
    )


def known_exchanges(names: dict[str, ExchangeTable]) -> dict[str, ExchangeTable]:
    """Return the tables unchanged.

    Raises:
        ValueError: One is of an exchange that ccxt does not know.
    """
    unknown = sorted(set(names) - set(ids()))
    if unknown:
        raise ValueError(f"there is no exchange {', '.join(unknown)}")
    return names
