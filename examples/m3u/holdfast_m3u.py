"""Playlists (M3U): one part for each song. What a format must say is here; the rest it inherits."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from holdfast_daemon.formats.base import (
    CannotHold,
    DamagedDocument,
    Document,
    Part,
    Reading,
    Recognition,
    Resource,
)
from holdfast_daemon.formats.defaults import Defaults

MARK = b"#EXTM3U"
TITLE = b"#EXTINF:"


class Playlist(Defaults):
    """A first line ``#EXTM3U``, then songs: lines that begin with ``#``, and a path or URL."""

    app = "m3u"
    suffix = ".m3u8"

    def recognise(self, document: Document) -> Recognition | None:
        """By its first line."""
        is_ours = document.keys() == {b""} and document[b""].startswith(MARK)
        return Recognition(generation="extended") if is_ours else None

    def read(self, document: Document) -> Reading:
        """A song's content is its lines; its path is its name."""
        recognition = self.recognise(document)
        if recognition is None:
            raise DamagedDocument("the first line is not #EXTM3U")
        songs: list[list[bytes]] = [[]]
        for line in document[b""].split(b"\n")[1:]:
            songs[-1].append(line)
            if line.strip() and not line.startswith(b"#"):
                songs.append([])
        parts = [_song(number, b"\n".join(lines)) for number, lines in enumerate(songs[:-1], 1)]
        return Reading(recognition=recognition, parts=tuple(parts), facts={"songs": len(parts)})

    def write(self, parts: Sequence[Part], template: Document | None = None) -> Document:
        """The songs in this order."""
        if template is not None and [part.content for part in self.read(template).parts] == [p.content for p in parts]:
            return template
        if wrong := [part for part in parts if part.content.count(b"\n") != part.content.rstrip().count(b"\n")]:
            raise CannotHold([(part.key, "a song ends with its path") for part in wrong])
        return {b"": b"\n".join([MARK, *(part.content for part in parts), b""])}

    def new_part(self, name: str, content: bytes, beside: Sequence[Part]) -> Part:
        """A song more."""
        return _song(len(beside) + 1, content or name.encode())

    def cleared(self, document: Document, keep: Collection[str] = ()) -> Document:
        """An empty playlist."""
        return {b"": MARK + b"\n"}

    def resources(self, document: Document) -> Sequence[Resource]:
        """Every song is a file or a URL."""
        return [Resource(key=part.key, role="song", reference=part.name) for part in self.read(document).parts]


def _song(number: int, content: bytes) -> Part:
    path = content.rpartition(b"\n")[2].strip()
    title = next((line for line in content.split(b"\n") if line.startswith(TITLE)), b"").partition(b",")[2]
    facts = {"title": title.decode(errors="replace")}
    return Part(key=f"song-{number}", name=path.decode(errors="replace"), kind="song", content=content, facts=facts)


M3U = Playlist()
