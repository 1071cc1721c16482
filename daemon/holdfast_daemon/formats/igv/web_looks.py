"""The looks of a track as igv.js has them: what it shares with all others, and what is its kind's own."""

from __future__ import annotations

from typing import Any

from holdfast_daemon.formats.igv.vocabulary import format_named
from holdfast_daemon.formats.igv.web_words import (
    ARCS,
    COLOR_BY,
    COLORS,
    GRAPHS,
    GROUP_BY,
    OTHERWISE,
    SAME,
    WINDOWS,
    gradient_of,
    web_color,
    web_value,
)


def same_looks(rest: dict[str, Any]) -> dict[str, Any]:
    """What is the same for every kind; it is taken out of ``rest``."""
    found: dict[str, Any] = {}
    words = {name: (name, kind) for name, kind in SAME.items()} | OTHERWISE
    for name in [*rest]:
        if name in COLORS and isinstance(rest[name], str):
            found[name] = web_color(rest.pop(name))
        elif name in words and (value := web_value(rest[name], words[name][1])) is not None:
            del rest[name]
            found[words[name][0]] = value
    if rest.get("windowFunction") in WINDOWS:
        found["windowFunction"] = rest.pop("windowFunction")
    if rest.get("mid") == 0:
        del rest["mid"]
    return found


def looks_of_kind(kind: str, rest: dict[str, Any]) -> dict[str, Any]:
    """What a kind has of its own; it is taken out of ``rest``."""
    found = _OF_KINDS[kind](rest) if kind in _OF_KINDS else {}
    if kind not in ("wig", "seg"):
        rest.pop("colorScale", None)  # IGV writes it for each track, and draws by it where a file's line says so
    return found


def _wig(rest: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if (graph := GRAPHS.get(str(rest.get("graphType", "")).upper())) is not None:
        found["graphType"] = graph
        del rest["graphType"]
    scale = gradient_of(str(rest.pop("colorScale", "")))
    if found.get("graphType") == "heatmap" and scale:
        low, high = scale[0], scale[-1]
        found["colorScale"] = low if len(scale) == 1 else {
            "type": "diverging", "min": low["min"], "mid": (low["max"] + high["min"]) / 2, "max": high["max"],
            "minColor": low["minColor"], "midColor": low["maxColor"], "maxColor": high["maxColor"],
        }  # fmt: skip
    return found


def _seg(rest: dict[str, Any]) -> dict[str, Any]:
    rest.pop("graphType", None)
    scale = gradient_of(str(rest.pop("colorScale", "")))
    names = ("negColorScale", "posColorScale")
    return {
        name: {"low": each["min"], "lowColor": each["minColor"], "high": each["max"], "highColor": each["maxColor"]}
        for name, each in (zip(names, scale, strict=True) if len(scale) == 2 else ())
    }


def _alignment(rest: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, tag, words, new in (
        ("colorOption", "colorByTag", COLOR_BY, "colorBy"),
        ("groupByOption", "groupByTag", GROUP_BY, "groupBy"),
    ):
        option, label = rest.get(name), rest.get(tag)
        if option == "TAG" and isinstance(label, str) and label:
            found[new] = f"tag:{label}"
        elif isinstance(option, str) and option in words:
            found[new] = words[option]
        if new in found:
            rest.pop(name)
            rest.pop(tag, None)
    if found.get("groupBy") == "none":
        del found["groupBy"]
    if rest.get("duplicatesOption") == "FILTER":
        del rest["duplicatesOption"]
    elif rest.get("duplicatesOption") == "SHOW":
        del rest["duplicatesOption"]
        found["filter"] = {"duplicates": False}
    return found


def _interact(rest: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if (arc := ARCS.get(str(rest.get("graphType", "")))) is not None:
        found["arcType"] = arc
        del rest["graphType"]
    if rest.get("direction") in ("UP", "DOWN"):
        found["arcOrientation"] = rest.pop("direction")
    if rest.get("arcOption") == "ALL":
        del rest["arcOption"]
    if (most := web_value(rest.pop("maxScore", None), "number")) is not None:
        found["max"] = most
    return found


def _sequence(rest: dict[str, Any]) -> dict[str, Any]:
    is_reversed = rest.pop("sequenceTranslationStrandValue", "+") == "-"
    return {"reversed": True} if is_reversed else {}


def _features(rest: dict[str, Any]) -> dict[str, Any]:
    rest.pop("graphType", None)  # of a track of features IGV does not read it
    return {}


def drawn_as_before(kind: str, track: dict[str, Any]) -> None:
    """IGV shows features collapsed where nothing is said, igv.js expanded; and formats have one name here."""
    if kind == "annotation":
        track.setdefault("displayMode", "COLLAPSED")
    if track.get("displayMode") == "FULL" and kind != "alignment":
        track["displayMode"] = "EXPANDED"
    if "format" in track:
        track["format"] = format_named(track["format"])


def _gwas(rest: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if (size := web_value(rest.pop("maxPointSize", None), "number")) is not None:
        found["dotSize"] = size
    if web_value(rest.get("singleColor"), "bool") and isinstance(rest.get("primaryColor"), str):
        found |= {"useChrColors": False, "color": web_color(rest.pop("primaryColor"))}
    return found


def _arc(rest: dict[str, Any]) -> dict[str, Any]:
    options = rest.get("renderOptions")
    direction = options.get("arcDirection", "DOWN") if isinstance(options, dict) else None
    return {"arcOrientation": direction} if direction in ("UP", "DOWN") else {}


_OF_KINDS = {
    "wig": _wig, "seg": _seg, "alignment": _alignment, "interact": _interact, "sequence": _sequence,
    "annotation": _features, "gwas": _gwas, "arc": _arc,
}  # fmt: skip
