"""The Python client says what protocol/messages.json says, from which PROTOCOL.md and the client for Node are held."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import holdfast
from holdfast.documents import OpenDocument
from holdfast.workspace import Workspace
from holdfast_protocol.errors import HoldfastError

WIRE: dict[str, Any] = json.loads((Path(__file__).parents[2] / "protocol" / "messages.json").read_text("utf-8"))
VERBS: dict[str, dict[str, Any]] = WIRE["verbs"]

#: Verbs whose method has another name, or that others say: ``import`` is a word of Python, a workspace is a mapping.
METHODS: dict[str, Callable[..., Any]] = {
    "cancel": holdfast.AsyncClient.ask,  # said by itself, where the task that asks is cancelled
    "import": holdfast.Client.import_document,
    "chunks": OpenDocument.write,
    "missing": holdfast.Client.save,
    "recognise": holdfast.Client.import_documents,
    "put": holdfast.Client.save,
    "put-file": holdfast.Client.save,
    "subscribe": holdfast.Client.events,
    "unsubscribe": holdfast.Client.events,
    "workspace-open": holdfast.Client.workspace,
    "workspace-list": holdfast.Client.workspaces,
    "workspace-put": Workspace.patch,
    "workspace-remove": Workspace.__delitem__,
    "workspace-cat": Workspace.__getitem__,
    "workspace-due": Workspace.wait_until_due,
    "workspace-leave": Workspace.close,
}
#: Fields that a caller says under another name; None: the client says them itself.
SAID: dict[str, dict[str, str | None]] = {
    "hello": {"protocol": None, "client": None, "capabilities": None},
    "save": {"files": "content", "session": None},
    "import": {"files": "content"},
    "recognise": {"files": "paths"},
    "cat": {"offset": None, "length": None, "parts": None, "kinds": None, "to": None, "target": None},
    "load": {"to": None, "target": None},
    "show": {"start": None},
    "export": {"offset": None, "length": None},
    "chunks": {"ref": None, "path": "row", "start": None},
    "put-file": {"descriptor": None, "offset": None},
    "unsubscribe": {"subscription": None},
    "batch": {"changes": None},
    "workspace-put": {"source": "part"},
    "workspace-replace": {"files": "document"},
    "workspace-due": {"every_ms": "every_seconds"},
    "workspace-cat": {"offset": None, "length": None},
    "workspace-save": {"end": None},
}
#: Methods beside those above, and what they ask.
ALSO: dict[Callable[..., Any], str] = {
    holdfast.Client.parts: "show",
    holdfast.Client.open: "load",
    holdfast.Client.windows: "cat",
    holdfast.Client.import_bundle: "import",
    holdfast.Client.import_documents: "import",
    holdfast.Client.recover: "workspace-save",
    holdfast.Client.reload: "workspace-reload",
    holdfast.Client.discard: "workspace-discard",
    Workspace.__setitem__: "workspace-put",
}
#: What nothing that the method says can bring about (it asks by key, or for no chosen parts), or what it takes as done.
NEVER: dict[Callable[..., Any], set[str]] = {
    holdfast.Client.cat: {"cannot-hold"},
    holdfast.Client.windows: {"cannot-hold"},
    holdfast.Client.import_bundle: {"unrecognised"},
    holdfast.Client.import_documents: {"exists", "bad-name", "unrecognised", "damaged"},
    OpenDocument.write: {"ambiguous", "bad-field"},
    Workspace.__getitem__: {"ambiguous"},
    Workspace.__delitem__: {"ambiguous"},
    Workspace.__setitem__: {"exists", "bad-field"},
    Workspace.close: {"not-found"},
}
#: What a method finds out by itself.
ITS_OWN: dict[Callable[..., Any], set[str]] = {
    holdfast.Client.events: {"Unreachable", "NotFound"},
    holdfast.Client.export: {"CannotHold"},
    OpenDocument.write: {"Unreadable"},
    holdfast.Client.import_bundle: {"Damaged", "Unreadable"},
    Workspace.__getitem__: {"KeyError"},
    Workspace.__delitem__: {"KeyError"},
}


def method_of(verb: str) -> Callable[..., Any]:
    if verb in METHODS:
        return METHODS[verb]
    owner: type = Workspace if verb.startswith("workspace-") else holdfast.Client
    found: Callable[..., Any] = getattr(owner, verb.removeprefix("workspace-").replace("-", "_"))
    return found


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_method_that_takes_its_fields(verb: str) -> None:
    """Of the verb's name, but for those of the tables above; the id of a workspace is its own."""
    method = method_of(verb)
    is_its_own = method.__qualname__.startswith(("Workspace.", "LiveState."))
    said = {**({"id": None} if is_its_own else {}), **SAID.get(verb, {})}
    named = {said.get(field, field) for field in VERBS[verb]["fields"]} - {None}
    assert named <= {*inspect.signature(method).parameters}


def test_the_tables_name_verbs_and_fields_that_there_are() -> None:
    """What the wire renamed or gave up is in no table any more."""
    assert METHODS.keys() <= VERBS.keys()
    assert all(said.keys() <= VERBS[verb]["fields"].keys() for verb, said in SAID.items())


@pytest.mark.parametrize("verb", VERBS)
def test_a_method_promises_something(verb: str) -> None:
    """Whoever looks a verb up in the client's documentation finds a sentence."""
    assert inspect.getdoc(method_of(verb))


@pytest.mark.parametrize("method", sorted({*map(method_of, VERBS), *ALSO}, key=lambda method: method.__qualname__))
def test_a_method_names_the_errors_of_its_verbs(method: Callable[..., Any]) -> None:
    """All that the wire's table has for these, and nothing else but what any request may be answered."""
    verbs = [*(verb for verb in VERBS if method_of(verb) == method), *([ALSO[method]] if method in ALSO else [])]
    own = {code for verb in verbs for code in VERBS[verb]["errors"]} - NEVER.get(method, set())
    raised = raised_by(inspect.getdoc(method) or "")
    assert classes(own) <= raised
    assert raised <= classes(own | {*WIRE["errors_of_all"]}) | ITS_OWN.get(method, set())


def classes(codes: set[str]) -> set[str]:
    return {WIRE["errors"][code]["class"] for code in codes}


def raised_by(says: str) -> set[str]:
    """The names that stand behind ``Raises``, up to the end of the sentence, without the reasons in parentheses."""
    sentences = " ".join(re.findall(r"Raises\s([^.]*)", re.sub(r"\([^)]*\)", "", says)))
    return {*re.findall(r"\b[A-Z][A-Za-z]+\b", sentences)}


def test_an_error_class_has_the_code_and_the_exit_code_of_the_wire() -> None:
    """``holdfast`` exports each under the name that messages.json gives."""
    for code, described in WIRE["errors"].items():
        kind: type[HoldfastError] = getattr(holdfast.errors, described["class"])
        assert (kind.code, kind.exit_code) == (code, described["exit_code"])
