"""What of a session leaves the house, by form. Whatever the daemon need not know a format for is made here, of what
``load`` and ``cat`` give; the other forms are the daemon's."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple, cast

from holdfast.astray import leading_nowhere
from holdfast.documents import Opened, OpenedFile, Windows
from holdfast.entries import Entry, Source
from holdfast.part_files import file_names, manifest_entry, manifest_of, name_alone
from holdfast.parts import chosen
from holdfast.plans import Once, Plan, replied
from holdfast.references import of_snapshot, without_part
from holdfast_protocol.errors import BadField, Damaged, NotFound
from holdfast_protocol.messages import Cat, Content, Export, Shown
from holdfast_protocol.model import FileRow, PartRow, Ref, SessionRow
from holdfast_protocol.names import shown

if TYPE_CHECKING:
    from holdfast.printing.blocks import Sheet
    from holdfast.printing.reading import Tally
    from holdfast.screening.redaction import Redaction
    from holdfast.verbs import Verbs

#: The daemon's forms, with what a file of each ends in; it says which of them it knows.
SUFFIXES = {"markdown": ".md"}
_OURS = ("native", "parts", "bundle")
#: For people to read, made here of what the session's parts hold.
PRINTED = {"html": ".html", "pdf": ".pdf", "png": ".png"}
_PAGE_NEEDS = ("markdown_it", "markupsafe", "pygments")
_PAPER_NEEDS = ("typst", "pypdf", "fontTools", "numpy", "PIL")
#: Of sessions with objects in space, a file for each: points, meshes, tables, arrays.
OBJECTS = ("ply", "obj", "csv", "npy")
#: All that this client knows of.
FORMS = (*_OURS, *SUFFIXES, *PRINTED, *OBJECTS)
#: Those that parts can be had in by themselves.
_OF_PARTS = ("parts", *OBJECTS)


class Drawn(NamedTuple):
    """What is drawn for people: a ``sheet``, new each time, of which ``draw`` makes the file; ``tally`` is how much of
    the session was looked at for the last one. ``document``: the files that it is of, where nothing is cut off."""

    sheet: Callable[[], Sheet]
    draw: Callable[[Sheet], Source]
    tally: Tally
    document: Callable[[], Plan[Sequence[Entry]]]


class Planned(NamedTuple):
    """An export that is there to be read. ``name``: what its file, or its folder, may be called, without a suffix; as
    one file it ends in ``suffix``. ``is_archive``: never a folder. ``remarks``: which resources go along; ``losses``:
    what the form cannot hold, as sentences. ``redaction``: what was found in it does not leave."""

    session: SessionRow
    snapshot: str
    name: str
    suffix: str
    entries: Sequence[Entry]
    is_archive: bool = False
    remarks: Sequence[str] = ()
    losses: Sequence[str] = ()
    drawn: Drawn | None = None
    redaction: Redaction | None = None

    @property
    def is_file(self) -> bool:
        """One file by itself."""
        return len(self.entries) == 1 and not self.entries[0].path

    @property
    def size_bytes(self) -> int:
        """Of all that will be read; what is made meanwhile does not count."""
        return sum(entry.size_bytes for entry in self.entries)


def planned(
    verbs: Verbs, ref: Ref, to: str, *, full: bool = False, history: int | str = 0, resources: bool = False,
    target: str = "", redaction: Redaction | None = None, parts: Sequence[str] = (), kinds: Sequence[str] = (),
) -> Plan[Planned]:  # fmt: skip
    """``parts`` and ``kinds`` choose parts, as ``REF:PART`` does; one that is named alone is a file by itself.
    ``history`` (``all``, ``pins``, or how many) and ``resources`` are of a bundle, ``full`` is of the daemon's
    forms, ``target`` (where it will lie; a folder ends in ``/``) is of its application's own; ``redaction`` is told by
    whoever looks through it (``screening``). Raises NotFound, Ambiguous, Damaged, CannotHold, TooLarge, BadField."""
    wanted = [*parts] if ref.part is None else [ref.part, *parts]
    if (wanted or kinds) and to not in _OF_PARTS:
        known = ", ".join(_OF_PARTS)
        raise BadField(f"{shown(to)} is of a whole session, not of parts; of parts there are {known}", field="ref")
    if to != "bundle" and (history or resources):
        raise BadField(f"History and resources go into a bundle, not into {to}", field="history")
    if to == "bundle":
        from holdfast.bundling import bundle

        return (yield from bundle(verbs, ref, history, resources=resources, redaction=redaction))
    if to in _OF_PARTS:
        made = _of_parts(verbs, ref, to, wanted, kinds, redaction)
    else:
        made = _formed(verbs, ref, to, target, full=full)
    return (yield from made)._replace(redaction=redaction)


def _formed(verbs: Verbs, ref: Ref, to: str, target: str, *, full: bool) -> Plan[Planned]:
    if to == "native":
        return native((yield from verbs.open(ref)))
    if to in PRINTED:
        return (yield from _printed(verbs, ref, to, full=full))
    if to in SUFFIXES:
        return (yield from _rendered(verbs, ref, to, full=full))
    return (yield from _converted(verbs, ref, to, target))


def native(opened: Opened) -> Planned:
    """The document as its application has it."""
    session, files = opened.session, opened.files
    is_file = len(files) == 1 and not files[0].path

    def begin(row: FileRow) -> Callable[[], OpenedFile]:
        return lambda: opened.file(row)

    entries = [Entry("" if is_file else _text(row.path), row.size_bytes, begin(row)) for row in files]
    suffix = os.path.splitext(session.path)[1].decode(errors="backslashreplace") if is_file else ".zip"
    return Planned(session, opened.snapshot, _stem(session.name, suffix), suffix, entries)


def _of_parts(
    verbs: Verbs, ref: Ref, to: str, wanted: Sequence[str], kinds: Sequence[str], redaction: Redaction | None
) -> Plan[Planned]:  # fmt: skip
    found = yield from verbs.show(without_part(ref))
    if found.warnings and not found.parts:
        raise Damaged(f"It has no parts that could be written: {found.warnings[0]}")
    if to == "npy" and len(wanted) == 1:
        from holdfast.objects.files import one_array

        if (array := one_array(found, wanted[0], redaction)) is not None:
            return array
    rows = chosen(found.parts, wanted, kinds)
    if (wanted or kinds) and not rows:
        raise NotFound(f"There is no part of kind {', '.join(map(shown, kinds))}", kinds=[*kinds])
    is_alone = len(wanted) == 1 and not kinds
    if to == "parts":
        return _parts(found, rows, redaction, is_alone=is_alone)
    from holdfast.objects.files import objects

    return objects(found, rows, to, redaction, is_alone=is_alone)


def _parts(found: Shown, rows: Sequence[PartRow], redaction: Redaction | None, *, is_alone: bool) -> Planned:
    assert found.snapshot is not None
    session, snapshot = found.session, found.snapshot.snapshot

    def begin(part: PartRow) -> Callable[[], Windows]:
        return lambda: Windows(Cat(ref=Ref(id=session.id, snapshot=snapshot, part=part.key)))

    if is_alone:
        entry = Entry("", rows[0].size_bytes, begin(rows[0]))
        return Planned(session, snapshot, name_alone(rows[0], session.format, redaction), "", [entry])
    names = file_names(rows, session.format, redaction)
    entries = [
        manifest_entry(manifest_of(found, rows, names), redaction),
        *(Entry(name, part.size_bytes, begin(part)) for name, part in zip(names, rows, strict=True)),
    ]
    return Planned(session, snapshot, f"{session.name} parts", ".zip", entries)


def _converted(verbs: Verbs, ref: Ref, to: str, target: str) -> Plan[Planned]:
    """Another of its application's forms."""
    if not to:  # which would be the document as it is
        raise BadField(f"There is no form {shown(to)}; there are {', '.join(FORMS)}", field="to")
    try:
        opened = yield from verbs.open(ref, to=to, target=target)
    except BadField as problem:
        if "forms" not in problem.details:
            raise
        forms = ", ".join([*FORMS, *cast("list[str]", problem.details["forms"])])
        raise BadField(f"There is no form {shown(to)}; there are {forms}", field="to") from problem
    session = opened.session
    suffix, own = opened.suffix or ".zip", os.path.splitext(session.path)[1].decode(errors="backslashreplace")
    name = _stem(_stem(session.name, own), suffix)
    astray = yield from leading_nowhere(verbs, opened.ref)
    remarks = [_astray(astray)] if astray else []
    return native(opened)._replace(name=name, suffix=suffix, losses=opened.losses, remarks=remarks)


