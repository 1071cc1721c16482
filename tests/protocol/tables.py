"""PROTOCOL.md's tables, made from the code that they describe."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec
from described import NOUNS, REPLIES, Form, codes, forms, prose

from holdfast_protocol import chunking, connection, messages
from holdfast_protocol.errors import ERRORS
from holdfast_protocol.messages import CHANGING, LIMITS, REPLY_TO, VERB_OF
from holdfast_protocol.model import CAUSES, OPERATION_TYPES, Row
from holdfast_protocol.refusals import ERRORS_OF, OF_ALL, OF_MESSAGES, Errors
from holdfast_protocol.roles import ADMIN, OF_ALL_APPLICATIONS, OF_THE_MACHINE, ROLE_OF

#: What the code gives as a name only.
LIMIT_MEANINGS = {
    "header_bytes": "the header frame of a request",
    "answer_header_bytes": "the header frame of an answer",
    "frame_bytes": "any one frame of a request",
    "frames_count": "frames of a request, its header among them",
    "message_bytes": "all frames of a request together",
    "depth_levels": "maps and arrays inside each other, the header's map being the first",
    "name_bytes": "a session's name in UTF-8",
    "note_bytes": "a session's note in UTF-8",
    "window_bytes": "what one `cat` gives",
    "rows_count": "rows of one page, whatever `limit` says",
    "files_count": "files of one document",
    "outbound_bytes": "answers that wait for one client; one that lets more come together is cut off",
    "beat_ms": "how long a subscription is silent before its next `beat`",
    "format_bytes": "a document that is taken apart into parts; a larger one is kept whole",
    "requests_in_flight": "requests that one connection has under way; one answered at once is none",
    "request_bytes_in_flight": "all frames of these together",
    "subscriptions_count": "subscriptions of one connection",
    "connections_count": "connections of one process",
    "changes_count": "changes of one batch",
}
OPERATION_MEANINGS = {
    "created": "a new session",
    "saved": "a new head from a client",
    "merged": "a new head that holds the changes of two writers",
    "forked": "a new session, because two saves could not be merged",
    "restored": "an older snapshot, or parts of it, is the head again",
    "accepted": "a suspect is the head now",
    "changed-outside": "a new head from the visible file, written by somebody else",
    "renamed": "another name",
    "copied": "a new session with another one's snapshot",
    "tagged": "other tags; `note` has a line for each, `+TAG` or `-TAG`",
    "template": "it is a template from now on (`note` is `on`), or is none any more (`off`)",
    "archived": "put away: out of the ordinary list",
    "unarchived": "in the ordinary list again",
    "noted": "another note; `note` is the former one",
    "pinned": "a snapshot, `previous`, got the label in `note`",
    "unpinned": "a snapshot, `previous`, lost the labels in `note`, one a line",
    "deleted": "deleted by a client",
    "deleted-outside": "the visible file was deleted by somebody else",
    "undone": "an earlier operation was reversed",
    "suspect": "something that looks like damage was kept beside the head",
    "unreadable": "a visible file cannot be read",
    "folder-added": "a folder is watched from now on",
    "folder-removed": "a folder is not watched any longer; its sessions left the list, its files stayed",
    "folder-held": "much of a folder was gone at once: its deletions were reversed, and none follow for the moment",
    "folder-released": "what was missing in a held folder is back, or was given up",
    "autosaved": "a snapshot of a workspace; `previous` is what the workspace began from",
    "workspace-left": "nobody holds a workspace with unsaved changes any more; `note` is its id",
    "workspace-reloaded": "the workspace (its id is `note`) is as it began; `snapshot` has what was unsaved",
    "pruned": "retention took snapshots of it; `note` says how many",
    "repaired": "damaged content was put back; `note` says what, and where it was found",
    "purged": "the session and its history are gone for good",
    "workspace-ended": "a workspace was saved and closed (`note` is `saved`), or discarded (`discarded`)",
}
CAUSE_MEANINGS = {
    "saved": "a client said `save`",
    "autosaved": "kept from a running application's unsaved state",
    "outside": "found in the visible file",
    "imported": "taken in from elsewhere",
    "restored": "an older snapshot, or parts of it",
    "merged": "two writers' changes in one",
}


def errors() -> str:
    """Codes with the command line's exit code."""
    return _table(
        ("code", "meaning", "exit code"),
        ((f"`{code}`", prose(kind), str(kind.exit_code)) for code, kind in ERRORS.items()),
    )


