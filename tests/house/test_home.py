"""Tests never touch the real home."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import platformdirs
import pytest

from holdfast_protocol.endpoint import places


def test_every_place_of_a_test_lies_in_its_own_home(house: Path) -> None:
    """Store, sessions, socket and configuration lie below the test's directory, with and without HOLDFAST_HOME."""
    bare = {name: value for name, value in os.environ.items() if name != "HOLDFAST_HOME"}
    for environment in (os.environ, bare):
        for place in places(environment):
            assert Path(place).is_relative_to(house)


def test_home_is_not_the_real_one(house: Path) -> None:
    """Neither Python nor platformdirs finds the home of the user who runs the tests."""
    real = pwd.getpwuid(os.getuid()).pw_dir
    assert Path.home() == house
    assert str(house) != real
    for place in (
        platformdirs.user_data_dir(),
        platformdirs.user_config_dir(),
        platformdirs.user_state_dir(),
        platformdirs.user_cache_dir(),
        platformdirs.user_runtime_dir(),
    ):
        assert Path(place).is_relative_to(house)


def test_the_home_is_given_without_being_asked_for(request: pytest.FixtureRequest) -> None:
    """A test that names no fixture gets the home of its own too."""
    assert "house" in request.fixturenames
