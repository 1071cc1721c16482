"""How AiderDesk's sessions lie in the folder that it has in each project (aiderdesk.md 1 and 3), and which it knows.

Where it keeps its list of projects is in its ``src/main/paths.ts`` and ``src/main/store/store.ts``: ``config.json`` in
Electron's folder for the application, or, where it runs as a server, in that of the npm package env-paths.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Collection, Iterator, Mapping

from holdfast_daemon.formats.base import Layout, ReadText

#: In the folder of a project. Paths of context files are relative to the folder that holds it.
PROJECT_FOLDER = ".aider-desk"
SESSIONS, TASKS = "sessions", "tasks"

#: A whole work tree of the project, in a task's folder.
WORK_TREE = "worktree"
#: A task that AiderDesk itself never saves, lists or opens, and removes when it closes.
INTERNAL = "internal"

#: AiderDesk deletes the whole of ``sessions`` when it makes tasks of it, unreadable files and notes included (3), so
#: each file there is kept. A task that is moved under it loses its work tree (4.7).
LAYOUTS = {
    PROJECT_FOLDER: Layout(
        files=(f"{SESSIONS}/*",),
        folders=(f"{TASKS}/*",),
        skipped=(f"{TASKS}/*/{WORK_TREE}", f"{TASKS}/{INTERNAL}"),
        fixed=True,
        new_file=SESSIONS,
        new_folder=TASKS,
    ),
    SESSIONS: Layout(files=("*",)),
    TASKS: Layout(folders=("*",), skipped=(f"*/{WORK_TREE}",), fixed=True),
    "exported": Layout(recognised=("*.json",)),
}


def layout_for(folder: str, folders: Collection[str]) -> str:
    """By AiderDesk's own names, which its folder in a project need not have (``AIDER_DESK_DIR``)."""
    if folder in LAYOUTS:
        return folder
    return "exported" if {SESSIONS, TASKS}.isdisjoint(folders) else PROJECT_FOLDER


def known_places(environment: Mapping[str, str], home: str, platform: str, read_text: ReadText) -> Iterator[str]:
    """AiderDesk's folder in each project that is open in it, or was lately. Until 0.35 it always had the same name."""
    names = dict.fromkeys((environment.get("AIDER_DESK_DIR") or PROJECT_FOLDER, PROJECT_FOLDER))
    known: dict[str, None] = {}
    for folder in _own_folders(environment, home, platform):
        known |= dict.fromkeys(_projects(read_text(posixpath.join(folder, "config.json"))))
    for project in known:
        yield from (posixpath.join(project, name.strip("/")) for name in names)


def _own_folders(environment: Mapping[str, str], home: str, platform: str) -> list[str]:
    """Where its settings may be: as an application, and as a server."""
    if configured := environment.get("AIDER_DESK_DATA_DIR"):
        return [configured]
    if platform == "darwin":
        support = posixpath.join(home, "Library", "Application Support")
        return [posixpath.join(support, name) for name in ("aider-desk", "aider-desk-nodejs")]
    settings = environment.get("XDG_CONFIG_HOME") or posixpath.join(home, ".config")
    others = environment.get("XDG_DATA_HOME") or posixpath.join(home, ".local", "share")
    return [posixpath.join(settings, "aider-desk"), posixpath.join(others, "aider-desk-nodejs")]


def _projects(settings: str | None) -> Iterator[str]:
    """``openProjects`` and ``recentProjects``; nothing else is taken from these settings. Broken ones name none."""
    try:
        known = json.loads(settings or "{}")
    except (ValueError, RecursionError):
        return
    rows = [known.get(key) for key in ("openProjects", "recentProjects")] if isinstance(known, dict) else []
    for row in (row for group in rows if isinstance(group, list) for row in group):
        project = row.get("baseDir") if isinstance(row, dict) else row
        if isinstance(project, str):
            yield project