def refusals() -> str:
    """Which codes answer what."""
    return _table(
        ("what", "codes"),
        [
            ("any message", _codes(OF_MESSAGES)),
            ("any request", _codes(OF_ALL)),
            *((f"`{verb}`", _codes(ERRORS_OF[kind])) for kind, verb in VERB_OF.items() if ERRORS_OF[kind]),
        ],
    )


def verbs() -> str:
    """The overview: verb, answer, whether the answer is remembered, who may ask over the network."""
    return _table(
        ("verb", "answered with", "changes the store", "role", "key of some applications"),
        (
            (
                f"`{verb}`",
                f"`{REPLY_TO[kind].__name__}`",
                "yes" if kind in CHANGING else "",
                ADMIN if kind in OF_THE_MACHINE else ROLE_OF[kind],
                "no" if kind in OF_ALL_APPLICATIONS else "",
            )
            for kind, verb in VERB_OF.items()
        ),
    )


def requests() -> str:
    """A section for each verb."""
    return "\n\n".join(_section(f"`{verb}` → `{REPLY_TO[kind].__name__}`", kind) for kind, verb in VERB_OF.items())


def replies() -> str:
    """A section for each answer."""
    return "\n\n".join(_section(f"`{kind.__name__}`", kind) for kind in REPLIES)


def nouns() -> str:
    """A section for each noun."""
    return "\n\n".join(_section(f"`{kind.__name__}`", kind) for kind in NOUNS)


def limits() -> str:
    """The daemon's limits; LIMIT_MEANINGS must have each."""
    return _table(("limit", "value", "of what"), ((f"`{n}`", f"{v:,}", LIMIT_MEANINGS[n]) for n, v in LIMITS.items()))


def operations() -> str:
    """Types of operation; OPERATION_MEANINGS must have each."""
    return _table(
        ("type", "`undo` can reverse it", "what happened"),
        ((f"`{n}`", "yes" if undoable else "", OPERATION_MEANINGS[n]) for n, undoable in OPERATION_TYPES.items()),
    )


def causes() -> str:
    """Causes of a snapshot; CAUSE_MEANINGS must have each."""
    return _table(("cause", "why the snapshot was made"), ((f"`{cause}`", CAUSE_MEANINGS[cause]) for cause in CAUSES))


def numbers() -> str:
    """The constants that are not limits."""
    return _table(
        ("constant", "value"),
        (
            ("protocol version", str(messages.PROTOCOL_VERSION)),
            ("request id", f"{connection.ID_BYTES} bytes"),
            ("longest deadline", f"{connection.LONGEST_DEADLINE_MS:,} ms"),
            ("chunk: minimum", f"{chunking.MINIMUM_BYTES:,} bytes"),
            ("chunk: average", f"{chunking.AVERAGE_BYTES:,} bytes"),
            ("chunk: maximum", f"{chunking.MAXIMUM_BYTES:,} bytes"),
            ("chunk: name", f"BLAKE3, {chunking.HASH_BYTES} bytes"),
        ),
    )


TABLES: dict[str, Callable[[], str]] = {
    make.__name__: make
    for make in (numbers, verbs, requests, replies, nouns, errors, refusals, limits, operations, causes)
}


def type_words(form: Form) -> str:
    """A field's type in the words of PROTOCOL.md, "Types"."""
    if isinstance(form, list):
        return " or ".join(map(type_words, form))
    if isinstance(form, dict):
        ((whole, inner),) = form.items()
        return f"{'array of' if whole == 'array' else 'map of text to'} {type_words(inner)}"
    return f"`{form}`" if form[0].isupper() else "int ≥ 0" if form == "natural" else form


def _codes(errors: Errors) -> str:
    return ", ".join(f"`{code}`" for code in codes(errors))


def _section(title: str, kind: type[Row]) -> str:
    fields = msgspec.structs.fields(kind)
    text = f"#### {title}\n\n{prose(kind)}"
    if not fields:
        return f"{text} No fields."
    kinds = forms(kind)
    rows = ((f"`{each.name}`", type_words(kinds[each.name]), _absent(each)) for each in fields)
    return f"{text}\n\n{_table(('field', 'type', 'when absent'), rows)}"


def _absent(field: msgspec.structs.FieldInfo) -> str:
    if field.default_factory is not msgspec.NODEFAULT:
        return "`[]`" if field.default_factory is list else "`{}`"
    if field.default is msgspec.NODEFAULT:
        return "refused"
    if isinstance(field.default, bool):
        return "true" if field.default else "false"
    if isinstance(field.default, int):
        return f"{field.default:,}"
    return "nil" if field.default is None else f"`{field.default}`" if field.default else "empty"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
