"""Which message is which across two snapshots of a chat: by id, by content in order, and only then by role and place.

Two sides that both append must not have their new messages taken for one another, and a message that was edited must
be known again: so what is left is only paired between the same two neighbours, and never where both have ids.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Hashable, Mapping, Sequence

from holdfast_daemon.formats.aiderdesk.messages import Message, message_of, shown
from holdfast_daemon.formats.aiderdesk.session import is_file, name_of_file
from holdfast_daemon.formats.alignment import Alignment, longest_rising
from holdfast_daemon.formats.base import DamagedDocument, Pair, Part
from holdfast_daemon.formats.jsontext import value_of

#: Indices of an old and a new thing that are the same.
_Joined = list[tuple[int, int]]

#: Beyond this many divisions within one another, equal things are only looked for one after the other.
_MOST_LEVELS = 32


def match(old: Sequence[Part], new: Sequence[Part]) -> list[Pair]:
    """Every index of both sides once; kinds never mixed. Files by path, other parts by name, messages as said above."""
    alignment = Alignment(old, new)
    alignment.join(_messages_in_order(alignment))
    alignment.join_equal(lambda part: (part.content, path) if (path := _path_of(part)) is not None else None)
    alignment.join_equal(_path_of)
    alignment.join_equal(lambda part: None if part.kind in ("message", "file") else (part.kind, part.name))
    alignment.join_equal(lambda part: (part.kind, part.content) if part.kind == "attachment" and part.content else None)
    _join_edited(alignment)
    return alignment.rows()


def identity(part: Part) -> str | None:
    """The key as it is wherever the part may be: of a message's id, a context file's path, another part's name.

    None for a message without an id and an entry without a path; and where the key is by place or has a number
    behind it, as the document has the part twice.
    """
    match part.kind:
        case "message":
            own = shown(_message_in(part).id or "")
        case "file":
            own = f"file:{path}" if (path := _path_in(part)) is not None else ""
        case "field":
            own = f"field:{part.name}"
        case _:
            own = part.name
    return own if own == part.key else None


def _path_of(part: Part) -> str | None:
    """Of an entry of a context file; the name may be another one's where the content was edited."""
    if part.kind != "file":
        return None
    path = _path_in(part)
    return part.name if path is None else path


def _path_in(part: Part) -> str | None:
    try:
        value = value_of(part.content)
    except DamagedDocument:
        return None
    return name_of_file(value) if is_file(value) else None


def _messages_in_order(alignment: Alignment) -> _Joined:
    """Free messages of the same content, no pair crossing another."""
    olds = [index for index in alignment.free_old if alignment.old[index].kind == "message"]
    news = [index for index in alignment.free_new if alignment.new[index].kind == "message"]
    pairs = in_order([alignment.old[at].content for at in olds], [alignment.new[at].content for at in news])
    return [(olds[one], news[other]) for one, other in pairs]


def in_order(old: Sequence[Hashable], new: Sequence[Hashable]) -> _Joined:
    """Places of equal things in both sequences, none crossing another.

    As patience diff does: what is there once on both sides divides the rest. The time is near-linear.
    """
    pairs: _Joined = []
    ranges = [(0, len(old), 0, len(new), _MOST_LEVELS)]
    while ranges:
        begin, end, first, last, levels = ranges.pop()
        while begin < end and first < last and old[begin] == new[first]:
            pairs.append((begin, first))
            begin, first = begin + 1, first + 1
        while begin < end and first < last and old[end - 1] == new[last - 1]:
            end, last = end - 1, last - 1
            pairs.append((end, last))
        if begin == end or first == last:
            continue
        marks = _once_in_both(old[begin:end], new[first:last]) if levels else []
        anchors = rising([(begin + one, first + other) for one, other in marks])
        if not anchors:
            pairs += _next_alike(old, new, range(begin, end), range(first, last))
            continue
        pairs += anchors
        for one, other in [*anchors, (end, last)]:
            ranges.append((begin, one, first, other, levels - 1))
            begin, first = one + 1, other + 1
    return pairs


def rising(pairs: _Joined) -> _Joined:
    """The most of these pairs, whose old places rise, so that the new ones rise too."""
    return [pairs[place] for place in longest_rising([new for _, new in pairs])]


def _once_in_both(old: Sequence[Hashable], new: Sequence[Hashable]) -> _Joined:
    old_times, new_times = Counter(old), Counter(new)
    place = {thing: at for at, thing in enumerate(new) if new_times[thing] == 1}
    return [(at, place[thing]) for at, thing in enumerate(old) if old_times[thing] == 1 and thing in place]


def _next_alike(old: Sequence[Hashable], new: Sequence[Hashable], olds: range, news: range) -> _Joined:
    """Each new thing with the next equal old one."""
    waiting: defaultdict[Hashable, deque[int]] = defaultdict(deque)
    for at in olds:
        waiting[old[at]].append(at)
    pairs: _Joined = []
    for at in news:
        places = waiting[new[at]]
        while places and pairs and places[0] <= pairs[-1][0]:
            places.popleft()
        if places:
            pairs.append((places.popleft(), at))
    return pairs


def _join_edited(alignment: Alignment) -> None:
    """What is left of the messages: the same id, the same content elsewhere, or between the same two messages that
    stayed the same role, in order."""
    old = {at: _message_in(alignment.old[at]) for at in alignment.free_old if alignment.old[at].kind == "message"}
    new = {at: _message_in(alignment.new[at]) for at in alignment.free_new if alignment.new[at].kind == "message"}
    if not old or not new:
        return
    alignment.join(_joined({at: each.id for at, each in old.items()}, {at: each.id for at, each in new.items()}))
    alignment.join_equal(lambda part: part.content if part.kind == "message" else None)
    pairs = sorted((one, other) for other, one in alignment.partner_of_new.items())
    anchors = rising([pair for pair in pairs if alignment.old[pair[0]].kind == "message"])
    old_ends, new_ends = [one for one, _ in anchors], [other for _, other in anchors]
    old_gaps = _gaps([at for at in alignment.free_old if at in old], old_ends)
    new_gaps = _gaps([at for at in alignment.free_new if at in new], new_ends)
    edited: _Joined = []
    for gap, news in new_gaps.items():
        olds = old_gaps.get(gap, [])
        pairs = in_order([old[at].role for at in olds], [new[at].role for at in news])
        edited += [(olds[one], news[other]) for one, other in pairs]
    alignment.join([(one, other) for one, other in edited if old[one].id is None or new[other].id is None])


def _gaps(places: Sequence[int], ends: Sequence[int]) -> dict[int, list[int]]:
    """The places by how many of the ``ends`` lie before them."""
    gaps: defaultdict[int, list[int]] = defaultdict(list)
    for at in places:
        gaps[bisect_left(ends, at)].append(at)
    return gaps


def _joined(old: Mapping[int, Hashable], new: Mapping[int, Hashable]) -> _Joined:
    """Indices of both sides that have the same mark, in order; None is no mark."""
    waiting: defaultdict[Hashable, deque[int]] = defaultdict(deque)
    for at, mark in old.items():
        if mark is not None:
            waiting[mark].append(at)
    return [(waiting[mark].popleft(), at) for at, mark in new.items() if waiting.get(mark)]


def _message_in(part: Part) -> Message:
    try:
        return message_of(value_of(part.content))
    except DamagedDocument:
        return Message("unknown")
