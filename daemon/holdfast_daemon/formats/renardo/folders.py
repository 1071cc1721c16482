"""Where Renardo keeps its sessions, by the rules of its own ``settings_manager.py`` (lines 225-295, a10), and how they
lie there (renardo.md 2).

It asks anew at every request, so the answer is to be asked for again too; old sessions are not moved. Renardo 1.0.0a12
and later open a folder of the user's choice as a project, and remember the last one in the user directory.
"""

from __future__ import annotations

import json
import ntpath
import posixpath
import tomllib
from collections.abc import Collection, Iterator, Mapping

from holdfast_daemon.formats.base import Layout, ReadText
from holdfast_daemon.formats.renardo.layout import layout_of
from holdfast_daemon.formats.renardo.project import INDEX, STATE
from holdfast_daemon.formats.renardo.reading import recognition_of

SESSIONS = "livecoding_sessions"
STARTUP = "startup_files"

#: What lies in a project and is none of it: version control, caches, and Python's own environments.
_NOT_OF_A_PROJECT = (".*", "__pycache__", "venv", "site-packages")
#: Renardo lists what ends in .py, in small letters, in this folder only; it writes into startup_files beside it.
LAYOUTS = {
    "sessions": Layout(files=("*.py",), beside=(f"../{STARTUP}",)),
    "startup": Layout(files=("*.py",)),
    "project": Layout(whole=True, skipped=_NOT_OF_A_PROJECT, fixed=True),
    "projects": Layout(folders=("*",), skipped=_NOT_OF_A_PROJECT, fixed=True),
}


def layout_for(folder: str, files: Mapping[str, bytes], folders: Collection[str]) -> str:
    """By Renardo's own names; else Python files are sessions where one has named buffers, and a project where none
    has; a folder that only holds folders is one of projects."""
    if folder in (SESSIONS, STARTUP):
        return "sessions" if folder == SESSIONS else "startup"
    sources = [beginning for name, beginning in files.items() if name.endswith(".py")]
    if any(map(_is_session, sources)):
        return "sessions"
    if sources or not files.keys().isdisjoint((STATE.decode(), INDEX.decode())):
        return "project"
    return "projects" if any(not name.startswith(".") for name in folders) else "sessions"


def _is_session(beginning: bytes) -> bool:
    """Whether it has buffers with names: a line of 80 ``#`` alone is in many a Python file."""
    recognition = recognition_of(layout_of(beginning))
    return recognition.certain and recognition.generation in ("F2", "F3")


def known_places(environment: Mapping[str, str], home: str, platform: str, read_text: ReadText) -> Iterator[str]:
    """The folder of session files, that of startup files beside it, and the project that was open last."""
    user_folder = _user_folder(environment, home, platform, read_text)
    yield _join(platform, user_folder, SESSIONS)
    yield _join(platform, user_folder, STARTUP)
    if project := _open_project(read_text(_join(platform, user_folder, STATE.decode()))):
        yield project


def _open_project(state: str | None) -> str | None:
    """What ``frontend_state.json`` names; a broken one names nothing."""
    try:
        known = json.loads(state or "{}")
    except (ValueError, RecursionError):
        return None
    project = known.get("project-path") if isinstance(known, dict) else None
    return project if isinstance(project, str) else None


def sessions_folder(environment: Mapping[str, str], home: str, platform: str, read_text: ReadText) -> str:
    """The folder of session files, which may not exist.

    ``platform`` is as ``sys.platform``; ``read_text`` gives a file's text or None where there is none. An
    empty ``$RENARDO_USER_DIR`` counts as none: Renardo would take its own working directory for it.
    """
    return _join(platform, _user_folder(environment, home, platform, read_text), SESSIONS)


def _user_folder(environment: Mapping[str, str], home: str, platform: str, read_text: ReadText) -> str:
    if configured := environment.get("RENARDO_USER_DIR"):
        return configured
    standard = _join(platform, _config_folder(environment, home, platform), "renardo")
    return _configured(read_text(_join(platform, standard, "user_dir.toml"))) or standard


def _join(platform: str, folder: str, name: str) -> str:
    is_posix = platform.startswith(("linux", "darwin"))
    return posixpath.join(folder, name) if is_posix else ntpath.join(folder, name)


def _config_folder(environment: Mapping[str, str], home: str, platform: str) -> str:
    if platform.startswith("linux"):
        return posixpath.join(home, ".config")  # XDG_CONFIG_HOME is not asked
    if platform == "darwin":
        return posixpath.join(home, "Library", "Application Support")
    return environment.get("APPDATA") or ntpath.join(home, "AppData", "Roaming")


def _configured(text: str | None) -> str | None:
    """What ``user_dir.toml`` names; a broken one counts as none, as it does for Renardo."""
    try:
        configured = tomllib.loads(text or "").get("RENARDO_USER_DIR_PATH")
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
    return configured if isinstance(configured, str) else None
