"""Parts back into a JSON session, as a surgical edit of one that is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from holdfast_daemon.formats.base import CannotHold, DamagedDocument, Part
from holdfast_daemon.formats.igv.envelope import Envelope
from holdfast_daemon.formats.igv.json_reading import (
    FEATURES,
    GENOMES,
    KINDS,
    REGIONS,
    TRACKS,
    At,
    JsonSession,
    genome_member,
    has_only_features,
    json_session,
    key_and_value,
)
from holdfast_daemon.formats.igv.matching import match_parts
from holdfast_daemon.formats.igv.parts import shown, trimmed
from holdfast_daemon.formats.jsonedit import with_elements, with_members, with_root
from holdfast_daemon.formats.jsontext import Json, Place, value_of

EMPTY = b"{}\n"
_KINDS = ("genome", "track", "region", "member", *KINDS.values())
_NOWHERE: At = ("", -1, -1)
_OF_XML = "it is of an XML session, and this one is JSON"


def write_json_session(parts: Sequence[Part], envelope: Envelope | None) -> bytes:
    """The text of the template with these parts; without one, of a new session. Raises CannotHold."""
    try:
        session = json_session(EMPTY if envelope is None else envelope.json_text())
    except DamagedDocument as error:
        raise CannotHold([("document", f"the session that they would go into is damaged: {error}")]) from error
    parts = trimmed(parts, session.parts)
    if envelope is not None and _substances(session.parts) == _substances(parts):
        return envelope.text
    if problems := _problems(parts, session.parts):
        raise CannotHold(problems)
    pairs = match_parts(session.parts, parts)
    partners = {new: session.places[old] for old, new in pairs if old is not None and new is not None}
    changes = _changes(session, parts, [partners.get(index, _NOWHERE) for index in range(len(parts))])
    document = session.document
    built = with_root(document, with_members(document, document.root, changes))
    _check(built, parts)
    return built


def _substances(parts: Sequence[Part]) -> list[tuple[str, str, bytes]]:
    return [(part.kind, part.name if part.kind == "member" else "", part.content) for part in parts]


def _problems(parts: Sequence[Part], before: Sequence[Part]) -> list[tuple[str, str]]:
    known = {*_substances(before)}
    new = [part for part, mark in zip(parts, _substances(parts), strict=True) if mark not in known]
    problems = [(part.key, sentence) for part in new if (sentence := _unfit(part))]
    if problems:
        return problems
    once = Counter((part.kind, key_and_value(part)[0] if part.kind == "member" else "") for part in parts)
    for (kind, key), count in once.items():
        if count > 1 and kind not in ("track", "region"):
            name = shown(key) or kind
            problems.append((name, f"a session has one {name}, and there would be {count}"))
    if not any(part.kind == "genome" for part in parts):
        problems.append(("genome", "a session needs a reference or genome, and there is none"))
    return problems


def _unfit(part: Part) -> str | None:
    """Why this part can be nothing of a JSON session."""
    if part.kind not in _KINDS or part.content[:1] == b"<":
        return _OF_XML
    try:
        text = key_and_value(part)[1] if part.kind == "member" else ""
        value = value_of(text.encode() or part.content)
    except DamagedDocument as error:
        is_named = part.kind in ("genome", "locus")
        return f'its content is no JSON value, such as "hg38": {error}' if is_named else f"its content: {error}"
    if part.kind == "track" and not isinstance(value, dict):
        return "a track is a JSON object"
    return None


def _check(built: bytes, parts: Sequence[Part]) -> None:
    """That it is read back as asked."""
    try:
        after = json_session(built).parts
    except DamagedDocument as error:
        raise CannotHold([("document", f"what would be written is not readable: {error}")]) from error
    missing = Counter(_substances(parts)) - Counter(_substances(after))
    if wrong := [part for part, mark in zip(parts, _substances(parts), strict=True) if missing[mark]]:
        raise CannotHold([(part.key, "it would not be read back as it is") for part in wrong])
    if len(after) > len(parts):
        raise CannotHold([("document", "it would be read back with further parts")])
    asked, found = ([part for part in each if part.kind == "track"] for each in (parts, after))
    for part, other in zip(asked, found, strict=True):
        if part.content != other.content:
            raise CannotHold([(part.key, "it would not be read back where it is asked to be")])


def _changes(session: JsonSession, parts: Sequence[Part], places: Sequence[At]) -> dict[str, str | None]:
    """Member to text; None for one that goes."""
    names = {kind: name for name, kind in KINDS.items()}
    members: dict[str, str | None] = {}
    for part in parts:
        if part.kind == "genome":
            members[_genome_name(session, part)] = part.content.decode()
        elif part.kind == "member":
            key, value = key_and_value(part)
            members[key] = value
        elif part.kind in names:
            members[names[part.kind]] = part.content.decode()
    before = session.document.root.value
    kept = (TRACKS, REGIONS) if session.regions else (TRACKS,)
    gone = {name: None for name in before if name not in members and name not in kept}
    regions = [(part, place) for part, place in zip(parts, places, strict=True) if part.kind == "region"]
    if regions or session.regions:
        members[REGIONS] = _regions_text(session, regions)
    members[TRACKS] = _tracks_text(session, [part.content.decode() for part in parts if part.kind == "track"])
    return gone | members


def _genome_name(session: JsonSession, part: Part) -> str:
    """It stays the member that it is; where it was a name and is told whole now, or the other way round, it becomes
    what IGV has for that."""
    before, is_whole = session.document.root.value, part.content.startswith(b"{")
    name = genome_member(before)
    if name in before and isinstance(before[name], dict) == is_whole:
        return name
    return GENOMES[0] if is_whole else GENOMES[-1]


def _tracks_text(session: JsonSession, tracks: Sequence[str]) -> str:
    member = session.document.root.member(TRACKS)
    if member is not None and isinstance(member.place.value, list):
        return with_elements(session.document, member.place, tracks)
    return _list_text(tracks)


def _regions_text(session: JsonSession, regions: Sequence[tuple[Part, At]]) -> str:
    """A feature goes where it was or the one before it went, a new roi behind the others."""
    elements = session.regions.root.elements if session.regions else ()
    features: dict[int, list[str]] = {at: [] for at, element in enumerate(elements) if has_only_features(element)}
    wholes: dict[int, str] = {}
    new_wholes: list[str] = []
    new_features: list[str] = []
    current = features[min(features)] if features else new_features
    for part, (_, number, feature) in regions:
        text = part.content.decode()
        if number >= 0 and feature < 0:
            wholes[number] = text
        elif number >= 0 or _is_feature(part):
            current = features.get(number, current)
            current.append(text)
        else:
            new_wholes.append(text)
    news = [*new_wholes, *([f'{{"{FEATURES}": {_list_text(new_features)}}}'] if new_features else [])]
    if session.regions is None:
        return _list_text(news)
    document = session.regions
    olds = {at: with_members(document, elements[at], {FEATURES: _features_text(document, elements[at], texts)})
            for at, texts in features.items()}  # fmt: skip
    staying = [text for _, text in sorted((wholes | olds).items())]
    return with_elements(document, document.root, [*staying, *news])


def _features_text(document: Json, element: Place, features: Sequence[str]) -> str:
    return with_elements(document, element.members[-1].place, features)


def _is_feature(part: Part) -> bool:
    value = value_of(part.content)
    return isinstance(value, dict) and "chr" in value


def _list_text(elements: Sequence[str]) -> str:
    return "[\n    " + ",\n    ".join(elements) + "\n  ]" if elements else "[]"
