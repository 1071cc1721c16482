"""IGV's panels and tracks as SVG. What has which colour is said by classes: a page has its own rules for them, and a
picture by itself takes ``STYLE`` along."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from holdfast.looking.genome import Span
from holdfast.looking.lanes import GAP, LABEL_WIDTH, RULER_HEIGHT, WIDTH, Lane, Panel, Region
from holdfast.looking.marking import visible

STYLE = """text { fill: #1a1a1f; font-family: "DejaVu Sans", sans-serif; font-size: 12px; }
.igv-ground { fill: #ffffff; }
.igv-ruler line { stroke: #5d5d68; }
.igv-ruler text { font-weight: bold; }
.igv-ruler .igv-mark { font-weight: normal; font-size: 10.5px; fill: #5d5d68; }
.igv-panel { fill: #f5f5f8; stroke: #e0e0e6; }
.igv-kind { font-size: 10.5px; fill: #5d5d68; }
.igv-gone { fill: #b3202e; }
.igv-color { stroke: #5d5d68; stroke-opacity: 0.5; stroke-width: 0.75; }
.igv-range text { font-size: 9.5px; paint-order: stroke; stroke: #f5f5f8; stroke-width: 3px; }
.igv-hatch { stroke: #b3202e; stroke-width: 5; stroke-opacity: 0.3; }
.igv-region rect { fill: #d43d51; fill-opacity: 0.13; }
.igv-region .igv-region-bar { fill-opacity: 0.9; }
"""
_WHOLE = Markup("""<svg xmlns="http://www.w3.org/2000/svg" class="igv" viewBox="0 0 {width} {height}" {sized}\
role="img" aria-label="{said}">
{style}<defs>
<pattern id="igv-lost" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">\
<line class="igv-hatch" x1="0" y1="0" x2="0" y2="8"/></pattern>
<clipPath id="igv-names"><rect x="0" y="0" width="{names}" height="{height}"/></clipPath>
</defs>
{ruler}<g transform="translate(0 {below})">
{panels}</g>
{regions}</svg>
""")
_TEXT = Markup('<text x="{}" y="{}" class="{}" text-anchor="{}">{}</text>')
_BOX = Markup('<rect x="{}" y="{}" width="{}" height="{}" rx="{}" class="{}" fill="{}" fill-opacity="{}"/>')


def height_of(panels: Sequence[Panel]) -> float:
    """In the units in which the picture is ``WIDTH`` wide."""
    return round(RULER_HEIGHT + GAP + (panels[-1].top + panels[-1].height if panels else 0), 1)


def picture(
    panels: Sequence[Panel], spans: Sequence[Span], regions: Sequence[Region], said: str, *, alone: bool = False
) -> Markup:
    """``said`` tells what is on it. ``alone``: with what it needs to be shown anywhere."""
    height = height_of(panels)
    ground = _BOX.format(0, 0, WIDTH, height, 0, "igv-ground", "#ffffff", 1)
    return _WHOLE.format(
        width=WIDTH, height=height, names=LABEL_WIDTH - 10, below=RULER_HEIGHT, said=visible(said),
        sized=Markup('width="{}" height="{}" ').format(WIDTH, height) if alone else Markup(),
        style=Markup("<style>{}</style>\n{}").format(Markup(STYLE), ground) if alone else Markup(),
        ruler=_joined(map(_ruler, spans)), panels=_joined(_panel(each, spans) for each in panels),
        regions=_joined(_region(each, height) for each in regions),
    )  # fmt: skip


def _ruler(span: Span) -> Markup:
    line = Markup('<line x1="{}" x2="{}" y1="{}" y2="{}"/>')
    marks = (
        line.format(mark.left, mark.left, RULER_HEIGHT - 11, RULER_HEIGHT - 6)
        + _TEXT.format(mark.left, RULER_HEIGHT - 15, "igv-mark", "middle", mark.text)
        for mark in span.marks
    )
    title = _TEXT.format(span.left + span.width / 2, 13, "", "middle", visible(span.text) or "locus not said")
    ground = line.format(span.left, span.left + span.width, RULER_HEIGHT - 6, RULER_HEIGHT - 6)
    return Markup('<g class="igv-ruler">{}{}{}</g>\n').format(title, ground, _joined(marks))


def _panel(panel: Panel, spans: Sequence[Span]) -> Markup:
    box = Markup('<rect class="igv-panel" x="0.5" y="{}" width="{}" height="{}" rx="4"><title>{}</title></rect>\n')
    lanes = _joined(_lane(each, spans) for each in panel.lanes)
    return box.format(panel.top, WIDTH - 1, panel.height, visible(panel.name)) + lanes


def _lane(lane: Lane, spans: Sequence[Span]) -> Markup:
    told = [lane.name, lane.kind, f"{lane.low} to {lane.high}" if lane.high else ""]
    told += [f"{lane.resource.reference} ({lane.resource.state})"] if lane.resource else []
    title = Markup("<title>{}</title>").format(visible(" · ".join(filter(None, told))))
    swatch = _BOX.format(6, lane.top + 4, 4, _round(lane.height - 8), 2, "igv-color", lane.color, 1)
    line = _round(lane.top + (15 if lane.is_tall else lane.height / 2 + 4))
    name = _TEXT.format(16, line, "", "start", visible(lane.label))
    kind = f"igv-kind{' igv-gone' if lane.is_lost else ''}"
    note = _TEXT.format(16, lane.top + 28, kind, "start", visible(lane.note)) if lane.is_tall else Markup()
    ends = Markup()
    if lane.high and lane.is_tall:
        at = LABEL_WIDTH + 5
        both = (_TEXT.format(at, lane.top + 14, "", "start", visible(lane.high)),
                _TEXT.format(at, _round(lane.top + lane.height - 6), "", "start", visible(lane.low)))  # fmt: skip
        ends = Markup('<g class="igv-range">{}</g>').format(_joined(both))
    bands = _joined(_band(lane, span) for span in spans)
    names = Markup('<g clip-path="url(#igv-names)">{}</g>').format(name + note)
    return Markup('<g class="igv-lane">{}{}{}{}{}</g>\n').format(title, swatch, names, bands, ends)


def _band(lane: Lane, span: Span) -> Markup:
    """What a track has where the span is: its rows above zero, and what lies below it; hatched where its file is not
    there."""
    top, height = lane.top + 3, lane.height - 6
    if lane.is_lost:
        ground = _BOX.format(span.left, top, span.width, _round(height), 2, "igv-color", lane.color, 0.12)
        hatch = Markup('<rect x="{}" y="{}" width="{}" height="{}" rx="2" fill="url(#igv-lost)"/>')
        return ground + hatch.format(span.left, top, span.width, _round(height))
    above = height * (1 if lane.zero is None else lane.zero)
    each = above / lane.rows
    high = _round(each - (1 if lane.rows > 1 and above > 8 else 0))
    tops = [_round(top + row * each) for row in range(lane.rows)]
    rows = [_BOX.format(span.left, at, span.width, high, 2, "igv-color", lane.color, 0.6) for at in tops]
    if lane.zero is not None and lane.zero < 1:
        at, low = _round(top + above), _round(height - above)
        rows.append(_BOX.format(span.left, at, span.width, low, 0, "igv-color", lane.alt_color, 0.35))
    return _joined(rows)


def _region(region: Region, height: float) -> Markup:
    made = Markup(
        '<g class="igv-region"><title>{}</title><rect class="igv-region-bar" x="{}" y="{}" width="{}" height="6"/>'
        '<rect x="{}" y="{}" width="{}" height="{}"/></g>\n'
    )
    left, width = region.left, region.width
    return made.format(
        visible(region.name), left, RULER_HEIGHT - 6, width, left, RULER_HEIGHT, width, _round(height - RULER_HEIGHT)
    )


def _round(number: float) -> float:
    return round(number, 2)


def _joined(pieces: Iterable[Markup]) -> Markup:
    return Markup("").join(pieces)
