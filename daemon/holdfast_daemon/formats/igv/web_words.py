"""What igv.js calls the looks of a track, and how it writes them (https://github.com/igvteam/igv.js, 3.8.10: ``init``
and ``defaults`` of every kind of track)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from holdfast_daemon.formats.igv.vocabulary import attribute_of, member_of

#: Kinds that igv.js draws.
KINDS = {
    *(
        "annotation",
        "wig",
        "alignment",
        "variant",
        "seg",
        "mut",
        "merged",
        "sequence",
        "interact",
        "gwas",
        "arc",
        "blat",
    ),
    *("qtl", "eqtl", "junction", "snp", "gcnv", "cnvpytor", "shoebox", "image", "feature"),
}
#: Formats of files that it reads; one that it does not stops the whole session.
FORMATS = {
    *("narrowpeak", "broadpeak", "regionpeak", "peaks", "bedgraph", "wig", "gff3", "gff", "gtf", "fusionjuncspan"),
    *(
        "refflat",
        "seg",
        "aed",
        "bed",
        "bedmethyl",
        "vcf",
        "bb",
        "bigbed",
        "biginteract",
        "biggenepred",
        "bignarrowpeak",
    ),
    *("bw", "bigwig", "bam", "tdf", "refgene", "genepred", "genepredext", "ensgene", "bedpe", "bedpe-domain", "bp"),
    *(
        "bedpe-loop",
        "snp",
        "rmsk",
        "cram",
        "gwas",
        "maf",
        "mut",
        "hiccups",
        "fasta",
        "fa",
        "fna",
        "pytor",
        "hic",
        "qtl",
    ),
    *("gappedpeak", "interact", "longrange", "gcnv", "shoebox", "eqtl", "gff2"),
}

#: IGV 3's members that are the same there, and the kind of value; colors apart.
SAME = {
    **dict.fromkeys(
        ("name", "displayMode", "autoscaleGroup", "nameField", "sequence", "format", "description"), "text"
    ),
    **dict.fromkeys(("height", "alleleFreqThreshold", "alpha", "min", "max", "minTLEN", "maxTLEN"), "number"),
    **dict.fromkeys(("visibilityWindow", "thickness", "transparency", "baseModificationThreshold"), "number"),
    **dict.fromkeys(("logScale", "flipAxis", "normalize", "showGenotypes", "useChrColors", "showBlocks"), "bool"),
    **dict.fromkeys(("autoscale", "showAllBases", "showMismatches", "hideSmallIndels"), "bool"),
}
#: And those that are called otherwise.
OTHERWISE = {
    "viewPairs": ("viewAsPairs", "bool"),
    "indexlSizeThreshold": ("indelSizeThreshold", "number"),
    "shouldShowTranslation": ("frameTranslate", "bool"),
}
COLORS = ("color", "altColor")
#: How igv.js writes a member that IGV 3 writes as text whatever it is.
AS_TEXT = {"autoscale": "truth", "showBlocks": "truth", "visibilityWindow": "digits", "thickness": "digits"}

GRAPHS = {"BAR_CHART": "bar", "LINE_PLOT": "line", "SCATTER_PLOT": "points", "HEATMAP": "heatmap", "DYNSEQ": "dynseq"}
ARCS = {"NESTED_ARC": "nested", "PROPORTIONAL_ARC": "proportional"}
WINDOWS = ("mean", "min", "max", "none")
COLOR_BY = {
    "NONE": "none",
    "READ_STRAND": "strand",
    "FIRST_OF_PAIR_STRAND": "firstOfPairStrand",
    "PAIR_ORIENTATION": "pairOrientation",
    "INSERT_SIZE": "tlen",
    "UNEXPECTED_PAIR": "unexpectedPair",
    "BASE_MODIFICATION": "basemod",
    "BASE_MODIFICATION_2COLOR": "basemod2",
}
GROUP_BY = {
    "NONE": "none",
    "STRAND": "strand",
    "FIRST_OF_PAIR_STRAND": "firstOfPairStrand",
    "PAIR_ORIENTATION": "pairOrientation",
    "MATE_CHROMOSOME": "mateChr",
    "CHIMERIC": "chimeric",
    "SUPPLEMENTARY": "supplementary",
    "READ_ORDER": "readOrder",
}

_RGB = re.compile(r"rgba?\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*(?:,[^)]*)?\)")
_HEX = re.compile(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")
_TRIPLE = re.compile(r"\d{1,3}(?:,\d{1,3}){2}")


def web_color(color: str) -> str:
    """``0,0,178`` as ``rgb(0,0,178)``."""
    return f"rgb({color})" if _TRIPLE.fullmatch(color.replace(" ", "")) else color


def desktop_color(color: str) -> str:
    """And back; IGV takes a name as it is, and knows no transparency."""
    if found := _RGB.fullmatch(color.strip()):
        return f"{found[1]},{found[2]},{found[3]}"
    found = _HEX.fullmatch(color.strip())
    return ",".join(str(int(each, 16)) for each in found.groups()) if found else color


def web_value(value: Any, kind: str) -> Any:
    """A member of IGV 3's, where text may stand for any value; None for what is none of the kind."""
    text = attribute_of(value)
    return None if text is None else member_of(text, kind)


def gradient_of(scale: str) -> list[dict[str, Any]]:
    """IGV's ``ContinuousColorScale;...`` as one gradient, or two where it has a middle; none for another scale."""
    name, *rest = scale.split(";")
    colors = [web_color(each) for each in rest if "," in each]
    ends = [member_of(each, "number") for each in rest if "," not in each]
    if name != "ContinuousColorScale" or None in ends:
        return []
    if len(ends) == 2 and len(colors) == 2:
        return [{"type": "gradient", "min": ends[0], "max": ends[1], "minColor": colors[0], "maxColor": colors[1]}]
    if len(ends) == 4 and len(colors) == 3:
        return [
            {"type": "gradient", "min": ends[1], "max": ends[0], "minColor": colors[0], "maxColor": colors[1]},
            {"type": "gradient", "min": ends[2], "max": ends[3], "minColor": colors[1], "maxColor": colors[2]},
        ]
    return []


def scale_of(gradient: Mapping[str, Any]) -> str | None:
    """And back, of one object; None for what IGV has no scale for."""
    ends = [gradient.get(name, gradient.get(old)) for name, old in (("min", "low"), ("mid", "mid"), ("max", "high"))]
    colors = [gradient.get(f"{name}Color", gradient.get(f"{old}Color")) for name, old in _ENDS]
    if not all(isinstance(each, str) for each in (colors[0], colors[2])) or ends[0] is None or ends[2] is None:
        return None
    low, high = desktop_color(str(colors[0])), desktop_color(str(colors[2]))
    if ends[1] is None or not isinstance(colors[1], str):
        return f"ContinuousColorScale;{ends[0]};{ends[2]};{low};{high}"
    middle = desktop_color(colors[1])
    return f"ContinuousColorScale;{ends[1]};{ends[0]};{ends[1]};{ends[2]};{low};{middle};{high}"


_ENDS = (("min", "low"), ("mid", "mid"), ("max", "high"))
