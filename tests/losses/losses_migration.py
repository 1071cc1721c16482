"""AiderDesk 0.36 and later, at every start of a project: each session becomes a task, then the folder goes."""

from __future__ import annotations

import json
import shutil
import uuid
from pathlib import Path

from losses_documents import as_javascript
from losses_writers import node_writes


def migrate(aider_desk: Path) -> None:
    """``migrations.ts``: ``sessions/*.json`` to ``tasks/UUID/``, contents unchanged; then ``rm -rf sessions``, those
    that failed and what was no session included."""
    sessions, tasks = aider_desk / "sessions", aider_desk / "tasks"
    tasks.mkdir(exist_ok=True)
    for file in sorted(sessions.glob("*.json")):
        content = file.read_bytes()
        try:
            json.loads(content)
        except ValueError:
            continue  # logged, and forgotten
        name = file.name.removesuffix(".json")
        identity = "autosaved" if name == ".autosaved" else str(uuid.uuid5(uuid.NAMESPACE_OID, name))
        (tasks / identity).mkdir()
        settings = {"id": identity, "baseDir": str(aider_desk.parent), "name": name, "state": "TODO", "archived": False}
        node_writes(tasks / identity / "settings.json", as_javascript(settings))
        node_writes(tasks / identity / "context.json", content)
    shutil.rmtree(sessions)
