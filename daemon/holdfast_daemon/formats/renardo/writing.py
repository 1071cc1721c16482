r"""Session files from parts: as Renardo writes them, and nothing that would be read otherwise.

Renardo escapes nothing, so not every text can be held. The way to be sure is to read back what was built:
several layouts are tried, nearest to the template first, and only one that reads exactly so is handed out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from holdfast_daemon.formats.base import CannotHold, Document, Part
from holdfast_daemon.formats.renardo.layout import (
    BOM,
    LINE_END,
    SEPARATOR,
    Layout,
    Newline,
    Piece,
    as_lines_of_lf,
    header_of,
    layout_of,
)
from holdfast_daemon.formats.renardo.problems import Problem, refusals, shown_startup
from holdfast_daemon.formats.renardo.reading import parts_of
from holdfast_daemon.formats.renardo.shown import as_renardo_would, shown_name, trimmed

#: What a reader compares; keys are only places.
Substance = tuple[str, str, bytes]

_EMPTY = Layout(generation="F3", newline="lf", line_end=b"\n", has_bom=False, pieces=())


def write_session(parts: Sequence[Part], template: bytes | None) -> bytes:
    """A file that reads back as these parts. Raises CannotHold; a part that ``template`` has is no reason to."""
    model = _EMPTY if template is None else layout_of(template)
    before = parts_of(model)
    parts = [replace(part, content=_in_lines_of(model.newline, part.content)) for part in parts]
    if template is not None and _substances(parts) == _substances(before):
        return template
    if problems := _new_refusals(parts, before):
        raise CannotHold(problems)
    for candidate in _candidates(parts, model):
        built = _joined(parts, candidate, before)
        read_back = _substances(parts_of(layout_of(built)))
        if read_back == _substances(parts):
            return built
    raise CannotHold(_what_differs(parts, read_back))


def _in_lines_of(newline: Newline, content: bytes) -> bytes:
    r"""A text whose line ends are all those of the file, as an editor of that system saves it: the file's reading has
    ``\n`` for them."""
    end = LINE_END.get(newline, b"\n")
    is_of_file = end != b"\n" and content.count(end) == max(content.count(b"\r"), content.count(b"\n"))
    return content.replace(end, b"\n") if is_of_file else content


def for_renardo(parts: Sequence[Part]) -> Document:
    r"""A file that Renardo's own reader reads right, outer white space apart (the rules of renardo.md 1.6).

    Differs from ``write`` in what is changed so that it can be held: ``\n`` ends every line, blank lines of
    the startup text get a space, an empty one becomes a space. Raises CannotHold for what no rule saves.
    """
    ready = [replace(part, content=_text_for_renardo(part)) for part in parts]
    problems = refusals(ready) + _not_utf8(ready)
    if problems:
        raise CannotHold(problems)
    ready = [part if part.kind == "startup" else replace(part, name=shown_name(part.name)) for part in ready]
    generation = "F3" if any(part.kind == "startup" for part in parts) else "F2"
    built = _joined(ready, replace(_EMPTY, generation=generation), ())
    shown = as_renardo_would(built)
    wanted = tuple((part.name, part.content.decode("utf-8")) for part in ready)
    if parts and [(name, trimmed(text)) for name, text in shown] != [(n, trimmed(t)) for n, t in wanted]:
        raise CannotHold([(part.key, "Renardo would read this session otherwise") for part in parts])
    return {b"": built}


def _text_for_renardo(part: Part) -> bytes:
    content = as_lines_of_lf(part.content)
    if part.kind != "startup":
        return content
    text = content.rstrip(b"\n")
    line_ends = content[len(text) :]  # Renardo drops these itself: as it writes them, they cut nothing
    while b"\n\n" in text and shown_startup(text) != text:
        text = text.replace(b"\n\n", b"\n \n")
    return text + line_ends if text else b" "


def _not_utf8(parts: Sequence[Part]) -> list[Problem]:
    problems = []
    for part in parts:
        try:
            part.content.decode("utf-8")
        except UnicodeDecodeError as error:
            problems.append((part.key, f"the text is not UTF-8 at byte {error.start}"))
    return problems


def _substances(parts: Sequence[Part]) -> list[Substance]:
    return [(part.kind, part.name, part.content) for part in parts]


def _new_refusals(parts: Sequence[Part], before: Sequence[Part]) -> list[Problem]:
    """Refusals, but for those that the template had with the very same part."""
    forgiven = {(substance, sentence) for _, substance, sentence in _refused(before)}
    return [(key, sentence) for key, part, sentence in _refused(parts) if (part, sentence) not in forgiven]


def _refused(parts: Sequence[Part]) -> list[tuple[str, Substance, str]]:
    """Key, part and sentence of every refusal; keys may repeat where two sessions were merged."""
    numbered = [replace(part, key=str(index)) for index, part in enumerate(parts)]
    found = [(parts[int(place)], sentence) for place, sentence in refusals(numbered)]
    return [(part.key, _substances([part])[0], sentence) for part, sentence in found]


def _candidates(parts: Sequence[Part], model: Layout) -> Iterator[Layout]:
    """Layouts to try: the template's generation, then the least that holds names and a startup text.

    Texts that hold carriage returns of their own survive only where the file's line ends are mixed.
    """
    least = "F3" if any(part.kind == "startup" for part in parts) else "F2"
    generations = dict.fromkeys([model.generation if model.generation in ("F0", "F1") else least, least])
    returns = any(b"\r" in part.content for part in parts)
    for generation in generations:
        is_headed_anew = model.generation in ("F0", "F1") and generation == least
        layout = replace(model, generation=generation, pieces=() if is_headed_anew else model.pieces)
        if not returns or model.newline in ("lf", "mixed"):
            yield layout
        yield replace(_EMPTY, generation=generation, has_bom=model.has_bom)


def _joined(parts: Sequence[Part], layout: Layout, before: Sequence[Part]) -> bytes:
    """The file; headers and joints of parts that the template knew are taken from it."""
    pieces_by_key = {
        (part.kind, part.name, part.key): piece for part, piece in zip(before, layout.pieces, strict=False)
    }
    pieces_by_name = {(kind, name): piece for (kind, name, _), piece in pieces_by_key.items()}
    texts = [BOM] if layout.has_bom else []
    for index, part in enumerate(parts):
        known = pieces_by_key.get((part.kind, part.name, part.key))
        known = known or pieces_by_name.get((part.kind, part.name))
        texts.append(_header(part, known, layout, is_first=index == 0))
        texts.append(part.content)
        if part.kind == "startup" or index + 1 < len(parts):
            texts.append(_joint(part, known, layout))
    text = b"".join(texts)
    if layout.newline in ("crlf", "cr"):
        return text.replace(b"\n", LINE_END[layout.newline])
    return text


def _header(part: Part, known: Piece | None, layout: Layout, *, is_first: bool) -> bytes:
    if layout.generation in ("F0", "F1") or (known and is_first and not known.header):
        return b""
    if known and known.header.endswith((b"\n", b"\r")):
        return known.header if is_first else known.header.lstrip()
    raw_name = known.raw_name if known and known.raw_name is not None else part.name.encode("utf-8")
    return header_of(part.kind, raw_name, layout.line_end)


def _joint(part: Part, known: Piece | None, layout: Layout) -> bytes:
    if layout.generation in ("F0", "F1"):
        return layout.line_end + SEPARATOR + layout.line_end * 2
    if known and known.joint and known.content == part.content:
        usual = 2 if part.kind == "startup" else 1
        if len(as_lines_of_lf(known.joint)) == usual:
            return known.joint
    joint = layout.line_end * (2 if part.kind == "startup" else 1)
    # A carriage return at the end of a text must not become half of the line end that follows it.
    return b"\r" + joint if part.content.endswith(b"\r") and joint.startswith(b"\n") else joint


def _what_differs(parts: Sequence[Part], read_back: Sequence[Substance]) -> list[Problem]:
    differing = [
        (part.key, "it would not be read back as it is")
        for index, (part, wanted) in enumerate(zip(parts, _substances(parts), strict=True))
        if read_back[index : index + 1] != [wanted]
    ]
    return differing or [("session", "it would be read back with further parts")]
