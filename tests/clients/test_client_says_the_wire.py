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
from holdfast.workspace import Workspace
from holdfast_protocol.errors import ERRORS, HoldfastError

WIRE: dict[str, Any] = json.loads((Path(__file__).parents[2] / "protocol" / "messages.json").read_text("utf-8"))
VERBS: dict[str, dict[str, Any]] = WIRE["verbs"]

#: Verbs whose method has another name, or that others say: ``import`` is a word of Python, a workspace is a mapping.
METHODS: dict[str, Callable[..., Any]] = {
    "cancel": holdfast.AsyncClient.ask,  # said by itself, where the task that asks is cancelled
    "import": holdfast.Client.import_document,
    "missing": holdfast.Client.save,
    "put": holdfast.Client.save,
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
    "cat": {"offset": None, "length": None, "parts": None, "kinds": None},
    "unsubscribe": {"subscription": None},
    "batch": {"changes": None},
    "workspace-put": {"source": "part"},
    "workspace-replace": {"files": "document"},
    "workspace-due": {"every_ms": "every_seconds"},
    "workspace-cat": {"offset": None, "length": None},
    "workspace-save": {"end": None},
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
def test_a_method_promises_something_and_names_errors_that_there_are(verb: str) -> None:
    """What stands behind ``Raises`` in its docstring are classes of errors of the wire."""
    says = inspect.getdoc(method_of(verb))
    assert says
    raised = " ".join(re.findall(r"Raises ([^.]*)", says))
    classes = {kind.__name__ for kind in ERRORS.values()} | {"KeyError"}
    assert {*re.findall(r"\b[A-Z][A-Za-z]+\b", raised)} <= classes


def test_an_error_class_has_the_code_and_the_exit_code_of_the_wire() -> None:
    """``holdfast`` exports each under the name that messages.json gives."""
    for code, described in WIRE["errors"].items():
        kind: type[HoldfastError] = getattr(holdfast.errors, described["class"])
        assert (kind.code, kind.exit_code) == (code, described["exit_code"])
