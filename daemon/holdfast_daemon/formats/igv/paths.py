"""How IGV's paths are read: of any system, URLs, relative to the session (igv.md 1.6). Nothing is looked up."""

from __future__ import annotations

import re

_REMOTE = re.compile(r"(?:https?|ftp|gs|s3|htsget|data):", re.IGNORECASE)
_ABSOLUTE = re.compile(r"[/\\~]|[A-Za-z]:[/\\]|[A-Za-z][A-Za-z0-9+.-]+:")
_UPWARDS = re.compile(r"^(?:\.\.?/)+")
_GENOME_ENDS = (
    *(".fa", ".fasta", ".fna", ".fas", ".gz", ".bgz", ".2bit", ".genome", ".json"),
    *(".gbk", ".gb", ".gbff", ".txt", ".chrom.sizes"),
)


def is_remote(path: str) -> bool:
    """Whether IGV takes it for a URL, ``data:`` among them."""
    return _REMOTE.match(path) is not None


def is_relative(path: str) -> bool:
    """Whether it begins at the session's own folder."""
    return _ABSOLUTE.match(path) is None


def is_genome_path(genome: str) -> bool:
    """Whether a genome is named by its file or URL; else it is an id of IGV's own list, such as ``hg38``."""
    return any(mark in genome for mark in ("/", "\\")) or genome.lower().endswith(_GENOME_ENDS)


def file_name(path: str) -> str:
    """The last component, what is asked of a server left out."""
    if path[:5].lower() == "data:":
        return path[:40]
    if is_remote(path):
        path = path.partition("?")[0]
    return re.split(r"[/\\]", path.rstrip("/\\"))[-1]


def with_slashes(path: str) -> str:
    """With ``/`` for the other one, which a session saved on Windows has."""
    return path if is_remote(path) else path.replace("\\", "/")


def same_file(one: str, other: str) -> bool:
    """Whether they are alike but for slashes, or one is relative and the end of the other."""
    one, other = with_slashes(one), with_slashes(other)
    if one == other or is_relative(one) == is_relative(other):
        return one == other
    relative, absolute = (one, other) if is_relative(one) else (other, one)
    tail = _UPWARDS.sub("", relative)
    return ("/" in tail or "." in tail) and absolute.endswith("/" + tail)
