"""Where an application keeps its sessions by now (elsewhere.py)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from holdfast_daemon.elsewhere import moved_on
from holdfast_daemon.formats.renardo import RENARDO
from holdfast_daemon.layouts import SESSIONS
from holdfast_daemon.sites import SESSIONS_FOLDER, Site


def _site(root: Path, app: str | None = "renardo") -> Site:
    return Site(label=root.name, root=os.fsencode(root), app=app, layout=RENARDO.layouts["sessions"])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".config" / "renardo" / "livecoding_sessions").mkdir(parents=True)
    return tmp_path


def _said(home: Path, *sites: Site) -> list[str]:
    return moved_on(sites, {"renardo": RENARDO}, {"HOME": str(home)})


def test_a_place_that_is_watched_is_not_spoken_of(home: Path) -> None:
    """The application keeps its sessions where they are adopted."""
    assert _said(home, _site(home / ".config" / "renardo" / "livecoding_sessions")) == []


def test_a_user_who_sets_another_folder_is_told(home: Path) -> None:
    """Renardo's own setting names another directory, which exists and is not watched; nothing is adopted by that."""
    other = home / "elsewhere"
    (other / "livecoding_sessions").mkdir(parents=True)
    settings = home / ".config" / "renardo" / "user_dir.toml"
    settings.write_text(f"RENARDO_USER_DIR_PATH = {str(other)!r}\n", encoding="utf-8")
    said = _said(home, _site(home / ".config" / "renardo" / "livecoding_sessions"))
    assert len(said) == 1
    assert str(other / "livecoding_sessions") in said[0]
    assert _said(home, _site(other / "livecoding_sessions")) == []


def test_only_applications_with_an_adopted_folder_are_asked(home: Path) -> None:
    """The sessions folder alone is no reason to look at anybody's settings."""
    own = Site(label=SESSIONS_FOLDER, root=os.fsencode(home), app=None, layout=SESSIONS)
    assert _said(home, own) == []
