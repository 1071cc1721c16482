"""``make wire``: rewrites PROTOCOL.md's tables and messages.json, and adds golden bytes for new messages.

Bytes that are there are never rewritten: clients in other languages are tested against them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import described
from examples import DEADLINE_MS, EVENTS, FAILURES, REQUEST_ID, REQUESTS, RESULTS
from tables import TABLES

from holdfast_protocol import codec, connection
from holdfast_protocol.messages import Reply

ROOT = Path(__file__).parents[2]
PROTOCOL = ROOT / "protocol" / "PROTOCOL.md"
DESCRIPTION = ROOT / "protocol" / "messages.json"
GOLDEN = ROOT / "tests" / "data" / "wire"


def headers() -> dict[str, bytes]:
    """File name (without its ending) to the bytes of the header frame, for every example."""
    client = connection.ClientConnection()
    made = {
        f"{name}.request": client.send(request, DEADLINE_MS, request_id=REQUEST_ID)[1][0]
        for name, request in REQUESTS.items()
    }
    made |= {f"{name}.result": connection.result(REQUEST_ID, reply)[0] for name, reply in RESULTS.items()}
    made |= {f"{code}.error": connection.error(REQUEST_ID, problem)[0] for code, problem in FAILURES.items()}
    made |= {f"{name}.{kind_of(each)}": connection.told(REQUEST_ID, each)[0] for name, each in EVENTS.items()}
    return made


def kind_of(told: Reply) -> str:
    """The kind of header under which it travels."""
    return connection.KIND_OF[type(told)]


def readable(header: bytes) -> str:
    """The same as JSON for people; bytes are ``{"$bytes": hex}``."""
    value = codec.decode(header, limit_bytes=len(header))
    return json.dumps(_without_bytes(value), indent=2, ensure_ascii=False) + "\n"


def rewritten(text: str) -> str:
    """``text`` with what stands between each pair of marks made anew. Raises ValueError for a missing mark."""
    for name, make in TABLES.items():
        begin, end = f"<!-- generated: {name} -->\n", "<!-- end -->"
        before, _, rest = text.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise ValueError(f"PROTOCOL.md has no place for the table {name}")
        text = f"{before}{begin}\n{make()}\n\n{end}{after}"
    return text


def main() -> None:
    """Tables in place, new golden files added, a line for each."""
    PROTOCOL.write_text(rewritten(PROTOCOL.read_text("utf-8")), "utf-8")
    DESCRIPTION.write_text(described.text(), "utf-8")
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name, header in headers().items():
        path = GOLDEN / f"{name}.msgpack"
        if not path.exists():
            path.write_bytes(header)
            path.with_suffix(".json").write_text(readable(header), "utf-8")
            print(f"new: {path.relative_to(ROOT)}")


def _without_bytes(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    if isinstance(value, dict):
        return {key: _without_bytes(each) for key, each in value.items()}
    return [_without_bytes(each) for each in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()
