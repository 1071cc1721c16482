"""Which element of an XML session goes into which, and in what order, for parts that lie flat in a list.

A track goes into the panel that it is listed under. One that is new here and comes from a panel of a name that is also
here goes into that one: merging and restoring put what has no partner behind everything else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from holdfast_daemon.formats.base import Part
from holdfast_daemon.formats.igv.elements import HOLDER_NAMES, HOLDERS, ORDER, ROOT_PARTS, kind_of
from holdfast_daemon.formats.igv.xml_reading import At
from holdfast_daemon.formats.xmltext import Item, Xml, deeper, filled, fragment, margin, refilled


class _Panel:
    """One that will be there, and the tracks that go into it."""

    def __init__(self, part: Part, outer: int | None) -> None:
        self.part = part
        self.outer = outer
        self.tracks: list[Item] = []


class Layout:
    """``places`` are those of the template's elements that the parts are, as ``xml_reading`` gives them."""

    def __init__(self, xml: Xml, parts: Sequence[Part], places: Sequence[At]) -> None:
        self._xml = xml
        self._children = xml.root.children
        self._held: dict[int, list[Item]] = {
            outer: [] for outer, child in enumerate(self._children) if child.name.lower() in HOLDERS
        }
        self._new_held: dict[str, list[Item]] = {kind: [] for kind in HOLDER_NAMES}
        self._last_holder: dict[str, int] = {}
        for outer in reversed(self._held):
            self._last_holder[HOLDERS[self._children[outer].name.lower()]] = outer
        self._margin = margin(xml.text, self._children[0].begin) if self._children else deeper(xml, xml.root)
        self._singles: dict[int, Item] = {}
        self._newcomers: defaultdict[str, list[Item]] = defaultdict(list)
        self._panels = [
            _Panel(part, place[0]) for part, place in zip(parts, places, strict=True) if part.kind == "panel"
        ]
        self._lay(parts, places)

    def root(self, tag: bytes) -> bytes:
        """The root element with this start tag and what belongs into it."""
        known = self._known()
        kinds = [kind for kind, _ in known]
        behind: defaultdict[int, list[Item]] = defaultdict(list)
        for rank, kind in enumerate(ORDER):
            before = ORDER[: rank + 1]
            last = max((at for at, each in enumerate(kinds) if each in before), default=-1)
            if kind == "panel":
                self._place_new_panels(behind, kinds, last)
            else:
                behind[last] += self._made(kind)
        items = list(behind[-1])
        for at, (_, item) in enumerate(known):
            items += [item, *behind[at]]
        return refilled(self._xml, self._xml.root, self._children, items, tag)

    def _lay(self, parts: Sequence[Part], places: Sequence[At]) -> None:
        panels = iter(self._panels)
        named = {panel.part.name: panel for panel in reversed(self._panels)}
        current = self._panels[0] if self._panels else None
        for part, place in zip(parts, places, strict=True):
            if part.kind == "panel":
                current = next(panels)
            elif part.kind == "track":
                panel = current if place != (None, None) else named.get(str(part.facts.get("panel")), current)
                assert panel is not None  # parts with a track and no panel are refused before
                panel.tracks.append(self._item(part, place, holder=panel.outer))
            elif part.kind in HOLDER_NAMES:
                self._hold(part, place)
            elif part.kind not in (*ROOT_PARTS, "session"):
                self._single(part, place)

    def _hold(self, part: Part, place: At) -> None:
        """A resource or region stays where it is, a new one goes where the one before it went."""
        outer, inner = place
        if outer is not None and inner is None:
            self._single(part, place)
            return
        if outer is None:
            outer = self._last_holder.get(part.kind)
        if outer is None:
            self._new_held[part.kind].append(Item(part.content))
            return
        self._last_holder[part.kind] = outer
        self._held[outer].append(self._item(part, place, holder=outer))

    def _single(self, part: Part, place: At) -> None:
        if place[0] is None:
            self._newcomers[part.kind].append(Item(part.content))
        else:
            self._singles[place[0]] = self._item(part, place, holder=None)

    def _item(self, part: Part, place: At, holder: int | None) -> Item:
        """The part as it is to stand in the holder; as a stranger where it comes from another."""
        outer, inner = place
        if outer is None or (inner is not None and outer != holder):
            return Item(part.content)
        element = self._children[outer] if inner is None else self._children[outer].children[inner]
        raw = self._xml.text[element.begin : element.end]
        return Item(raw if self._xml.closed(raw) == part.content else part.content, element)

    def _known(self) -> list[tuple[str, Item]]:
        """The root's children that stay, panels in their new order, each with its kind."""
        panels = iter([panel for panel in self._panels if panel.outer is not None])
        staying = {panel.outer for panel in self._panels}
        known: list[tuple[str, Item]] = []
        for outer, child in enumerate(self._children):
            if outer in self._held:
                kind = HOLDERS[child.name.lower()]
                olds = [each for each in child.children if kind_of(each) == kind]
                known.append((kind, Item(refilled(self._xml, child, olds, self._held[outer]), child)))
            elif outer in staying:
                known.append(("panel", self._old_panel(next(panels))))
            elif outer in self._singles:
                known.append((kind_of(child), self._singles[outer]))
        return known

    def _old_panel(self, panel: _Panel) -> Item:
        assert panel.outer is not None
        child = self._children[panel.outer]
        olds = [each for each in child.children if kind_of(each) == "track"]
        tag = None if self._xml.start_tag(child) == panel.part.content else panel.part.content
        return Item(refilled(self._xml, child, olds, panel.tracks, tag), child)

    def _place_new_panels(self, behind: defaultdict[int, list[Item]], known: Sequence[str], otherwise: int) -> None:
        """Each behind the one that it is listed behind."""
        slots = iter([at for at, kind in enumerate(known) if kind == "panel"])
        at = next((at - 1 for at, kind in enumerate(known) if kind == "panel"), otherwise)
        for panel in self._panels:
            if panel.outer is None:
                behind[at].append(Item(self._new(panel.part.content, panel.tracks)))
            else:
                at = next(slots)

    def _made(self, kind: str) -> list[Item]:
        """What the root does not have yet of this kind."""
        held = self._new_held.get(kind)
        if not held:
            return self._newcomers[kind]
        return [Item(self._new(f"<{HOLDER_NAMES[kind]}/>".encode(), held)), *self._newcomers[kind]]

    def _new(self, tag: bytes, items: Sequence[Item]) -> bytes:
        """A new child of the root, with children of its own."""
        outer = self._margin
        name = fragment(tag).root.name
        return filled(tag, name, items, outer + (outer.lstrip(b"\r\n") or b"    ") if outer else b"", outer)
