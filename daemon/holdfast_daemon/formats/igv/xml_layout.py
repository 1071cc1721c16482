"""Which element of an XML session goes into which, and in what order, for parts that lie flat in a list.

A track goes into the last panel before it in the list, whatever it says of itself and wherever the template has it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence

from holdfast_daemon.formats.base import Part
from holdfast_daemon.formats.igv.elements import HOLDER_NAMES, HOLDERS, ORDER, ROOT_PARTS, kind_of, others_in
from holdfast_daemon.formats.igv.xml_reading import At
from holdfast_daemon.formats.xmledit import Item, deeper, filled, margin, refilled, woven
from holdfast_daemon.formats.xmltext import Element, Xml, fragment


class _Panel:
    """One that will be there, and the tracks that go into it."""

    def __init__(self, part: Part, outer: int | None) -> None:
        self.part = part
        self.outer = outer
        self.tracks: list[Item] = []


class Layout:
    """``places`` are those of the template's elements that the parts are, as ``xml_reading`` gives them. No track comes
    before the first panel."""

    def __init__(self, xml: Xml, parts: Sequence[Part], places: Sequence[At]) -> None:
        self._xml = xml
        self._children = xml.root.children
        self._held: dict[int, list[Item]] = {
            outer: [] for outer, child in enumerate(self._children) if child.name.lower() in HOLDERS
        }
        self._beside: dict[int, list[Item]] = {outer: [] for outer in self._held}
        self._new_held: dict[str, list[Item]] = {kind: [] for kind in HOLDER_NAMES}
        self._last_holder = {HOLDERS[self._children[outer].name.lower()]: outer for outer in reversed(self._held)}
        self._margin = margin(xml.text, self._children[0].begin) if self._children else deeper(xml, xml.root)
        self._singles: dict[int, Item] = {}
        self._newcomers: defaultdict[str, list[Item]] = defaultdict(list)
        self._panels: list[_Panel] = []
        for part, place in zip(parts, places, strict=True):
            self._lay(part, place)

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

    def _lay(self, part: Part, place: At) -> None:
        outer, inner = place
        if part.kind == "panel":
            self._panels.append(_Panel(part, outer))
        elif part.kind == "track":
            panel = self._panels[-1]
            panel.tracks.append(self._item(part, place, holder=panel.outer))
        elif outer is not None and inner is not None and HOLDERS[self._children[outer].name.lower()] != part.kind:
            self._beside[outer].append(self._item(part, place, holder=outer))
        elif part.kind in HOLDER_NAMES and (outer is None or inner is not None):
            self._hold(part, place)
        elif outer is not None:
            self._singles[outer] = self._item(part, place, holder=None)
        elif part.kind not in (*ROOT_PARTS, "session"):
            self._newcomers[part.kind].append(Item(part.content))

    def _hold(self, part: Part, place: At) -> None:
        """A resource or region stays where it is, a new one goes where the one before it went."""
        outer = self._last_holder.get(part.kind) if place[0] is None else place[0]
        if outer is None:
            self._new_held[part.kind].append(Item(part.content))
            return
        self._last_holder[part.kind] = outer
        self._held[outer].append(self._item(part, place, holder=outer))

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
                known.append((HOLDERS[child.name.lower()], self._old(child, self._held[outer], self._beside[outer])))
            elif outer in staying:
                known.append(("panel", self._old_panel(next(panels))))
            elif outer in self._singles:
                known.append((kind_of(child), self._singles[outer]))
        return known

    def _old(self, child: Element, items: Sequence[Item], others: Sequence[Item], tag: bytes | None = None) -> Item:
        """A child of the root with other children of its own."""
        return Item(refilled(self._xml, child, child.children, woven(child, items, others), tag), child)

    def _old_panel(self, panel: _Panel) -> Item:
        assert panel.outer is not None
        child = self._children[panel.outer]
        new = fragment(panel.part.content)
        tag = None if new.start_tag(new.root) == self._xml.start_tag(child) else new.start_tag(new.root)
        waiting: defaultdict[bytes, deque[Element]] = defaultdict(deque)
        for other in others_in(child):
            waiting[self._xml.slice(other)].append(other)
        others = []
        for content in map(new.slice, new.root.children):
            old = waiting[content].popleft() if waiting[content] else None
            others.append(Item(self._xml.text[old.begin : old.end] if old else content, old))
        return self._old(child, panel.tracks, others, tag)

    def _place_new_panels(self, behind: defaultdict[int, list[Item]], known: Sequence[str], otherwise: int) -> None:
        """Each behind the one that it is listed behind."""
        slots = iter([at for at, kind in enumerate(known) if kind == "panel"])
        at = next((at - 1 for at, kind in enumerate(known) if kind == "panel"), otherwise)
        for panel in self._panels:
            if panel.outer is None:
                new = fragment(panel.part.content)
                others = [Item(new.slice(other)) for other in new.root.children]
                behind[at].append(Item(self._new(new.start_tag(new.root), [*others, *panel.tracks])))
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
        return filled(tag, items, outer + (outer.lstrip(b"\r\n") or b"    ") if outer else b"", outer)
