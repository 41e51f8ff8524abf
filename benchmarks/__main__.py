"""Run the benchmarks: ``python -m benchmarks``, one JSON line per figure.

``ONLY=charts`` runs the modules of that name, ``ONLY=chart_depth_ms`` prints the figures whose
name contains it.
"""

from __future__ import annotations

import json
import os
from types import ModuleType

from benchmarks import charts, exchange, market_sync, order_text, paper, startup, streams

MODULES: tuple[ModuleType, ...] = (
    charts,
    exchange,
    market_sync,
    order_text,
    paper,
    startup,
    streams,
)


def main() -> None:
    wanted = os.environ.get("ONLY", "")
    named = [module for module in MODULES if module.__name__.rpartition(".")[2] == wanted]
    for module in named or MODULES:
        for figure in module.figures():
            if named or wanted in figure["name"]:
                print(json.dumps(figure), flush=True)


if __name__ == "__main__":
    main()
