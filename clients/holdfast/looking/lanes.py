"""IGV's sessions as IGV lays them out: panels and tracks over the locus, and regions across them. Decides only.

What a track shows lies in files that are the user's own and are never opened: drawn is what the session says of it,
its name, color, height, range and rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from holdfast.looking.colors import color_of
from holdfast.looking.genome import Span, place_of
from holdfast.looking.tracks import LOST, Files
from holdfast_protocol.model import PartRow, ResourceRow

#: The picture, in its own units; a page shows it as wide as it has room.
WIDTH, LABEL_WIDTH, RULER_HEIGHT = 720, 190, 44
LABEL_SIGNS, NOTE_SIGNS = 25, 29
#: All panels together, where their tracks need no more.
HEIGHT = 400
LANE_HEIGHT, TWO_LINES_HEIGHT = 18, 34
GAP = 5
MOST_TRACKS = 400
#: What tracks get that name no color: IGV's blue, its grey for reads, and as a sequence has as many as bases, another.
COLOR, READS_COLOR, SEQUENCE_COLOR = "#0000b2", "#afafaf", "#8a93a3"
_SEQUENCES, _READS = ("SequenceTrack", "sequence"), ("AlignmentTrack", "alignment")
_COLORS = {
    **dict.fromkeys((*_READS, "CoverageTrack"), READS_COLOR),
    **dict.fromkeys(_SEQUENCES, SEQUENCE_COLOR),
}
_HEIGHTS = {**dict.fromkeys(_SEQUENCES, 15), **dict.fromkeys(_READS, 120)}
_USUAL_HEIGHT = 40
MOST_LOCI = 8
_LARGEST = 1e12


@dataclass(frozen=True, slots=True)
class Lane:
    """One track: ``top`` and ``height`` of its band, ``zero`` how far down in it the range's zero lies."""

    name: str
    kind: str
    color: str
    alt_color: str
    top: float
    height: float
    rows: int
    low: str
    high: str
    zero: float | None
    resource: ResourceRow | None

    @property
    def label(self) -> str:
        """As much of the name as there is room for."""
        return _cut(self.name, LABEL_SIGNS)

    @property
    def note(self) -> str:
        """What it is, and before that where its file is not, as much as there is room for."""
        return _cut(f"{self.resource.state} · {self.kind}" if self.resource and self.is_lost else self.kind, NOTE_SIGNS)

    @property
    def is_lost(self) -> bool:
        """Whether IGV would not find its file."""
        return self.resource is not None and self.resource.state in LOST

    @property
    def is_tall(self) -> bool:
        """Whether there is room for a second line and the ends of the range."""
        return self.height >= TWO_LINES_HEIGHT


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel's box and the tracks in it."""

    name: str
    top: float
    height: float
    lanes: Sequence[Lane]


@dataclass(frozen=True, slots=True)
class Region:
    """A region of interest where it is in view: ``left`` and ``width`` in the picture."""

    name: str
    left: float
    width: float


def panels_of(parts: Sequence[PartRow], tracks: Sequence[PartRow], resources: Sequence[ResourceRow]) -> list[Panel]:
    """Panels in their order and proportions, each with room for its tracks; JSON has one for all, without a name."""
    heights = {part.name: _number(part.facts.get("height")) or 0.0 for part in parts if part.kind == "panel"}
    names = list(dict.fromkeys([*heights, *(str(part.facts.get("panel") or "") for part in tracks)]))
    inside = {name: [part for part in tracks if str(part.facts.get("panel") or "") == name] for name in names}
    wanted = {name: heights.get(name) or sum(map(_height, inside[name])) for name in names if inside[name]}
    scale = min(1.0, HEIGHT / max(sum(wanted.values()), 1.0))
    files = Files(resources)
    panels: list[Panel] = []
    top = 0.0
    for name, height in wanted.items():
        box = max(height * scale, LANE_HEIGHT * len(inside[name]))
        panels.append(Panel(name, round(top, 1), round(box, 1), _lanes(inside[name], top, box, files)))
        top += box + GAP
    return panels


def _lanes(tracks: Sequence[PartRow], top: float, room: float, files: Files) -> list[Lane]:
    """One below the other, none too low to be read, the rest of the room shared as the session has it."""
    shares = [_height(track) for track in tracks]
    spare = (room - LANE_HEIGHT * len(tracks)) / max(sum(shares), 1.0)
    lanes: list[Lane] = []
    for track, share in zip(tracks, shares, strict=True):
        height = min(LANE_HEIGHT + share * spare, max(share, TWO_LINES_HEIGHT))
        lanes.append(replace(_lane(track, files), top=round(top, 1), height=round(height, 1)))
        top += height
    return lanes


def _lane(track: PartRow, files: Files) -> Lane:
    facts = track.facts
    low, _, high = str(facts.get("range") or "").partition("..")
    color = color_of(facts.get("color")) or _COLORS.get(str(facts.get("class")), COLOR)
    mode = str(facts.get("display_mode") or "")
    told = [_told(each) for each in (facts.get("class"), facts.get("renderer"), mode) if each]
    return Lane(
        name=track.name,
        kind=" · ".join(told),
        color=color,
        alt_color=color_of(facts.get("alt_color")) or color,
        top=0.0,
        height=0.0,
        rows={"EXPANDED": 3, "FULL": 4, "SQUISHED": 5}.get(mode, 1),
        low=_short(low),
        high=_short(high),
        zero=_zero(_number(low), _number(high)),
        resource=files.of(track),
    )


def regions_of(parts: Sequence[PartRow], spans: Sequence[Span]) -> list[Region]:
    """Those in view, in every span that shows them."""
    found: list[Region] = []
    for part in parts:
        place = place_of(part.name) if part.kind == "region" else None
        for span in spans if place else ():
            ends = span.ends_of(place) if place else None
            if ends is not None:
                name = str(part.facts.get("description") or part.name)
                found.append(Region(name, round(ends[0], 1), round(max(2.0, ends[1] - ends[0]), 1)))
    return found


def _cut(text: str, signs: int) -> str:
    return text if len(text) <= signs else f"{text[: signs - 1]}…"


def _told(word: object) -> str:
    """``BAR_CHART`` for people."""
    text = str(word)
    return text.replace("_", " ").lower() if text.isupper() else text


def _short(told: str) -> str:
    """A number as a person writes it; anything else as it is."""
    number = _number(told)
    return told if number is None else f"{number:.4g}"


def _height(track: PartRow) -> float:
    usual = _HEIGHTS.get(str(track.facts.get("class")), _USUAL_HEIGHT)
    return min(2000.0, max(1.0, _number(track.facts.get("height")) or usual))


def _number(told: object) -> float | None:
    try:
        number = float(str(told))
    except ValueError:
        return None
    return number if abs(number) < _LARGEST else None


def _zero(low: float | None, high: float | None) -> float | None:
    """How far down zero lies, 0 at the top; None where it is not within."""
    return high / (high - low) if low is not None and high is not None and low <= 0 <= high and low < high else None
