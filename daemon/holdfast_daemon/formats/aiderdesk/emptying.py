"""What a new session begins with that is made from another one: AiderDesk's own new task takes over as much.

Models, mode, agent and what nobody knows stay, as in ``createNewTask`` (``src/main/project/project.ts``); what the old
task went through does not, its work tree and its moments included: one without ``createdAt`` is not begun yet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256

from holdfast_daemon.formats.base import Document, Part
from holdfast_daemon.formats.jsonedit import json_text, with_members, with_root
from holdfast_daemon.formats.jsontext import read_json

#: As a new task has them. AiderDesk names it after its first prompt.
_NEW = {"name": '""', "archived": "false", "aiderTotalCost": "0", "agentTotalCost": "0"}

#: What tells of the old task alone; ``TaskDataSchema`` demands none of it.
_OF_THE_OLD = (
    "parentId", "state", "pinned", "createdAt", "updatedAt", "startedAt", "interruptedAt", "completedAt", "worktree",
    "lastMergeState", "handoff", "lastAgentProviderMetadata", "metadata",
)  # fmt: skip


def emptied(parts: Sequence[Part], document: Document, keep: Collection[str]) -> Iterator[Part]:
    """Those of the document's parts that stay, and a task's settings as those of a new one."""
    for part in parts:
        if part.kind == "settings":
            yield replace(part, content=_settings_of_new_task(part.content, new_id(document)), facts={})
        elif part.kind == "field" or part.kind in keep:
            yield part


def _settings_of_new_task(settings: bytes, identity: str) -> bytes:
    document = read_json(settings, 1)
    changes = {"id": json_text(identity), **_NEW, **dict.fromkeys(_OF_THE_OLD)}
    return with_root(document, with_members(document, document.root, changes))


def new_id(document: Document) -> str:
    """Eight hexadecimal digits, as AiderDesk gives; always the same ones for the same document."""
    whole = sha256()
    for path, content in sorted(document.items()):
        whole.update(b"%d %d " % (len(path), len(content)) + path)
        whole.update(content)
    return whole.hexdigest()[:8]
