"""A pickle machine that makes nothing but nodes.

Python's own would import and call what a document names; this one records it. Every length is compared with what is
left of the document before anything is taken, the memo grows by one at a time, and what the nodes may weigh in all
is bounded by the document's own size, so that a few bytes cannot ask for gigabytes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from holdfast_daemon.formats.base import DamagedDocument
from holdfast_daemon.formats.mosaic import opcodes as op
from holdfast_daemon.formats.mosaic.allowed import is_known, may_be_made
from holdfast_daemon.formats.mosaic.nodes import ABSENT, Bytes, Made, Name, Node, Set, Table

PROTOCOLS = range(2, 6)
#: What the nodes of a document may weigh together: so much, and so much for each of its bytes.
BASE_WEIGHT_BYTES = 24 * 1024 * 1024
WEIGHT_PER_BYTE = 12
#: What one opcode makes at most, counted with its place on the stack and in a list, measured on CPython 3.11: an
#: object, a number, or a reference to what is there already. Content counts beside it.
OBJECT_BYTES = 130
NUMBER_BYTES = 44
REFERENCE_BYTES = 18
#: CPython's pickler gives up long before this depth.
DEEPEST_MARKS = 10_000
#: Shorter content is copied: a window weighs more.
SMALL_BYTES = 256
#: A document that names more than these unknown things is not made any clearer by naming all.
MOST_UNKNOWN = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Pickle:
    """What a pickle says. ``end``: where it stops in the content. ``names``: every module and name that it names.
    ``unknown``: what it does that no Mosaic session does, for people; where there is any, ``root`` is not to be used.
    """

    root: Node
    protocol: int
    end: int
    names: frozenset[tuple[str, str]]
    unknown: tuple[str, ...]


def unpickled(content: bytes, start: int = 0, end: int | None = None) -> Pickle:
    """The pickle that lies in ``content`` from ``start`` to (at most) ``end``. Raises DamagedDocument."""
    return _Machine(content, start, len(content) if end is None else end).run()


class _Machine:
    def __init__(self, content: bytes, start: int, end: int) -> None:
        self.content = content
        self.view = memoryview(content)
        self.at = start
        self.end = end
        self.stack: list[Node] = []
        self.marks: list[int] = []
        self.memo: list[Node] = []
        self.names: dict[tuple[str, str], Name] = {}
        self.unknown: dict[str, None] = {}
        self.spare_bytes = BASE_WEIGHT_BYTES + WEIGHT_PER_BYTE * (end - start)

    def run(self) -> Pickle:
        header = self.taken(2)
        protocol = header[1]
        if header[:1] != op.PROTO or protocol not in PROTOCOLS:
            raise DamagedDocument("it does not begin as a pickle of protocol 2 to 5 does")
        content, end, weights, steps = self.content, self.end, _WEIGHTS, _STEPS
        code = -1
        while code != op.STOP[0]:
            at = self.at
            if at >= end:
                raise self.cut_off()
            code = content[at]
            self.at = at + 1
            self.spare_bytes -= weights[code]
            if self.spare_bytes < 0:
                self.spend(0)
            steps[code](self)
        root = self.pop()
        if self.stack or self.marks:
            raise DamagedDocument("the pickle stops with values left over")
        return Pickle(
            root=root,
            protocol=protocol,
            end=self.at,
            names=frozenset(self.names),
            unknown=tuple(self.unknown),
        )

    # What the steps share

    def spend(self, weight: int) -> None:
        self.spare_bytes -= weight
        if self.spare_bytes < 0:
            raise DamagedDocument(f"its objects would take far more memory than it has bytes (at byte {self.at})")

    def cut_off(self) -> DamagedDocument:
        return DamagedDocument(f"the pickle is cut off: it goes on behind byte {self.end}, where the content ends")

    def window(self, size: int) -> tuple[int, int]:
        """Where the next ``size`` bytes lie, which are then behind us."""
        start = self.at
        if size > self.end - start:
            raise self.cut_off()
        self.at = start + size
        return start, self.at

    def taken(self, size: int) -> bytes:
        start, end = self.window(size)
        return self.content[start:end]

    def byte(self) -> int:
        at = self.at
        if at >= self.end:
            raise self.cut_off()
        self.at = at + 1
        return self.content[at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.taken(size), "little")

    def line(self) -> str:
        end = self.content.find(b"\n", self.at, min(self.end, self.at + 1000))
        if end < 0:
            raise DamagedDocument(f"the name at byte {self.at} does not end")
        text = self.taken(end + 1 - self.at)[:-1]
        return text.decode("utf-8", "backslashreplace")

    def pop(self) -> Node:
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise DamagedDocument(f"a value is missing on the stack at byte {self.at}")
        return self.stack.pop()

    def popped(self, count: int) -> list[Node]:
        if len(self.stack) - count < (self.marks[-1] if self.marks else 0):
            raise DamagedDocument(f"a value is missing on the stack at byte {self.at}")
        items = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return items

    def since_mark(self) -> list[Node]:
        if not self.marks:
            raise DamagedDocument(f"a mark is missing on the stack at byte {self.at}")
        place = self.marks.pop()
        items = self.stack[place:]
        del self.stack[place:]
        return items

    def top(self) -> Node:
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise DamagedDocument(f"a value is missing on the stack at byte {self.at}")
        return self.stack[-1]

    def remark(self, sentence: str) -> None:
        if len(self.unknown) < MOST_UNKNOWN:
            self.unknown[sentence] = None

    # Steps

    def stop(self) -> None:
        """The end; what is on the stack then is the whole."""

    def refuse(self) -> None:
        at = self.at - 1
        raise DamagedDocument(f"byte {at} is no opcode that Mosaic writes (0x{self.content[at]:02x})")

    def mark(self) -> None:
        if len(self.marks) >= DEEPEST_MARKS:
            raise DamagedDocument(f"its objects are nested too deeply (at byte {self.at})")
        self.marks.append(len(self.stack))

    def frame(self) -> None:
        if self.number(8) > self.end - self.at:
            raise self.cut_off()

    def text(self, width: int) -> None:
        start, end = self.window(self.byte() if width == 1 else self.number(width))
        self.spend(4 * (end - start))
        try:
            self.stack.append(str(self.view[start:end], "utf-8", "surrogatepass"))
        except UnicodeDecodeError as error:
            raise DamagedDocument(f"the text at byte {start} is not UTF-8") from error

    def octets(self, width: int, *, is_mutable: bool) -> None:
        start, end = self.window(self.byte() if width == 1 else self.number(width))
        is_small = end - start < SMALL_BYTES
        content = self.content[start:end] if is_small else self.view[start:end]
        self.spend(len(content) if is_small else 2 * OBJECT_BYTES)
        self.stack.append(Bytes(content, is_mutable=is_mutable))

    def long(self, width: int) -> None:
        start, end = self.window(self.number(width))
        self.spend(2 * (end - start))
        self.stack.append(int.from_bytes(self.view[start:end], "little", signed=True))

    def packed(self, form: struct.Struct) -> None:
        start, _ = self.window(form.size)
        self.stack.append(form.unpack_from(self.content, start)[0])

    def tupled(self, count: int) -> None:
        self.stack.append(tuple(self.popped(count)))

    def append(self, items: list[Node]) -> None:
        target = self.top()
        if isinstance(target, list):
            target.extend(items)
        else:
            self.into(target, "list")

    def set_items(self, items: list[Node]) -> None:
        if len(items) % 2:
            raise DamagedDocument(f"a key has no value at byte {self.at}")
        target = self.top()
        if isinstance(target, Table):
            target.flat.extend(items)
        else:
            self.into(target, "dict")

    def add_items(self) -> None:
        items = self.since_mark()
        target = self.top()
        if not isinstance(target, Set) or target.is_frozen:
            raise DamagedDocument(f"something is put into no set at byte {self.at}")
        target.items.extend(items)

    def into(self, target: Node, kind: str) -> None:
        """An object of a class that derives from list or dict; Mosaic has none."""
        if not isinstance(target, Made):
            raise DamagedDocument(f"something is put into no {kind} at byte {self.at}")
        self.remark(f"{_shown(target.callee)} with items")

    def name(self, module: Node, name: Node) -> None:
        if not isinstance(module, str) or not isinstance(name, str):
            raise DamagedDocument(f"a name is no text at byte {self.at}")
        known = self.names.get((module, name))
        if known is None:
            known = self.names[module, name] = Name(module, name)
            if not is_known(known):
                self.remark(_shown(known))
        self.stack.append(known)

    def stack_name(self) -> None:
        module, name = self.popped(2)
        self.name(module, name)

    def make(self, count: int, *, is_new: bool) -> None:
        callee, *arguments = self.popped(count)
        if count > 2 or not may_be_made(callee, arguments[0], is_new=is_new):
            self.remark(f"{_shown(callee)} called")
        self.stack.append(Made(callee, arguments[0], is_new=is_new))

    def build(self) -> None:
        state = self.pop()
        target = self.top()
        if isinstance(target, Made) and target.state is ABSENT:
            target.state = state
        else:
            self.remark(f"{_shown(target)} given a state")

    def put(self, index: int) -> None:
        if index > len(self.memo):
            raise DamagedDocument(f"place {index} of the memo is not the next one at byte {self.at}")
        self.memo[index : index + 1] = [self.top()]

    def get(self, index: int) -> None:
        if index >= len(self.memo):
            raise DamagedDocument(f"place {index} of the memo is empty at byte {self.at}")
        self.stack.append(self.memo[index])


def _shown(node: Node) -> str:
    """A name for people, of valid Unicode and no great length; of anything else what kind of thing it is."""
    if not isinstance(node, Name):
        return f"something of type {type(node).__name__}"
    return str(node).encode("utf-8", "backslashreplace").decode()[:100]


_INT32, _FLOAT64 = struct.Struct("<i"), struct.Struct(">d")
_Step = Callable[[_Machine], None]

_STEPS_BY_NAME: dict[bytes, _Step] = {
    op.STOP: _Machine.stop,
    op.MARK: _Machine.mark,
    op.FRAME: _Machine.frame,
    op.NONE: lambda machine: machine.stack.append(None),
    op.TRUE: lambda machine: machine.stack.append(True),
    op.FALSE: lambda machine: machine.stack.append(False),
    op.BININT: lambda machine: machine.packed(_INT32),
    op.BININT1: lambda machine: machine.stack.append(machine.byte()),
    op.BININT2: lambda machine: machine.stack.append(machine.number(2)),
    op.BINFLOAT: lambda machine: machine.packed(_FLOAT64),
    op.LONG1: lambda machine: machine.long(1),
    op.LONG4: lambda machine: machine.long(4),
    op.SHORT_BINUNICODE: lambda machine: machine.text(1),
    op.BINUNICODE: lambda machine: machine.text(4),
    op.BINUNICODE8: lambda machine: machine.text(8),
    op.SHORT_BINBYTES: lambda machine: machine.octets(1, is_mutable=False),
    op.BINBYTES: lambda machine: machine.octets(4, is_mutable=False),
    op.BINBYTES8: lambda machine: machine.octets(8, is_mutable=False),
    op.BYTEARRAY8: lambda machine: machine.octets(8, is_mutable=True),
    op.EMPTY_TUPLE: lambda machine: machine.stack.append(()),
    op.TUPLE: lambda machine: machine.stack.append(tuple(machine.since_mark())),
    op.TUPLE1: lambda machine: machine.tupled(1),
    op.TUPLE2: lambda machine: machine.tupled(2),
    op.TUPLE3: lambda machine: machine.tupled(3),
    op.EMPTY_LIST: lambda machine: machine.stack.append([]),
    op.APPEND: lambda machine: machine.append(machine.popped(1)),
    op.APPENDS: lambda machine: machine.append(machine.since_mark()),
    op.EMPTY_DICT: lambda machine: machine.stack.append(Table()),
    op.SETITEM: lambda machine: machine.set_items(machine.popped(2)),
    op.SETITEMS: lambda machine: machine.set_items(machine.since_mark()),
    op.EMPTY_SET: lambda machine: machine.stack.append(Set([], is_frozen=False)),
    op.ADDITEMS: _Machine.add_items,
    op.FROZENSET: lambda machine: machine.stack.append(Set(machine.since_mark(), is_frozen=True)),
    op.GLOBAL: lambda machine: machine.name(machine.line(), machine.line()),
    op.STACK_GLOBAL: _Machine.stack_name,
    op.REDUCE: lambda machine: machine.make(2, is_new=False),
    op.NEWOBJ: lambda machine: machine.make(2, is_new=True),
    op.NEWOBJ_EX: lambda machine: machine.make(3, is_new=True),
    op.BUILD: _Machine.build,
    op.MEMOIZE: lambda machine: machine.memo.append(machine.top()),
    op.BINPUT: lambda machine: machine.put(machine.byte()),
    op.LONG_BINPUT: lambda machine: machine.put(machine.number(4)),
    op.BINGET: lambda machine: machine.get(machine.byte()),
    op.LONG_BINGET: lambda machine: machine.get(machine.number(4)),
}
_STEPS = [_STEPS_BY_NAME.get(bytes([code]), _Machine.refuse) for code in range(256)]
_REFERENCES = (op.NONE, op.TRUE, op.FALSE, op.EMPTY_TUPLE, op.BINGET, op.LONG_BINGET, op.MEMOIZE, op.APPEND, op.APPENDS)
_NUMBERS = (op.BININT, op.BININT1, op.BININT2, op.BINFLOAT, op.FRAME)
_WEIGHTS = [
    REFERENCE_BYTES if code in _REFERENCES else NUMBER_BYTES if code in _NUMBERS else OBJECT_BYTES
    for code in (bytes([number]) for number in range(256))
]
