"""A bounded part of ``make crash``: some of the points at which a disk is lost, or a call of the daemon fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CAMPAIGN = Path(__file__).parent / "campaign" / "crash_campaign.py"
CRASHES, FAILURES = "killed dropped names bytes torn cut", "EIO ENOSPC SHORT READ"


@pytest.mark.parametrize(
    ("scenario", "kinds", "every"),
    [("first start", CRASHES, 120), ("save", CRASHES, 300), ("first start", FAILURES, 200)],
)  # fmt: skip
def test_some_points_of_the_campaign_hold(scenario: str, kinds: str, every: int) -> None:
    """Whatever the disk holds after a crash, and whichever call fails, what was promised is kept."""
    words = ["--only", scenario, "--kinds", *kinds.split(), "--every", str(every), "--parts", "1", "--jobs", "1"]
    asked = [sys.executable, str(CAMPAIGN), *words]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    walked = int(done.stdout.splitlines()[-1].split(" ")[0])
    assert walked >= 4, done.stdout
