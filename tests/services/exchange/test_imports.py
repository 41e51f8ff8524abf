"""ccxt is imported without the exchanges that nobody uses, and works as it always did."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent.parent
COUNT = "print(sum(name.startswith('ccxt') for name in sys.modules))"


def run(code: str) -> list[str]:
    """Return what a fresh interpreter prints, a line each."""
    program = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{code}"
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], check=True, capture_output=True, text=True
    )
    return answer.stdout.split("\n")[:-1]


def test_only_the_exchanges_that_are_asked_for_are_loaded() -> None:
    (count,) = run(
        "from services.exchange.imports import exchange_class\n"
        "exchange_class('binance'), exchange_class('okx')\n" + COUNT
    )

    assert int(count) < 40


def test_the_whole_layer_loads_none() -> None:
    (names,) = run(
        "import services.exchange.connector\n"
        "print([name for name in sys.modules if name.startswith(('ccxt.pro.', 'ccxt.binance',"
        " 'ccxt.async_support.')) and '.base' not in name])"
    )

    assert names == "[]"


SAME = {
    "the class and its parents": "ccxt.pro.binance.__mro__[1] is ccxt.async_support.binance",
    "a class that another one builds on": "ccxt.pro.binanceus().id == 'binanceus'",
    "a class without streams": "'bit2c' in ccxt.exchanges and ccxt.async_support.bit2c().id",
    "the synchronous class": "ccxt.kraken().id == 'kraken'",
    "errors": "issubclass(ccxt.InvalidNonce, ccxt.NetworkError) and ccxt.pro.BaseError",
    "precision": "ccxt.TICK_SIZE == 4 and ccxt.Precise and ccxt.decimal_to_precision",
    "the list": "len(ccxt.exchanges) > 100 and 'okx' in ccxt.pro.exchanges",
    "what is not there": "not hasattr(ccxt, 'nonsense') and not hasattr(ccxt.pro, '__wrapped__')",
    "a module by its path": "__import__('ccxt.pro.okx').pro.okx is ccxt.pro.okx",
}


@pytest.mark.parametrize("what", SAME)
def test_the_light_packages_hold_what_the_full_ones_do(what: str) -> None:
    for start in ("", "import services.exchange\n"):
        assert run(f"{start}import ccxt.pro, ccxt.async_support\nprint(bool({SAME[what]}))") == [
            "True"
        ]


def test_whoever_imported_everything_before_keeps_it() -> None:
    same, is_light = run(
        "import ccxt.pro\nbefore = ccxt.pro.binance, ccxt.pro\n"
        "from services.exchange.imports import exchange_class\n"
        "import ccxt.pro\n"
        "print(before == (exchange_class('binance'), ccxt.pro))\n"
        "print('ccxt.pro.kraken' not in sys.modules)"
    )

    assert (same, is_light) == ("True", "False")


def test_an_exchange_that_is_none_is_refused() -> None:
    lines = run(
        "from services.exchange.imports import exchange_class\n"
        "for name in ('nonsense', 'base', 'errors', 'Exchange', '__init__'):\n"
        "    try: exchange_class(name)\n"
        "    except LookupError: print(name)"
    )

    assert lines == ["nonsense", "base", "errors", "Exchange", "__init__"]
