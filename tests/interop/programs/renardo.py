"""Renardo from its wheel: the real server on loopback, and the real page's loading and writing, run in Node."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from install import Program
from programs.processes import Conversation, run

HERE = Path(__file__).parent
LIMIT_SECONDS = 60

Tab = tuple[str, str]


class _Answering:
    """A web server of Renardo's; ``folder`` becomes its user directory and its home."""

    driver = ""

    def __init__(self, program: Program, folder: Path) -> None:
        variables = {"HOME": str(folder), "RENARDO_USER_DIR": str(folder)}
        words = [str(program.python), "-I", str(HERE / self.driver)]
        self._folder = folder
        self._process = Conversation(words, folder, variables)
        self.base = f"http://127.0.0.1:{int(self._process.line(LIMIT_SECONDS))}"

    def close(self) -> None:
        """The process ends."""
        self._process.end()

    def _ask(self, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=LIMIT_SECONDS) as answer:
            return json.load(answer)


class Server(_Answering):
    """Of a version that has sessions."""

    driver = "renardo_driver.py"

    def save(self, name: str, content: str) -> bytes:
        """As its page saves a session; the bytes are those that are then on disk."""
        answer = self._ask("/api/sessions", {"filename": name, "content": content})
        assert answer["success"], answer
        return (self._folder / "livecoding_sessions" / answer["filename"]).read_bytes()

    def place(self, name: str, content: bytes) -> None:
        """A file in its folder that it has not written: ours."""
        folder = self._folder / "livecoding_sessions"
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)

    def url_of(self, name: str) -> str:
        """As its list of sessions has it. Raises KeyError where the session is not listed."""
        return {row["name"]: row["url"] for row in self._ask("/api/sessions")["sessions"]}[name]

    def load(self, name: str) -> str:
        """The text that it gives to its page."""
        answer = self._ask(f"/api/sessions/{quote(name)}")
        assert answer["success"], answer
        return answer["content"]


class Projects(_Answering):
    """Of a version that has projects instead."""

    driver = "renardo_project_driver.py"

    def open(self, folder: Path) -> None:
        """As its page opens a folder as the project."""
        answer = self._ask("/api/project/open", {"root_path": str(folder)})
        assert answer["project"]["root_path"] == str(folder.resolve()), answer

    def files(self, folder: Path) -> dict[str, str]:
        """What its file browser lists below the folder, and the text that its page is given for a tab of each."""
        found: dict[str, str] = {}
        for row in self._ask(f"/api/file-explorer/list?path={quote(str(folder))}"):
            if row["is_directory"]:
                below = self.files(Path(row["path"]))
                found |= {f"{row['name']}/{name}": text for name, text in below.items()}
            else:
                found[row["name"]] = self._ask(f"/api/file-explorer/read?path={quote(row['path'])}")["content"]
        return found

    def save(self, file: str, content: str) -> None:
        """As its page saves a tab into the open project."""
        assert self._ask("/api/project/save-file", {"file_path": file, "content": content})["success"]


class Page:
    """What Renardo's page does with a session, by its own code. Raises AssertionError where it reports an error."""

    def __init__(self, program: Program) -> None:
        self._bundle = next(program.folder.glob("lib/*/site-packages/renardo/webserver/static/assets/index-*.js"))

    def tabs_of(self, texts: Sequence[str]) -> list[list[Tab]]:
        """Name and text of the tabs that each session's text becomes, startup first."""
        return self._tabs({"texts": texts})

    def tabs_from(self, server: Server, urls: Sequence[str]) -> list[list[Tab]]:
        """The same, where the page fetches the sessions from the server by itself."""
        return self._tabs({"base": server.base, "urls": urls})

    def written(self, rows: Sequence[tuple[str, str, bool]]) -> str:
        """The session that it would post: name, text and whether it is the startup file, for each tab."""
        return str(self._run({"sessions": [rows]})[0])

    def _tabs(self, request: dict) -> list[list[Tab]]:
        answers = self._run(request)
        assert not [answer for answer in answers if "tabs" not in answer], answers
        return [[(name, text) for name, text in answer["tabs"]] for answer in answers]

    def _run(self, request: dict) -> list:
        feed = json.dumps({"bundle": str(self._bundle), **request})
        ended = run(["node", str(HERE / "renardo_page.js")], limit_seconds=LIMIT_SECONDS, feed=feed, is_split=True)
        assert ended.code == 0, ended.errors
        return json.loads(ended.output)
