"""What systemd thinks of the units."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from service_units import UNITS, analyzed


@pytest.mark.parametrize(("unit", "whose"), UNITS.items(), ids=UNITS)
def test_systemd_understands_every_line(tmp_path: Path, unit: str, whose: str) -> None:
    """``systemd-analyze verify`` has nothing to say."""
    assert analyzed(tmp_path, "verify", whose, unit) == ""


@pytest.mark.parametrize(("unit", "below"), [("holdfast.service", 4.5), ("holdfast@music.service", 2.5)])
def test_the_service_is_exposed_little(tmp_path: Path, unit: str, below: float) -> None:
    """``systemd-analyze security`` gives the user's unit less than 4.5, that of the machine less than 2.5."""
    said = analyzed(tmp_path, UNITS[unit], "security", "--offline=true", "--no-pager", f"./{unit}")
    found = re.search(r"Overall exposure level for [^:]*: ([0-9.]+)", said)
    assert found is not None, said
    assert float(found[1]) < below
