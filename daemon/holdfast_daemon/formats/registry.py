"""Which formats there are, and which of them a document is of.

Ours come by the same entry points as a third party's. Somebody else's broken package must not keep the
daemon from starting, so what cannot be loaded is left out and reported.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points

from holdfast_daemon.formats.base import Document, Format, Recognition
from holdfast_daemon.formats.plain import PLAIN

GROUP = "holdfast.formats"
_METHODS = (
    *("recognise", "read", "write", "needed", "cleared", "match", "same", "merge_part", "describe_change"),
    *("suffix_of", "identity", "suspicion", "new_part", "resources", "name_warnings", "losses"),
    *("layout_for", "known_places", "begins", "relinked"),
)
_FIELDS = {
    "app": str,
    "suffix": str,
    "other_suffixes": Collection,
    "unordered": Collection,
    "holds": Mapping,
    "incidental": Collection,
    "warns": bool,
    "layouts": Mapping,
    "within": Collection,
}


def load_formats(broken: dict[str, str] | None = None, points: Iterable[EntryPoint] | None = None) -> dict[str, Format]:
    """Application to format, sorted; ``plain`` is always there.

    ``broken``, if given, is filled: entry point to the reason it was left out. ``points`` is for tests; else
    what is installed.
    """
    reasons = broken if broken is not None else {}
    found: dict[str, Format] = {PLAIN.app: PLAIN}
    installed = entry_points(group=GROUP) if points is None else points
    for point in sorted(installed, key=lambda point: (not _is_ours(point), point.name)):
        try:
            loaded = _checked(point.load())
        except Exception as error:  # whatever a stranger's module does at import
            reasons[point.name] = f"{type(error).__name__}: {error}"
            continue
        if loaded.app in found and loaded is not found[loaded.app]:
            reasons[point.name] = f"there is a format for {loaded.app} already"
            continue
        found[loaded.app] = loaded
    return dict(sorted(found.items()))


def recognise(document: Document, formats: Mapping[str, Format], suffix: str) -> tuple[Format, Recognition]:
    """The format that is certain of the document, else ``plain``.

    Where several are certain: the one whose files end in ``suffix``, then one that need not infer.
    """
    certain = []
    for candidate in formats.values():
        recognition = _asked(candidate, document)
        if recognition is not None and recognition.certain:
            others = suffix not in (candidate.suffix, *candidate.other_suffixes)
            certain.append((others, recognition.inferred, candidate, recognition))
    if not certain:
        return formats.get(PLAIN.app, PLAIN), PLAIN.recognise(document)
    _, _, chosen, recognition = min(certain, key=lambda row: row[:2])
    return chosen, recognition


def _asked(candidate: Format, document: Document) -> Recognition | None:
    """A format that fails on bytes it does not know has not recognised them."""
    try:
        return candidate.recognise(document)
    except Exception:  # a stranger's format meets every file there is
        return None


def _is_ours(point: EntryPoint) -> bool:
    return point.value.startswith("holdfast_daemon.")


def _checked(loaded: Format) -> Format:
    """Raises TypeError for an object that does not meet ``Format``."""
    missing = [name for name in _METHODS if not callable(getattr(loaded, name, None))]
    missing += [name for name, kind in _FIELDS.items() if not isinstance(getattr(loaded, name, None), kind)]
    if missing:
        raise TypeError(f"no format: it lacks {', '.join(missing)}")
    return loaded
