"""Where Renardo keeps its sessions, by the rules of its own ``settings_manager.py`` (lines 225-295, a10).

It asks anew at every request, so the answer is to be asked for again too; old sessions are not moved.
"""

from __future__ import annotations

import ntpath
import posixpath
import tomllib
from collections.abc import Callable, Mapping

SESSIONS = "livecoding_sessions"


def sessions_folder(
    environment: Mapping[str, str], home: str, platform: str, read_text: Callable[[str], str | None]
) -> str:
    """The folder of session files, which may not exist.

    ``platform`` is as ``sys.platform``; ``read_text`` gives a file's text or None where there is none. An
    empty ``$RENARDO_USER_DIR`` counts as none: Renardo would take its own working directory for it.
    """
    is_posix = platform.startswith(("linux", "darwin"))

    def join(folder: str, name: str) -> str:
        return posixpath.join(folder, name) if is_posix else ntpath.join(folder, name)

    if configured := environment.get("RENARDO_USER_DIR"):
        return join(configured, SESSIONS)
    standard = join(_config_folder(environment, home, platform), "renardo")
    return join(_configured(read_text(join(standard, "user_dir.toml"))) or standard, SESSIONS)


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