def _astray(references: Sequence[str]) -> str:
    more = f" and {len(references) - 1} more" if references[1:] else ""
    return f"{references[0]}{more}: nothing is there from where the session lies, nor will be; relink mends that"


def _rendered(verbs: Verbs, ref: Ref, to: str, *, full: bool) -> Plan[Planned]:
    first = yield from replied(Export(ref=ref, to=to, full=full, length=0), Content)
    session = (yield from verbs.show(of_snapshot(ref, first.snapshot), parts=False)).session
    request = Export(ref=Ref(id=session.id, snapshot=first.snapshot), to=to, full=full)
    entry = Entry("", first.size_bytes, lambda: Windows(request))
    return Planned(session, first.snapshot, session.name, SUFFIXES.get(to, f".{to}"), [entry])


def printable() -> list[str]:
    """Which of the forms for people to read can be made here: they need the extra libraries of ``holdfast[print]``."""
    here = {each for each in (*_PAGE_NEEDS, *_PAPER_NEEDS) if find_spec(each) is not None}
    return [to for to in PRINTED if here.issuperset(_PAGE_NEEDS if to == "html" else (*_PAGE_NEEDS, *_PAPER_NEEDS))]


def _printed(verbs: Verbs, ref: Ref, to: str, *, full: bool) -> Plan[Planned]:
    try:
        from holdfast.printing.blocks import Overheard
        from holdfast.printing.reading import Tally
        from holdfast.printing.sheets import sheet_of

        make = _printer(to)
        shown, sheet = yield from sheet_of(verbs, ref, full=full)
    except ModuleNotFoundError as problem:
        raise NotFound(f"{to} needs {problem.name}, which is not installed: pip install 'holdfast[print]'") from problem
    assert shown.snapshot is not None
    remarks: list[str] = []

    def draw(sheet: Sheet) -> Source:
        return make(replace(sheet, blocks=Overheard(sheet.blocks, remarks.append)), remarks.append)

    tally = Tally()
    entry = Entry("", sum(part.size_bytes for part in shown.parts), lambda: draw(sheet(tally)))
    session, snapshot = shown.session, shown.snapshot.snapshot

    def document() -> Plan[Sequence[Entry]]:
        return native((yield from verbs.open(Ref(id=session.id, snapshot=snapshot)))).entries

    drawn = Drawn(lambda: sheet(tally), draw, tally, document)
    return Planned(session, snapshot, session.name, PRINTED[to], [entry], remarks=remarks, drawn=drawn)


def _printer(to: str) -> Callable[[Sheet, Callable[[str], None]], Source]:
    """What makes it. Raises ModuleNotFoundError."""
    if to == "html":
        from holdfast.printing.html import Page

        return lambda sheet, remark: Page(sheet)
    from holdfast.printing.typeset import Paper, png

    return Paper if to == "pdf" else lambda sheet, remark: Once(lambda: png(sheet, remark))


def _stem(name: str, suffix: str) -> str:
    """Names of some applications hold the suffix already."""
    return name.removesuffix(suffix) if suffix else name


def _text(path: bytes) -> str:
    return path.decode(errors="surrogateescape")
