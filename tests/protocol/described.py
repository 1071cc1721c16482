"""The wire for programs: what PROTOCOL.md's tables say, as ``protocol/messages.json``.

Clients in other languages make their types from it. A field's type is a word or the name of a noun; a list of these
where any of them will do; ``{"array": type}``; or ``{"map": type}``, whose keys are text. A field without ``absent``
must be there; one with it means that value where it is not.
"""

from __future__ import annotations

import inspect
import json
import re
import types
import typing
from typing import Any

import msgspec

from holdfast_protocol import chunking, connection, messages, model
from holdfast_protocol.errors import ERRORS
from holdfast_protocol.messages import CHANGING, LIMITS, REPLY_TO, TOLD, VERB_OF, Failure
from holdfast_protocol.model import CAUSES, OPERATION_TYPES, Natural, Row, Time
from holdfast_protocol.refusals import ERRORS_OF, OF_ALL, OF_MESSAGES, Errors

Form = str | list[Any] | dict[str, Any]

WORDS: dict[type, str] = {int: "int", str: "text", bytes: "bytes", bool: "bool", type(None): "nil"}
REPLIES: list[type[Row]] = [*dict.fromkeys(REPLY_TO.values()), *TOLD.values(), Failure]
NOUNS: list[type[Row]] = [
    *(kind for kind in vars(model).values() if isinstance(kind, type) and issubclass(kind, Row) and kind is not Row),
    *(messages.Change, messages.Effect),
]
#: Requests that stand inside another one.
INNER: list[type[Row]] = [each for each in VERB_OF if each.__name__.lower() in messages.Change.__struct_fields__]


def text() -> str:
    """The file's content, a field a line."""
    return _written(description(), levels=4) + "\n"


def description() -> dict[str, Any]:
    """Everything that PROTOCOL.md's tables say, but for what only people need."""
    return {
        "protocol": messages.PROTOCOL_VERSION,
        "id_bytes": connection.ID_BYTES,
        "longest_deadline_ms": connection.LONGEST_DEADLINE_MS,
        "chunk_bytes": {
            "minimum": chunking.MINIMUM_BYTES,
            "average": chunking.AVERAGE_BYTES,
            "maximum": chunking.MAXIMUM_BYTES,
            "hash": chunking.HASH_BYTES,
        },
        "limits": LIMITS,
        "verbs": {
            verb: {
                "reply": REPLY_TO[kind].__name__,
                "changes": kind in CHANGING,
                "errors": codes(ERRORS_OF[kind]),
                **_described(kind),
            }
            for kind, verb in VERB_OF.items()
        },
        "told": {kind: reply.__name__ for kind, reply in TOLD.items()},
        "replies": {kind.__name__: _described(kind) for kind in REPLIES},
        "nouns": {kind.__name__: _described(kind) for kind in [*NOUNS, *INNER]},
        "errors": {
            code: {"class": kind.__name__, "exit_code": kind.exit_code, "says": prose(kind)}
            for code, kind in ERRORS.items()
        },
        "errors_of_messages": codes(OF_MESSAGES),
        "errors_of_all": codes(OF_ALL),
        "operations": OPERATION_TYPES,
        "causes": [*CAUSES],
    }


def form_of(kind: Any) -> Form:
    """A type of Python as the file gives it."""
    if kind in (Natural, Time):
        return "natural" if kind == Natural else "time"
    if isinstance(kind, type) and (kind in WORDS or issubclass(kind, Row)):
        return WORDS.get(kind) or kind.__name__
    whole, inner = typing.get_origin(kind), [form_of(each) for each in typing.get_args(kind)]
    if whole is list:
        return {"array": inner[0]}
    if whole is dict:
        return {"map": inner[1]}
    if whole in (types.UnionType, typing.Union):
        return inner
    raise TypeError(f"PROTOCOL.md has no words for {kind!r}")


def forms(kind: type[Row]) -> dict[str, Form]:
    """The type of each field of a message."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return {each.name: form_of(hints[each.name]) for each in msgspec.structs.fields(kind)}


def codes(errors: Errors) -> list[str]:
    """In the order of the table of errors."""
    return [code for code, kind in ERRORS.items() if kind in errors]


def prose(kind: type) -> str:
    """What the docstring promises, on one line."""
    return re.sub("``", "`", " ".join(inspect.getdoc(kind).split()))  # type: ignore[union-attr]  # a test holds it


def _described(kind: type[Row]) -> dict[str, Any]:
    fields = {
        each.name: {"type": form, **_absent(each)}
        for each, form in zip(msgspec.structs.fields(kind), forms(kind).values(), strict=True)
    }
    return {"says": prose(kind), "fields": fields}


def _absent(field: msgspec.structs.FieldInfo) -> dict[str, Any]:
    if field.default_factory is not msgspec.NODEFAULT:
        return {"absent": field.default_factory()}
    if field.default is msgspec.NODEFAULT:
        return {}
    return {"absent": {"$bytes": field.default.hex()} if isinstance(field.default, bytes) else field.default}


def _written(value: Any, levels: int, margin: str = "") -> str:
    if not levels or not isinstance(value, dict) or not value:
        return json.dumps(value, ensure_ascii=False)
    inner = f"{margin}  "
    lines = [f"{inner}{json.dumps(key)}: {_written(each, levels - 1, inner)}" for key, each in value.items()]
    return "{\n" + ",\n".join(lines) + f"\n{margin}}}"
