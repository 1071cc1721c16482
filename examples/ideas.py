"""The Python example of README.md, to be run: a session saved twice, looked at, and undone."""

from __future__ import annotations

import holdfast

with holdfast.connect(start=True) as client:
    client.save("notes", "ideas", b"a kelp forest")
    client.save("notes", "ideas", b"a kelp forest, at night")
    print(client.load("notes/ideas@-1").files[b""].decode())
    print(client.undo().undone.type)
    print(client.cat("notes/ideas").decode())
