"""Paths of a document of several files as keys of parts, and back.

A path is raw bytes and a key is text, so a path that is not UTF-8 gets a key that shows its bytes
escaped; two paths that would then look alike get different keys.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence, Set

from holdfast_daemon.formats.base import CannotHold, Document, Part

#: The key of a document of one file, whose name is the session's and not part of the document.
SINGLE_FILE = "file"

LONGEST_COMPONENT_BYTES = 255
#: What the daemon's own temporary files are called; a document's would be taken for one of them.
TEMPORARY = b".holdfast-"


def keys_of(paths: Iterable[bytes]) -> dict[bytes, str]:
    """Path to key, in the order of the sorted paths; every key is valid Unicode and there once."""
    keys: dict[bytes, str] = {}
    taken: set[str] = set()
    by_text_first = sorted(paths, key=lambda path: (not _is_utf8(path), path))
    for path in by_text_first:
        key = free_key(path.decode("utf-8", "backslashreplace") or SINGLE_FILE, taken)
        taken.add(key)
        keys[path] = key
    return {path: keys[path] for path in sorted(keys)}


def free_key(wanted: str, taken: Set[str]) -> str:
    """``wanted``, with a number behind it where another part has that key."""
    key, number = wanted, 1
    while key in taken:
        number += 1
        key = f"{wanted}~{number}"
    return key


def new_file(path: str, content: bytes) -> Part:
    """A part that ``written_as`` makes a file at ``path``."""
    return Part(key=path, name=path, kind="file", content=content)


def written_as(parts: Sequence[Part], template: Document | None) -> Document:
    """A document of one file per part. Raises CannotHold for a key that is no safe relative path.

    A part whose key ``template`` has keeps its raw path, which the key may not tell.
    """
    known = {key: path for path, key in keys_of(template or {}).items()}
    alone = template is None and len(parts) == 1
    if alone and parts[0].key == SINGLE_FILE:
        known = {SINGLE_FILE: b""}
    problems = [(part.key, sentence) for part in parts if (sentence := _unsafe(part.key, known))]
    document: dict[bytes, bytes] = {}
    for part in parts:
        path = known[part.key] if part.key in known else part.key.encode("utf-8", "backslashreplace")
        if path in document:
            problems.append((part.key, "two parts would be the same file"))
        document[path] = part.content
    if b"" in document and len(document) > 1:
        problems.append((SINGLE_FILE, "a document of one file cannot hold several"))
    elif clash := file_and_folder(document):
        file, below = (path.decode("utf-8", "backslashreplace") for path in clash)
        problems.append((below, f"{file} would be a file, and a folder that holds {below}"))
    if problems:
        raise CannotHold(problems)
    return document


def file_and_folder(paths: Collection[bytes]) -> tuple[bytes, bytes] | None:
    """A path that is a file, and another that needs a folder of that name; None where there is no such pair."""
    files = set(paths)
    for path in paths:
        end = path.rfind(b"/")
        while end > 0:
            if path[:end] in files:
                return path[:end], path
            end = path.rfind(b"/", 0, end)
    return None


def _unsafe(key: str, known: dict[str, bytes]) -> str | None:
    """Why this key may not become a path, or None. A path that the document had already may stay."""
    if key in known:
        return None
    try:
        path = key.encode("utf-8")
    except UnicodeEncodeError:
        return "its name is not valid Unicode"
    components = path.split(b"/")
    if b"\0" in path or any(component in (b"", b".", b"..") for component in components):
        return "its name is not a relative path inside the folder"
    if any(component.startswith(TEMPORARY) for component in components):
        return f"its name begins with {TEMPORARY.decode()}, as only our own temporary files do"
    if any(len(component) > LONGEST_COMPONENT_BYTES for component in components):
        return f"its name is longer than {LONGEST_COMPONENT_BYTES} bytes"
    return None


def _is_utf8(path: bytes) -> bool:
    try:
        path.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
