"""A power cut while keys are changed costs nobody their credentials.

The long campaign, 1,000 tenants and 200 kills, is `make kills`.
"""

from __future__ import annotations

from pathlib import Path

from tests.robustness.figures import measured
from tests.robustness.rotation_kills import campaign, is_whole

SEED = 20_261_122


def test_everything_opens_after_each_kill_and_the_rotation_ends(tmp_path: Path) -> None:
    report = campaign(tmp_path, tenants=200, kills=16, seed=SEED)

    measured(str(report))
    assert report.kills == 16
    assert report.rotations
    assert report.left["partly moved"]
    assert is_whole(tmp_path / "kills.db")
