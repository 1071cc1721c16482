"""What a track's looks are called in XML and in the JSON of IGV 3, and how each language writes a value.

Names and values are those of IGV's own readers and writers: ``unmarshalXML`` and ``marshalJSON`` of every kind of track
(https://github.com/igvteam/igv, v2.19.8 and v3.0.0-beta.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from holdfast_daemon.formats.igv.values import spelled


class Word(NamedTuple):
    """A member of IGV 3's JSON and how its value is written there: ``text``; ``number``; ``bool``; or, as text, a
    number (``digits``) or a truth value (``truth``), which IGV 3 reads in no other way."""

    member: str
    kind: str = "text"


#: Attributes of a track. ``autoscale`` and ``graphType`` are what a track of interactions calls its own.
ATTRIBUTES: Mapping[str, Word] = {
    **{name: Word(name) for name in ("name", "color", "altColor", "_color", "displayMode", "colorScale")},
    **{name: Word(name) for name in ("autoscaleGroup", "windowFunction", "experimentType", "direction", "arcOption")},
    **{name: Word(name) for name in ("genotypeColorMode", "siteColorMode", "primaryColor", "secondaryColor", "op")},
    **{name: Word(name) for name in ("track1", "track2", "db", "sequence", "pattern", "strand", "graphType")},
    **{name: Word(name, "number") for name in ("height", "maxdepth", "squishedHeight", "maxPointSize", "minPointSize")},
    **{name: Word(name, "number") for name in ("ampThreshold", "delThreshold", "binSize", "alpha")},
    **{name: Word(name, "bool") for name in ("showFeatureNames", "showDataRange", "normalize", "removed")},
    **{name: Word(name, "bool") for name in ("shouldShowTranslation", "showGenotypes", "useChrColors", "singleColor")},
    **{name: Word(name, "bool") for name in ("showAxis", "alternatingColors")},
    **{name: Word(name, "digits") for name in ("fontSize", "thickness", "maxScore", "transparency")},
    **{name: Word(name, "truth") for name in ("visible", "showBlocks", "autoscale")},
    "autoScale": Word("autoscale", "truth"),
    "renderer": Word("graphType"),
    "featureVisibilityWindow": Word("visibilityWindow", "digits"),
    "featureNameProperty": Word("nameField"),
    "sequenceTranslationStrandValue": Word("sequenceTranslationStrandValue"),
    "snpThreshold": Word("alleleFreqThreshold", "number"),
}

#: Of the element RenderOptions, within a track of alignments; in JSON they are the track's own.
RENDER_OPTIONS: Mapping[str, Word] = {
    **{name: Word(name) for name in ("colorOption", "groupByOption", "shadeAlignmentsByOption", "duplicatesOption")},
    **{name: Word(name) for name in ("colorByTag", "groupByTag", "sortByTag", "linkByTag", "groupByPos", "sortOption")},
    **{name: Word(name) for name in ("basemodFilter",)},
    **{name: Word(name, "bool") for name in ("shadeCenters", "flagUnmappedPairs", "showAllBases", "viewPairs")},
    **{name: Word(name, "bool") for name in ("linkedReads", "quickConsensusMode", "showMismatches", "computeIsizes")},
    **{name: Word(name, "bool") for name in ("pairedArcView", "flagZeroQualityAlignments", "invertSorting")},
    **{name: Word(name, "bool") for name in ("invertGroupSorting", "hideSmallIndels")},
    **{name: Word(name, "number") for name in ("mappingQualityLow", "mappingQualityHigh", "minJunctionCoverage")},
    "shadeBasesOption": Word("shadeBasesOption", "truth"),
    "minInsertSize": Word("minTLEN", "number"),
    "maxInsertSize": Word("maxTLEN", "number"),
    "minInsertSizePercentile": Word("minTLENPercentile", "digits"),
    "maxInsertSizePercentile": Word("maxTLENPercentile", "digits"),
    "smallIndelThreshold": Word("indexlSizeThreshold", "number"),
    "basemodThredhold": Word("baseModificationThreshold", "number"),
    "basemodThreshold": Word("baseModificationThreshold", "number"),
}

#: Of the element DataRange; its ``type`` is the member ``logScale``.
DATA_RANGE: Mapping[str, Word] = {
    "minimum": Word("min", "number"),
    "baseline": Word("mid", "number"),
    "maximum": Word("max", "number"),
    "flipAxis": Word("flipAxis", "bool"),
    "drawBaseline": Word("drawBaseline", "bool"),
}

#: What IGV takes for granted where nothing is said, and 3.0 does not write.
ORDINARY = {
    "fontSize": "10",
    "visible": "true",
    "visibilityWindow": "-1",
    "showFeatureNames": True,
    "showDataRange": True,
}

#: A track's class in XML to its type in JSON.
TYPES: Mapping[str, str] = {
    "AlignmentTrack": "alignment",
    "BasePairTrack": "arc",
    "BlatTrack": "blat",
    "CNFreqTrack": "cnfreq",
    "CombinedDataTrack": "combined",
    "CoverageTrack": "coverage",
    "DataSourceTrack": "wig",
    "FeatureTrack": "annotation",
    "GWASTrack": "gwas",
    "GisticTrack": "gistic",
    "InteractionTrack": "interact",
    "MergedTracks": "merged",
    "MotifTrack": "motif",
    "MultipleAlignmentTrack": "maf",
    "MutationTrack": "mut",
    "SequenceTrack": "sequence",
    "SpliceJunctionTrack": "junction",
    "VariantTrack": "variant",
}
#: And back, with the package that IGV 2 writes.
CLASSES: Mapping[str, str] = {
    **{kind: f"org.broad.igv.track.{name}" for name, kind in TYPES.items()},
    "alignment": "org.broad.igv.sam.AlignmentTrack",
    "coverage": "org.broad.igv.sam.CoverageTrack",
    "junction": "org.broad.igv.sam.SpliceJunctionTrack",
    "arc": "org.broad.igv.feature.basepair.BasePairTrack",
    "gwas": "org.broad.igv.gwas.GWASTrack",
    "interact": "org.broad.igv.bedpe.InteractionTrack",
    "maf": "org.broad.igv.maf.MultipleAlignmentTrack",
    "variant": "org.broad.igv.variant.VariantTrack",
}
#: Tracks that IGV makes itself, of no file.
MADE = ("sequence", "merged", "combined", "blat", "motif")

_TYPES_OF_FORMATS = {
    **dict.fromkeys(("bw", "bigwig", "wig", "bedgraph", "tdf"), "wig"),
    **dict.fromkeys(("bam", "cram", "sam"), "alignment"),
    **dict.fromkeys(("bedpe", "bedpe-loop", "hiccups", "biginteract", "longrange", "hic", "interact"), "interact"),
    **dict.fromkeys(("mut", "maf"), "mut"),
    "vcf": "variant",
    "seg": "seg",
    "bp": "arc",
    "gwas": "gwas",
}
_ENDS = {"bw": "bigwig", "bb": "bigbed", "bdg": "bedgraph"}
_PACKED = (".gz", ".bgz", ".txt", ".tab", ".tsv")
#: Tables of genes that UCSC and IGV call by what they hold.
_GENES = {"refgene": "refgene", "ncbirefseq": "refgene", "ncbirefgene": "refgene", "ensgene": "ensgene"}


def format_of(name: str) -> str:
    """By the end of a file's name, as igv.js goes by it: what that is unpacked, in small letters."""
    low = name.lower()
    for end in _PACKED:
        low = low.removesuffix(end)
    if (form := _GENES.get(low.partition(".")[0])) is not None and low != name.lower():
        return form
    return format_named(low.rpartition(".")[2] if "." in low else "")


def format_named(end: str) -> str:
    """The one name of a format that has a short one too."""
    return _ENDS.get(end.lower(), end.lower())


def type_of_format(name: str) -> str:
    """Which kind of track a file of this format is shown as."""
    return _TYPES_OF_FORMATS.get(name.lower(), "annotation")


def member_of(text: str, kind: str) -> Any:
    """An attribute's value as IGV 3 has it; None for a number that is none."""
    if kind == "bool":
        return text.strip().lower() == "true"
    if kind == "truth":
        return text.strip().lower()
    if kind != "number":
        return text
    try:
        number = float(text.replace(",", ""))
    except ValueError:
        return None
    return (int(number) if number.is_integer() else number) if abs(number) < 1e300 else None


def attribute_of(value: Any) -> str | None:
    """A member's value as an attribute; None for what is no scalar."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return spelled(repr(value))
    return value if isinstance(value, str) else None
