"""The verbs about folders: one method each. Adoption changes the catalog first, then the folder is watched."""

from __future__ import annotations

import asyncio
import os
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence

from holdfast_daemon import surroundings
from holdfast_daemon.deadlines import by
from holdfast_daemon.folders import Folders
from holdfast_daemon.folders_root import folder_identity, lasting_number
from holdfast_daemon.formats.base import Format
from holdfast_daemon.payload import Answer, Frames
from holdfast_daemon.sessions import SESSIONS_FOLDER, Caller, Sessions
from holdfast_daemon.store.base import Reader, Transaction
from holdfast_daemon.store.nouns import Folder
from holdfast_daemon.suggesting import suggestions
from holdfast_protocol import messages as m
from holdfast_protocol.errors import BadField, Busy, Exists, HoldfastError, NotAllowed, NotFound, Unreadable
from holdfast_protocol.model import FolderRow
from holdfast_protocol.names import check_application, check_name, shown

INSTALL = "sudo holdfast service install --system"


class Adopting:
    """Each method answers one verb."""

    def __init__(
        self, sessions: Sessions, folders: Folders, formats: Mapping[str, Format], environment: Mapping[str, str],
        forbidden: Iterable[bytes], shared: str,
    ) -> None:  # fmt: skip
        """``forbidden``: the daemon's own folders, which cannot be adopted. ``shared``: the name of the shared store,
        which is served in a sandbox; "" where the daemon sees what its user does."""
        self._sessions = sessions
        self._catalog = sessions.catalog
        self._folders = folders
        self._formats = formats
        self._environment = environment
        self._forbidden = [os.path.realpath(path) for path in forbidden]
        self._shared = shared
        self._one_at_a_time = asyncio.Lock()

    async def folder_add(self, request: m.FolderAdd, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """The folder, and those that its layout has beside it."""
        check_application(request.app)
        if request.label is not None:
            check_name(request.label)
        async with self._one_at_a_time:
            repeated = self._sessions.answered(self._catalog.reader, caller, m.FolderChanged)
            if repeated is not None:
                return self._as_now(repeated), ()
            form = self._form(request.app)
            root = await asyncio.to_thread(self._root, request.path, form)
            known = self._known(root, request.app)
            if known is not None and not known.removed:
                return m.FolderChanged(rows=self._folders.rows([known.label]), operation=None), ()
            await asyncio.to_thread(self._check_other_names, root, request.app)
            first = await asyncio.to_thread(self._folder, request, root, form, known)
            beside, warnings = await asyncio.to_thread(self._beside, first, form, polled=request.poll)
            added = [first, *beside]
            work = self._adding(added, warnings, caller)
            changed = await self._sessions.commit(caller, m.FolderChanged, lambda: work)
            for folder in added:
                self._folders.open(folder)
            return self._as_now(changed), ()

    async def folder_remove(self, request: m.FolderRemove, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """Not watched any more."""
        async with self._one_at_a_time:
            repeated = self._sessions.answered(self._catalog.reader, caller, m.FolderChanged)
            if repeated is not None:
                return repeated, ()
            folder = self._need(request.label)
            if folder.app is None:
                raise NotAllowed("The sessions folder is the daemon's own; it is always watched", folder=folder.label)
            if self._folders.is_open(folder.label):
                raise Busy(
                    "A program still has a file open that was replaced under it (see status), and what it writes there "
                    "would not be kept: close it first",
                    folder=folder.label,
                )
            rows = self._folders.rows([folder.label])
            await self._folders.close(folder.label)

            def work(tx: Transaction) -> m.FolderChanged:
                tx.put_folder(folder.but(removed=True, held=None))
                tx.leave(folder.label)
                number = self._sessions.tell(tx, folder.label, folder.app, "folder-removed", "", caller.author)
                return m.FolderChanged(rows=rows, operation=number)

            try:
                return await self._sessions.commit(caller, m.FolderChanged, lambda: work), ()
            except HoldfastError:
                self._folders.open(folder)
                raise

    async def folder_list(self, request: m.FolderList, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """All of them."""
        return m.Folders(rows=self._folders.rows()), ()

    async def folder_scan(self, request: m.FolderScan, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """What is missing is accepted first, where that is asked."""
        labels = self._labels(request.label)
        for label in labels if request.accept else ():
            folder = self._catalog.reader.folder(label)
            if folder is not None and folder.held is not None and label in self._folders:
                await self._folders.accept(label, caller.author)
        await by(deadline, self._folders.scan(self._still(labels), verify=request.verify), "The scan goes on")
        return m.Folders(rows=self._folders.rows(self._still(labels))), ()

    async def folder_suggest(
        self, request: m.FolderSuggest, payload: Frames, caller: Caller, deadline: float
    ) -> Answer:
        """Only looks; never longer than a moment."""
        environment = {**self._environment, **request.environment}
        found = await asyncio.to_thread(suggestions, self._formats, environment, request.folder)
        folders = self._catalog.reader.folders()
        known = {(folder.root, folder.app): folder.label for folder in folders if not folder.removed}
        rows = [each.row(known.get((each.path, each.app))) for each in found]
        return m.Suggestions(rows=rows), ()

    async def settle(self, request: m.Settle, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """The barrier."""
        labels = self._still(self._labels(request.label))
        await by(deadline, self._folders.settle(labels), "Not everything is seen yet")
        self._still(labels)
        return m.Settled(number=self._catalog.reader.newest_operation()), ()

    def _labels(self, label: str | None) -> list[str]:
        return self._folders.labels if label is None else [self._need(label).label]

    def _still(self, labels: Sequence[str]) -> list[str]:
        """Those that nobody has removed meanwhile. Raises NotFound where that leaves none."""
        watched = [label for label in labels if label in self._folders]
        if not watched:
            raise NotFound(f"There is no folder {shown(labels[0])} any more", folder=labels[0])
        return watched

    def _need(self, label: str) -> Folder:
        folder = self._catalog.reader.folder(label)
        if folder is None or folder.removed:
            raise NotFound(f"There is no folder {shown(label)}", folder=label)
        return folder

    def _form(self, app: str) -> Format:
        return self._formats.get(app, self._formats["plain"])

    def _root(self, said: bytes, form: Format) -> bytes:
        """The folder that is meant. Raises Unreadable, BadField, NotAllowed."""
        if not os.path.isabs(said) or b"\0" in said:
            raise BadField("path: an absolute path is expected", field="path")
        root = os.path.realpath(said)
        if not os.path.isdir(root):
            raise Unreadable(f"There is no folder {shown(os.fsdecode(said))}{self._if_hidden(root, ' to be seen')}")
        if os.path.basename(root) not in map(os.fsencode, form.within):
            inner = (os.path.join(root, os.fsencode(name)) for name in form.within)
            root = next(filter(os.path.isdir, inner), root)
        for own in self._forbidden:
            if os.path.commonpath((own, root)) in (own, root):
                raise NotAllowed(f"{shown(os.fsdecode(root))} holds, or lies in, a folder of the daemon's own")
        try:
            os.listdir(root)
        except OSError as problem:
            raise Unreadable(f"{shown(os.fsdecode(root))} cannot be read: {problem.strerror}") from problem
        if self._shared and os.statvfs(root).f_flag & os.ST_RDONLY:
            raise NotAllowed(f"{shown(os.fsdecode(root))} can only be read{self._if_hidden(root)}")
        return root

    def _if_hidden(self, root: bytes, what: str = "") -> str:
        """What an administrator types where it is the sandbox that a folder is not seen through."""
        if not self._shared:
            return ""
        path = shlex.quote(os.fsdecode(root))
        return f"{what} by this service. Where that is its sandbox: {INSTALL} {self._shared} --folder {path}"

    def _check_other_names(self, root: bytes, app: str) -> None:
        """Raises NotAllowed for a watched folder by another path (a bind mount): its files would be in it twice."""
        identity = folder_identity(root)
        for each in self._catalog.reader.folders():
            if each.app == app and not each.removed and each.root != root and folder_identity(each.root) == identity:
                raise NotAllowed(
                    f"{shown(os.fsdecode(root))} is the folder {shown(each.label)}, which is watched at "
                    f"{shown(os.fsdecode(each.root))}",
                    folder=each.label,
                )

    def _known(self, root: bytes, app: str) -> Folder | None:
        """What was adopted before, under whatever label; a removed one too."""
        fitting = [each for each in self._catalog.reader.folders() if (each.root, each.app) == (root, app)]
        return min(fitting, key=lambda folder: folder.removed, default=None)

    def _folder(self, request: m.FolderAdd, root: bytes, form: Format, known: Folder | None) -> Folder:
        if request.layout is not None and request.layout not in form.layouts:
            raise BadField(f"layout: one of {', '.join(form.layouts)} is expected", field="layout")
        label = request.label or (known.label if known else self._free_label(root, ()))
        if known is not None and label != known.label:
            raise Exists(
                f"{shown(os.fsdecode(root))} was adopted as {shown(known.label)}; its history goes on under that label",
                folder=known.label,
            )
        if known is None and self._catalog.reader.folder(label) is not None:
            raise Exists(f"There is, or was, a folder {shown(label)} already; choose another label", folder=label)
        layout = request.layout or surroundings.layout_for(form, root)
        return self._new(label, root, request.app, layout, polled=request.poll)

    def _beside(self, first: Folder, form: Format, *, polled: bool) -> tuple[list[Folder], list[str]]:
        """What is adopted along, and what people should know of it."""
        found: list[Folder] = []
        warnings = []
        for relative in form.layouts[first.layout].beside:
            root = os.path.realpath(os.path.join(first.root, os.fsencode(relative)))
            known = self._known(root, first.app or "")
            if known is not None and not known.removed:
                continue
            if not os.path.isdir(root):
                warnings.append(f"{shown(os.fsdecode(root))} is not there; add it once it is")
                continue
            label = known.label if known else self._free_label(root, {first.label, *(each.label for each in found)})
            layout = surroundings.layout_for(form, root)
            found.append(self._new(label, root, first.app or "", layout, polled=polled))
        return found, warnings

    def _new(self, label: str, root: bytes, app: str, layout: str, *, polled: bool) -> Folder:
        identity = folder_identity(root)
        return Folder(
            label=label, root=root, app=app, layout=layout, polled=polled,
            inode=lasting_number(identity) if identity is not None else None, added=self._sessions.clock(),
        )  # fmt: skip

    def _free_label(self, root: bytes, taken: Iterable[str]) -> str:
        leaf = os.path.basename(root)
        if leaf.startswith(b".") and os.path.dirname(root) != b"/":
            leaf = os.path.basename(os.path.dirname(root))
        name = "".join(sign for sign in leaf.decode(errors="replace") if sign.isprintable())[:100] or "folder"
        used = {SESSIONS_FOLDER, *taken, *(folder.label for folder in self._catalog.reader.folders())}
        numbered = (name if number == 1 else f"{name} ({number})" for number in range(1, 1_000_000))
        return next(label for label in numbered if label not in used)

    def _as_now(self, changed: m.FolderChanged) -> m.FolderChanged:
        """The answer with the folders as they are now, as far as they are still watched."""
        kept = [each for each in changed.rows if each.label not in self._folders]
        labels = [each.label for each in changed.rows if each.label in self._folders]
        rows = [*self._folders.rows(labels), *kept]
        return m.FolderChanged(rows=rows, operation=changed.operation, warnings=changed.warnings)

    def _adding(
        self, added: list[Folder], warnings: list[str], caller: Caller
    ) -> Callable[[Transaction], m.FolderChanged]:
        def work(tx: Transaction) -> m.FolderChanged:
            numbers = []
            for folder in added:
                tx.put_folder(folder)
                tx.join(folder.label)
                path = folder.root.decode(errors="backslashreplace")
                numbers.append(
                    self._sessions.tell(tx, folder.label, folder.app, "folder-added", path, caller.author)
                )  # fmt: skip
            rows = [_row(tx, folder) for folder in added]
            return m.FolderChanged(rows=rows, operation=numbers[0], warnings=warnings)

        return work


def _row(reader: Reader, folder: Folder) -> FolderRow:
    """Of a folder that is about to be watched."""
    return FolderRow(
        label=folder.label, path=folder.root, app=folder.app, layout=folder.layout, watching="", watch_note="",
        sessions_count=reader.sessions_in(folder.label), missing_count=0, held=None, scanned=None, scanning=True,
    )  # fmt: skip
