"""The long campaign against key changes: `make kills` (SEED=, TENANTS=, KILLS=)."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from tests.robustness.figures import measured
from tests.robustness.rotation_kills import campaign, is_whole


def main() -> None:
    """Run a campaign of any length and print what it saw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--tenants", type=int, default=1_000)
    parser.add_argument("--kills", type=int, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        report = campaign(place, tenants=given.tenants, kills=given.kills, seed=given.seed)
        assert is_whole(place / "kills.db")
    measured(str(report))


if __name__ == "__main__":
    main()
