"""A session in another form: with other references, or in another language of IGV's (facts 5, 6 and 13).

Between languages it goes through what it shows, a ``Scene``; a session that is in the language already stays as it is,
but for references that lead on from where it will lie.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from holdfast_daemon.formats.base import CannotHold, Converted, Document, Origin, Part, Reading
from holdfast_daemon.formats.igv.desktop_json import scene_of, session_of
from holdfast_daemon.formats.igv.envelope import Envelope
from holdfast_daemon.formats.igv.json_reading import json_session
from holdfast_daemon.formats.igv.rebasing import Ground, converted_in_place
from holdfast_daemon.formats.igv.recognition import is_json
from holdfast_daemon.formats.igv.scene import Losses, Scene
from holdfast_daemon.formats.igv.scene_xml import xml_of
from holdfast_daemon.formats.igv.web_json import web_session_of
from holdfast_daemon.formats.igv.web_scene import scene_of_web
from holdfast_daemon.formats.igv.xml_scene import scene_of_xml
from holdfast_daemon.formats.jsonedit import json_text

FORMS: Mapping[str, str] = {
    "relative": "its references relative to where it will lie, so that it can be moved with its files",
    "absolute": "its references as absolute paths",
    "xml": "XML of version 8, for IGV 2",
    "json": "JSON, for IGV 3",
    "igvjs": "JSON for igv.js and igv-webapp",
}
_REFERENCES = ("relative", "absolute")


def converted(document: Document, envelope: Envelope, reading: Reading, to: str, origin: Origin) -> Converted:
    """``envelope`` and ``reading``: of the document. Raises DamagedDocument, CannotHold."""
    generation = reading.recognition.generation
    if to in _REFERENCES or to == _language(generation):
        way = to if to in _REFERENCES else ""
        return converted_in_place(document, envelope, reading.parts, generation, way, origin)
    if to not in FORMS:
        raise CannotHold([("document", f"{to} is no form of it")])
    try:
        scene = _scene(envelope, reading.parts, generation)
        text, suffix = _written(scene, to, Ground(origin))
    except RecursionError as error:
        raise CannotHold([("document", "its values are nested too deeply")]) from error
    return Converted(document={b"": text}, suffix=suffix, losses=_once(scene.losses, reading.parts))


def _language(generation: str) -> str:
    if generation.startswith("XML"):
        return "xml"
    return "json" if generation.startswith("JSON") else "igvjs"


def _scene(envelope: Envelope, parts: Sequence[Part], generation: str) -> Scene:
    if not is_json(envelope.text):
        return scene_of_xml(envelope.text, parts)
    session = json_session(envelope.json_text())
    keys = {place: part.key for part, place in zip(session.parts, session.places, strict=True)}
    read = scene_of if generation.startswith("JSON") else scene_of_web
    return read(_finite(session.document.root.value), keys)


def _finite(value: Any) -> Any:
    """Numbers beyond all bounds become nothing, as ``JSON.stringify`` writes them."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _written(scene: Scene, to: str, ground: Ground) -> tuple[bytes, str]:
    if to == "xml":
        return xml_of(scene, ground), ".xml"
    session = web_session_of(scene, ground) if to == "igvjs" else session_of(scene, ground)
    return json_text(session).encode() + b"\n", ".json"


def _once(losses: Losses, parts: Sequence[Part]) -> Losses:
    """Each sentence once, in the order of the parts; a key that is no part's is the whole's."""
    order = {part.key: at for at, part in enumerate(parts)}
    known = [(key if key in order else "", sentence) for key, sentence in dict.fromkeys(losses)]
    return sorted(dict.fromkeys(known), key=lambda loss: order.get(loss[0], -1))
