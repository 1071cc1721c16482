"""What a form sends, read within bounds. Starlette's own reader needs one more library, and takes files that no form
here has."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl

from starlette.requests import Request

from holdfast_protocol.errors import BadField, TooLarge

_BODY_BYTES = 1024 * 1024
_FIELDS = 5000


class Form:
    """Fields by name; a name may come several times."""

    def __init__(self, fields: Sequence[tuple[str, str]]) -> None:
        self._fields = [*fields]

    def all(self, name: str) -> list[str]:
        """Every value of this name, empty ones left out."""
        return [value for each, value in self._fields if each == name and value]

    def one(self, name: str) -> str:
        """The last value; empty where there is none."""
        return next(reversed([value for each, value in self._fields if each == name]), "")

    def number(self, name: str) -> int | None:
        """Raises BadField for what is no count."""
        said = self.one(name)
        if not said:
            return None
        if not (said.isascii() and said.isdigit() and len(said) < 20):
            raise BadField(f"{name}: a number is expected", field=name)
        return int(said)


async def read_form(request: Request) -> Form:
    """The fields of a POST. Raises TooLarge, BadField."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _BODY_BYTES:
            raise TooLarge(f"A form has {_BODY_BYTES} bytes at most", limit=_BODY_BYTES)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict")
    except ValueError as problem:
        raise BadField(f"The form cannot be read: {problem}") from problem
    return Form([(name, value.replace("\r\n", "\n")) for name, value in pairs])
