"""Who may ask what: each role may what those before it may.

``read`` changes nothing, ``write`` changes sessions, ``admin`` is for the store as a whole and what cannot be undone.
The owner of the daemon, who comes over its own socket, is an admin; others have the role that was written for them.
"""

from __future__ import annotations

from holdfast_protocol import messages as m

READ, WRITE, ADMIN = ROLES = ("read", "write", "admin")

#: What a request needs, whatever it says; ``role_of`` knows what some of them need when they say more.
ROLE_OF: dict[type[m.Request], str] = {
    m.Hello: READ,
    m.Ping: READ,
    m.Probe: READ,
    m.Cancel: READ,
    m.Missing: WRITE,
    m.Put: WRITE,
    m.PutFile: WRITE,
    m.Save: WRITE,
    m.Import: WRITE,
    m.Recognise: WRITE,
    m.List: READ,
    m.Search: READ,
    m.Show: READ,
    m.Log: READ,
    m.Diff: READ,
    m.Load: READ,
    m.Cat: READ,
    m.Export: READ,
    m.Chunks: READ,
    m.Restore: WRITE,
    m.Accept: WRITE,
    m.Rename: WRITE,
    m.Copy: WRITE,
    m.Tag: WRITE,
    m.Template: WRITE,
    m.Archive: WRITE,
    m.Unarchive: WRITE,
    m.Note: READ,
    m.Pin: WRITE,
    m.New: WRITE,
    m.CheckResources: READ,
    m.Relink: WRITE,
    m.Delete: WRITE,
    m.Purge: ADMIN,
    m.Prune: ADMIN,
    m.Check: READ,
    m.Backup: ADMIN,
    m.Batch: WRITE,  # whatever is in it: the store keeps its answer
    m.Undo: WRITE,
    m.Operations: READ,
    m.Subscribe: READ,
    m.Unsubscribe: READ,
    m.FolderAdd: ADMIN,
    m.FolderRemove: ADMIN,
    m.FolderList: READ,
    m.FolderScan: READ,
    m.FolderSuggest: READ,
    m.Settle: READ,
    m.Status: READ,
    m.WorkspaceOpen: WRITE,
    m.WorkspacePut: WRITE,
    m.WorkspaceReplace: WRITE,
    m.WorkspaceDue: WRITE,
    m.WorkspaceRemove: WRITE,
    m.WorkspaceRename: WRITE,
    m.WorkspaceReorder: WRITE,
    m.WorkspaceCat: READ,
    m.WorkspaceSave: WRITE,
    m.WorkspaceLeave: WRITE,
    m.WorkspaceReload: WRITE,
    m.WorkspaceDiscard: WRITE,
    m.WorkspaceList: READ,
    m.Last: READ,
}

#: These name paths of the daemon's machine, or tell what lies there, and the daemon looks with its own rights: whoever
#: is not the owner there needs to be an admin.
OF_THE_MACHINE: frozenset[type[m.Request]] = frozenset(
    {m.PutFile, m.CheckResources, m.Relink, m.Backup, m.FolderAdd, m.FolderSuggest}
)

#: These are about all applications at once: not for a key that is limited to some.
OF_ALL_APPLICATIONS: frozenset[type[m.Request]] = frozenset(
    {
        *OF_THE_MACHINE,
        *(m.Purge, m.Prune, m.Check, m.FolderRemove, m.FolderScan),
    }
)


def role_of(request: m.Request) -> str:
    """The least role that may ask for this. No change of a batch needs more than the batch."""
    if isinstance(request, m.Note) and request.text is not None:
        return WRITE
    if isinstance(request, m.FolderScan) and request.accept:
        return WRITE
    if isinstance(request, m.Prune) and request.dry_run:
        return READ
    if isinstance(request, m.Check) and (request.repair or request.stop):
        return ADMIN
    return ROLE_OF[type(request)]


def may(role: str, request: m.Request) -> bool:
    """Whether somebody of that role may ask for this."""
    return ROLES.index(role) >= ROLES.index(role_of(request))
