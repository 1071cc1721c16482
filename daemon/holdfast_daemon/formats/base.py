"""The contract between the daemon and one application's documents.

A format knows how to recognise, read, write, match and describe. It does no I/O: a document comes
in as bytes and values go out. Ours use nothing that a third party's (entry point
``holdfast.formats``, whose value is one object that meets ``Format``) may not. Most of it has an
ordinary answer: whoever builds on ``defaults.Defaults`` writes only what is particular, and need not
change when this contract grows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

#: Relative path (raw bytes, ``/`` between components) to content. A document of one file has the
#: single path ``b""``: its name is the session's and not part of the document.
Document = Mapping[bytes, bytes]

#: What a format may say about a part or a document beside the fixed fields; JSON-able scalars.
Facts = Mapping[str, str | int | bool | None]


class DamagedDocument(Exception):
    """These bytes are not a readable document of this format; the message says why, for people."""


class CannotHold(Exception):
    """The format cannot hold these parts.

    ``problems``: pairs of the part's key and a sentence for people; never empty.
    """

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{key}: {sentence}" for key, sentence in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recognition:
    """Which generation of an application's documents this is.

    ``generation``: short name, such as ``F3``. ``writer``: the version that wrote it, or None where the bytes
    do not tell. ``inferred``: true where the generation is a conclusion, not a mark in the bytes.
    ``certain``: false where almost any text would pass (then no application is chosen on this alone).
    """

    generation: str
    writer: str | None = None
    inferred: bool = False
    certain: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Array:
    """An array that lies in a part's content, as it is in memory: read there, it costs no copy.

    ``dtype`` is NumPy's short word with the byte order (``<f4``); ``shape`` the count in each dimension, of C order
    or, with ``fortran``, of Fortran order; ``unit`` a unit as people write it (``Å``), empty where there is none.
    ``offset`` and ``size_bytes`` say where in the content.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    unit: str
    offset: int
    size_bytes: int
    fortran: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """The smallest piece that can be looked at, compared, restored or merged alone.

    ``key`` is unique in its document and never a mere name; ``name`` is for people and may repeat;
    ``kind`` is one of the format's own words (``buffer``, ``startup``, ``file``). ``content`` (and the name, where the
    document keeps it apart) is all that ``write`` goes by; ``facts`` and ``arrays`` only tell of it.
    """

    key: str
    name: str
    kind: str
    content: bytes
    facts: Facts = field(default_factory=dict)
    arrays: tuple[Array, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A document taken apart: parts in document order, facts of the whole, warnings for people."""

    recognition: Recognition
    parts: tuple[Part, ...]
    facts: Facts = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    _places: dict[str, Part] = field(default_factory=dict, init=False, repr=False, compare=False)

    def by_key(self, key: str) -> Part | None:
        """The part of that key."""
        if not self._places:
            self._places.update((part.key, part) for part in self.parts)
        return self._places.get(key)


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """A file or URL that a document points to and does not hold.

    ``key``: the part that points there. ``role``: one of the format's own words (``data``, ``index``, ``genome``).
    ``reference``: as the document has it, which may be a URL, an absolute path of any system, one that begins with
    ``~``, or one relative to the document's own folder; with ``below``, relative to the folder that holds the nearest
    folder of that name above the document (``.aider-desk``). ``fragile``: the application drops the reference without
    a word where its target is missing while it opens the document.
    """

    key: str
    role: str
    reference: str
    below: str = ""
    fragile: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Where a reference leads from now on. ``reference``: as the document is to have it; ``path``: the same as an
    absolute path, for what of a document cannot be relative; of a URL, itself."""

    reference: str
    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """Where in a folder of the application's own its sessions are: patterns of relative paths, ``/`` between
    components, each component met as a shell meets a name (``*``, ``?``, ``[...]``), capitals told apart. A component
    that names a folder meets a hidden one only where it begins with a dot itself; one that names a file meets any.

    ``files``: each file is a session, whatever is in it, also empty or cut. ``recognised``: each file is one where the
    format recognises it; other files lie there too, and one that is damaged before it was ever seen whole is taken for
    one of those. ``folders``: each folder is one session of several files, with everything below it. ``whole``: the
    folder itself is. ``passed``: folders that are no session although one of ``folders`` meets them. ``skipped``:
    folders never looked into nor watched; a pattern without ``/`` is met at any depth.
    ``fixed``: the application names its ``folders`` (or the ``whole``) and may have them open, so that nobody else may
    move or remove them. ``new_file``, ``new_folder``: the relative folder that a new session of one file, or of
    several, goes into; none goes where no pattern is met. ``beside``: folders, relative to the root, that are adopted
    along with it, each with the layout that fits it.
    """

    files: tuple[str, ...] = ()
    recognised: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    whole: bool = False
    passed: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    fixed: bool = False
    new_file: str = ""
    new_folder: str = ""
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """What a conversion may have to know beside the document: its session's ``name``, when that was ``created`` and
    ``modified`` (Unix time, milliseconds), the absolute ``path`` of the document's file or folder, and that of
    ``target``, where the converted one will lie; one that ends in ``/`` is the folder in which it will lie under the
    session's name. Either may be "": nothing is known of it."""

    name: str
    created: int
    modified: int
    path: str = ""
    target: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Converted:
    """A document in another form, whose file ends in ``suffix`` ("" where it is a folder). ``losses``: what the form
    cannot hold, as pairs of a part's key ("" for the whole) and a sentence for people."""

    document: Document
    suffix: str
    losses: Sequence[tuple[str, str]] = ()


#: What tells a file's text, or None where there is none that can be read.
ReadText = Callable[[str], str | None]

#: One row of an alignment: index in the old parts, index in the new ones; None where it has no partner.
Pair = tuple[int | None, int | None]


class Format(Protocol):
    """What one application's documents are. Methods are pure and never run, follow or fetch anything."""

    @property
    def app(self) -> str:
        """The application's short name, such as ``renardo``."""
        ...

    @property
    def suffix(self) -> str:
        """What a file of one document ends in, dot included, or "" where the name holds it already."""
        ...

    @property
    def other_suffixes(self) -> Collection[str]:
        """What it ends in instead where ``suffix_of`` says so; empty where every file ends in ``suffix``."""
        ...

    def suffix_of(self, beginning: bytes) -> str:
        """Which suffix a file that begins so should have, so that the application opens it. ``beginning``: its first
        64 KiB at least, or all of it."""
        ...

    @property
    def unordered(self) -> Collection[str]:
        """Kinds of parts whose order means nothing to the application: it is neither told nor in conflict."""
        ...

    @property
    def holds(self) -> Mapping[str, Collection[str]]:
        """Kinds of parts that hold others: to the kinds that they hold. A part is held by the last holder before it
        (a track by its panel); ``write`` goes by nothing else."""
        ...

    @property
    def incidental(self) -> Collection[str]:
        """Kinds that the application adds and drops of its own accord at a saving: not told as added or removed."""
        ...

    @property
    def warns(self) -> bool:
        """Whether a reading, a part's losses or a name may be warned of; where not, nobody is kept waiting for it."""
        ...

    @property
    def layouts(self) -> Mapping[str, Layout]:
        """How its sessions lie in folders of its own, by short names; the first is the ordinary one. Never empty."""
        ...

    @property
    def within(self) -> Collection[str]:
        """Names of folders: where one that holds such a folder is named for adoption, that one in it is meant."""
        ...

    def layout_for(self, folder: str, files: Mapping[str, bytes], folders: Collection[str]) -> str:
        """Which of ``layouts`` fits a folder of this name, by the beginnings (64 KiB at most) of the regular files
        directly in it and by the names of the folders in it. Bytes of names that are not UTF-8 are surrogates."""
        ...

    def known_places(self, environment: Mapping[str, str], home: str, read_text: ReadText) -> Sequence[str]:
        """Folders where the application keeps its sessions by its own rules, on this system and as its user would name
        them for adoption; they may not exist. ``read_text`` opens the application's settings, if it must."""
        ...

    def begins(self, beginning: bytes) -> bool:
        """Whether a file that begins so may be one of its documents: cheap, so that what is large and none is not read
        whole. ``beginning``: its first 64 KiB, or all of it."""
        ...

    def begins_folder(self, beginnings: Mapping[bytes, bytes]) -> bool:
        """Whether a folder may be one of its documents of several files, by files that lie directly in it: names to
        beginnings, as of ``begins``. More files never make it none, so that it can be asked of a few at a time."""
        ...

    def recognise(self, document: Document) -> Recognition | None:
        """By content, not by name. None: not of this format."""
        ...

    def read(self, document: Document) -> Reading:
        """Every part, without loss. Raises DamagedDocument."""
        ...

    def write(self, parts: Sequence[Part], template: Document | None = None) -> Document:
        """A document of these parts, in this order, written as ``template`` was (newlines, generation, and
        whatever no part holds, as comments and unknown fields).

        Reading the result gives the same names, kinds and contents. Where ``template`` already reads so,
        its own bytes come back. Parts may come from several documents (a merge), so their keys may repeat. Raises
        CannotHold before anything is written.
        """
        ...

    def needed(self, parts: Sequence[Part], chosen: Sequence[Part]) -> Sequence[Part]:
        """``chosen``, some of ``parts``, and whatever of these must come along so that the application opens a
        document of them: IGV's genome, and the resources of a chosen track. In the order of ``parts``."""
        ...

    def cleared(self, document: Document, keep: Collection[str] = ()) -> Document:
        """What a new session begins with that is made from this one emptied: only what its user set up stays (IGV's
        genome, Renardo's startup file), and the parts of the kinds in ``keep``. Raises DamagedDocument, CannotHold."""
        ...

    def match(self, old: Sequence[Part], new: Sequence[Part]) -> list[Pair]:
        """Which part is which across two snapshots: every index of both sides exactly once."""
        ...

    def identity(self, part: Part) -> str | None:
        """What tells the part from all others of its kind in whatever document (an id, a path); None where only its
        place and content do. Where two sides add a part of one identity, it is one part."""
        ...

    def same(self, old: Part, new: Part) -> bool:
        """Whether these contents of one part are the same to its user: the bytes are, or only differ as a mere
        saving by the application makes them differ. Names are not asked of here."""
        ...

    def merge_part(self, base: Part, ours: Part, theirs: Part) -> Part | None:
        """``ours`` with what ``theirs`` changed of the same part since ``base``, where both changed it and no change
        touches the other; else None, which is a conflict. Never marks a conflict in the content."""
        ...

    def describe_change(self, old: Part | None, new: Part | None) -> str:
        """One line in the application's own words: "buffer bass: +3 −1 lines". Not both None."""
        ...

    def suspicion(self, old: Reading, new: Reading) -> str | None:
        """Why ``new`` looks like damage next to ``old``, or None. Only what this format knows better."""
        ...

    def text(self, part: Part) -> str:
        """What people read in a part, and search for; "" where that is nothing. What the bytes merely need, such as
        escapes, is no part of it."""
        ...

    def markdown(self, name: str, reading: Reading, *, full: bool) -> bytes:
        """A document for people to read, ``name`` being its session's, in UTF-8: byte for byte what the application
        itself exports, where it does; ``full``: with all that this leaves out. Raises DamagedDocument."""
        ...

    def new_part(self, name: str, content: bytes, beside: Sequence[Part]) -> Part:
        """A part that the document of ``beside`` does not have yet, of the kind that it would have there."""
        ...

    def resources(self, parts: Sequence[Part]) -> Sequence[Resource]:
        """What a document of these parts, as ``read`` gives them, points to; in their order."""
        ...

    def relinked(self, document: Document, targets: Mapping[str, Target]) -> Document:
        """The document with other references, and with whatever else in it names the same files by them (the ids of
        IGV's tracks); every other byte stays. ``targets``: by references as ``resources`` gives them. Raises
        DamagedDocument, CannotHold."""
        ...

    @property
    def conversions(self) -> Mapping[str, str]:
        """The other forms that a document may be written in (``v2``, ``relative``), by short names, with what each is
        in a few words. A document that is in a form already may be asked for in it."""
        ...

    def converted(self, document: Document, to: str, origin: Origin) -> Converted:
        """The document in one of ``conversions``, the same for the same question. What need not be changed for it stays
        byte for byte; what the form cannot hold is told. Raises DamagedDocument; CannotHold where nothing would be
        left of it, or what is left would not be opened."""
        ...

    def name_warnings(self, file_name: str) -> Sequence[str]:
        """Why the application would not find or open a file of this name; mostly nothing. For documents of one file.

        Bytes that are not UTF-8 are surrogates, as ``os.fsdecode`` makes them; the sentences hold none.
        """
        ...

    def losses(self, parts: Sequence[Part]) -> Sequence[tuple[str, str]]:
        """What the application itself would give back changed: a part's key and a sentence for people each."""
        ...
