"""Names that people give, and references that they type. Checked once, at the edge."""

from __future__ import annotations

import re
import unicodedata

from holdfast_protocol.errors import BadField, BadName, TooLarge
from holdfast_protocol.messages import LIMITS
from holdfast_protocol.model import Ref

_APPLICATION = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
#: A control character, a line or paragraph separator, a surrogate: Unicode categories that no name may hold.
_REFUSED = frozenset({"Cc", "Cs", "Zl", "Zp"})
#: Bidirectional overrides: they let a name look like another one.
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_REFERENCE = re.compile(
    r"(?:(?P<app>[^/@:]+)/)?(?P<name>(?!/)[^@:]*)(?:@(?P<snapshot>\{[^}]*\}|pin:[^:]+|[^@:{]+))?(?::(?P<part>.+))?",
    re.DOTALL,
)


def check_name(name: str) -> None:
    """Raises BadName unless people may give this name to a session (CLI.md, "Naming things")."""
    problem = _problem(name)
    if problem:
        raise BadName(f"The name {shown(name)} {problem}", name=shown(name))


def check_application(app: str) -> None:
    """Raises BadName unless this is an application's short name: lower case, digits, ``.``, ``_`` and ``-``."""
    if not _APPLICATION.fullmatch(app) or ".." in app:
        raise BadName(
            f"The application {shown(app)} is not a short name (lower-case letters, digits, '.', '_', '-')",
            name=shown(app),
        )


def check_tag(tag: str) -> None:
    """Raises BadName unless this is a word or two on one line, no longer than a name."""
    if not tag.strip() or not _is_all_plain(tag) or len(tag.encode(errors="replace")) > LIMITS["name_bytes"]:
        raise BadName(f"The tag {shown(tag)} is empty, too long or holds a control character", name=shown(tag))


def check_note(text: str) -> None:
    """Raises BadField unless this is text of at most ``note_bytes``, with no control characters but tabs and lines."""
    if not _is_all_plain(text.replace("\n", "").replace("\t", "")):
        raise BadField("text: a note holds no control characters but tabs and line ends", field="text")
    if len(text.encode()) > LIMITS["note_bytes"]:
        raise TooLarge(f"The note has {len(text.encode())} bytes", limit=LIMITS["note_bytes"])


def check_label(label: str) -> None:
    """Raises BadName unless a pin may be called so: as a tag, without the ``:`` that ends it in a reference."""
    check_tag(label)
    if ":" in label:
        raise BadName(f"The label {shown(label)} holds a ':'", name=shown(label))


def shown(text: str) -> str:
    """``text`` in quotes, on one line, with nothing that a terminal would obey, and not too long."""
    safe = "".join(sign if _is_plain(sign) else f"\\u{ord(sign):04x}" for sign in text[:80])
    return f"'{safe}…'" if len(text) > 80 else f"'{safe}'"


def parse_reference(text: str) -> Ref:
    """``APP/NAME@SNAPSHOT:PART`` taken apart. Raises BadName. A name with ``@`` or ``:`` cannot be said so."""
    found = _REFERENCE.fullmatch(text)
    if found is None or not found["name"]:
        raise BadName(f"{shown(text)} is not a reference (APP/NAME@SNAPSHOT:PART)", name=shown(text))
    return Ref(
        app=found["app"],
        name=found["name"],
        snapshot=found["snapshot"] or "latest",
        part=found["part"],
    )


def _problem(name: str) -> str | None:
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return "is not text"
    if not name.strip():
        return "is empty"
    if size > LIMITS["name_bytes"]:
        return f"has {size} bytes; {LIMITS['name_bytes']} are allowed"
    if "/" in name:
        return "holds a '/'"
    if name.startswith("."):
        return "begins with a dot"
    if ".." in name:
        return "holds '..'"
    if not _is_all_plain(name):
        return "holds a control character"
    return None


def _is_all_plain(text: str) -> bool:
    return text.isprintable() or all(_is_plain(sign) for sign in text)


def _is_plain(sign: str) -> bool:
    return unicodedata.category(sign) not in _REFUSED and sign not in _OVERRIDES
