"""No test sees the real home: tests/house/test_home.py proves it."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

#: Rules that know keys, which take seconds to compile: for all of this run, and for the next one.
os.environ["KF_RULE_CACHE_DIR"] = str(Path(__file__).parents[1] / ".pytest_cache" / "rules")

hypothesis.settings.register_profile("house", database=None, deadline=None)  # no files, and a busy machine is no bug
hypothesis.settings.load_profile("house")

FOLDERS = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")
TWINS = ("HOLDFAST_SOCKET", "HOLDFAST_STORE", "HOLDFAST_SESSIONS", "HOLDFAST_CONFIG")


@pytest.fixture(autouse=True)
def house(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh home for every test; its ``holdfast`` is ``HOLDFAST_HOME``."""
    home = tmp_path_factory.mktemp("h")  # short: a socket's path has 107 bytes
    monkeypatch.setenv("HOME", str(home))
    for variable in FOLDERS:
        folder = home / variable.removeprefix("XDG_").lower()
        folder.mkdir(mode=0o700)
        monkeypatch.setenv(variable, str(folder))
    for variable in TWINS:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOLDFAST_HOME", str(home / "holdfast"))
    return home
