"""The opcodes of pickle protocols 2 to 5 that CPython's pickler writes for what Mosaic keeps.

Sources: CPython's ``Lib/pickletools.py``, PEP 307, PEP 3154, PEP 574. The module ``pickle`` itself is not imported
anywhere in this house.
"""

from __future__ import annotations

PROTO = b"\x80"
FRAME = b"\x95"
STOP = b"."
MARK = b"("

NONE = b"N"
TRUE = b"\x88"
FALSE = b"\x89"
BININT = b"J"
BININT1 = b"K"
BININT2 = b"M"
LONG1 = b"\x8a"
LONG4 = b"\x8b"
BINFLOAT = b"G"
SHORT_BINUNICODE = b"\x8c"
BINUNICODE = b"X"
BINUNICODE8 = b"\x8d"
SHORT_BINBYTES = b"C"
BINBYTES = b"B"
BINBYTES8 = b"\x8e"
BYTEARRAY8 = b"\x96"

EMPTY_TUPLE = b")"
TUPLE = b"t"
TUPLE1 = b"\x85"
TUPLE2 = b"\x86"
TUPLE3 = b"\x87"
EMPTY_LIST = b"]"
APPEND = b"a"
APPENDS = b"e"
EMPTY_DICT = b"}"
SETITEM = b"s"
SETITEMS = b"u"
EMPTY_SET = b"\x8f"
ADDITEMS = b"\x90"
FROZENSET = b"\x91"

GLOBAL = b"c"
STACK_GLOBAL = b"\x93"
REDUCE = b"R"
NEWOBJ = b"\x81"
NEWOBJ_EX = b"\x92"
BUILD = b"b"

MEMOIZE = b"\x94"
BINPUT = b"q"
LONG_BINPUT = b"r"
BINGET = b"h"
LONG_BINGET = b"j"
