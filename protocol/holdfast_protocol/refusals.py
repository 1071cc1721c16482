"""With which errors a request may be answered: what no field of a reply says, and every caller has to know.

The daemon says in its log where it answers with another one, and the tests that run a daemon fail then; the manual, the
docstrings of the Python client and the client for Node say the same, and tests compare them.
"""

from __future__ import annotations

from holdfast_protocol import messages as m
from holdfast_protocol.errors import (
    Ambiguous,
    BadField,
    BadMessage,
    BadName,
    Busy,
    Cancelled,
    CannotHold,
    CannotUndo,
    Damaged,
    Exists,
    HelloFirst,
    HoldfastError,
    Internal,
    NoSpace,
    NotAllowed,
    NotFound,
    ShuttingDown,
    TooLarge,
    TooLate,
    TooOld,
    UnknownVerb,
    Unreadable,
    Unrecognised,
    WrongVersion,
)

Errors = tuple[type[HoldfastError], ...]

#: Any message, before it is looked at what it asks for.
OF_MESSAGES: Errors = (BadMessage, TooLarge, UnknownVerb, HelloFirst, NotAllowed)
#: Any request, whatever it asks for: the daemon, its store or its disk is not as it should be, a field holds nonsense,
#: it took too long, or it is not for its asker, or would change a store that is only read.
OF_ALL: Errors = (
    BadField, Busy, TooLate, TooOld, Cancelled, ShuttingDown, Internal, NotAllowed, Damaged, NoSpace, Unreadable,
)  # fmt: skip

_NAMED: Errors = (NotFound, Ambiguous)
_READ: Errors = (*_NAMED, Damaged, TooLarge)
_CHANGED: Errors = (*_NAMED, Exists)
_MOVED: Errors = (*_CHANGED, NotAllowed)
_BUILT: Errors = (BadName, CannotHold, Damaged, TooLarge, NoSpace)

#: What a verb may answer besides, or for a reason of its own.
ERRORS_OF: dict[type[m.Request], Errors] = {
    m.Hello: (WrongVersion,),
    m.Ping: (),
    m.Probe: (),
    m.Cancel: (),
    m.Missing: (),
    m.Put: (TooLarge, NoSpace),
    m.PutFile: (NotAllowed, Unreadable, BadField, NoSpace),
    m.Save: (*_MOVED, *_BUILT, BadField),
    m.Import: (Exists, BadName, TooLarge, NoSpace, BadField, Unrecognised, Damaged),
    m.Recognise: (BadField,),
    m.List: (BadField,),
    m.Search: (BadField,),
    m.Show: _NAMED,
    m.Log: _NAMED,
    m.Diff: _READ,
    m.Load: (*_READ, CannotHold),
    m.Cat: (*_READ, CannotHold),
    m.Export: (*_READ, BadField),
    m.Chunks: (*_NAMED, BadField),
    m.Restore: (*_MOVED, *_BUILT),
    m.Accept: _MOVED,
    m.Rename: (*_MOVED, BadName),
    m.Copy: (*_CHANGED, BadName),
    m.Tag: (*_CHANGED, BadName, BadField),
    m.Template: _CHANGED,
    m.Archive: _CHANGED,
    m.Unarchive: _CHANGED,
    m.Note: (*_CHANGED, TooLarge, BadField),
    m.Pin: (*_CHANGED, BadName),
    m.New: (*_CHANGED, *_BUILT, BadField),
    m.CheckResources: _READ,
    m.Relink: (*_MOVED, CannotHold, Damaged, TooLarge, NoSpace, BadField, Unreadable),
    m.Delete: _MOVED,
    m.Purge: (*_MOVED, Busy),
    m.Prune: (),
    m.Check: (),
    m.Backup: (BadField, NotAllowed, Exists, Unreadable),
    m.Batch: (*_MOVED, *_BUILT, BadField),
    m.Undo: (CannotUndo, NotFound, Exists, NotAllowed, Damaged, TooLarge),
    m.Operations: (),
    m.Subscribe: (),
    m.Unsubscribe: (),
    m.FolderAdd: (Unreadable, Exists, NotAllowed, BadName, BadField),
    m.FolderRemove: (NotFound, NotAllowed, Busy),
    m.FolderList: (),
    m.FolderScan: (NotFound,),
    m.FolderSuggest: (),
    m.Settle: (NotFound,),
    m.Status: (),
    m.WorkspaceOpen: (*_READ, BadName, BadField),
    m.WorkspacePut: (*_CHANGED, CannotHold, Damaged, TooLarge, NoSpace, BadField),
    m.WorkspaceReplace: (NotFound, Damaged, TooLarge, NoSpace),
    m.WorkspaceDue: (NotFound, NotAllowed),
    m.WorkspaceRemove: _NAMED,
    m.WorkspaceRename: _NAMED,
    m.WorkspaceReorder: (NotFound, BadField),
    m.WorkspaceCat: _READ,
    m.WorkspaceSave: (NotFound, Exists, NotAllowed, *_BUILT),
    m.WorkspaceLeave: (NotFound,),
    m.WorkspaceReload: (NotFound, CannotHold, Damaged, TooLarge),
    m.WorkspaceDiscard: (NotFound, CannotHold, Damaged, TooLarge),
    m.WorkspaceList: (),
    m.Last: (),
}


def is_known(request: type[m.Request], problem: HoldfastError) -> bool:
    """Whether what a request asks for may be refused so."""
    return isinstance(problem, (*OF_ALL, *ERRORS_OF[request]))
