"""Playlists (M3U): one part for each song. What a format must say is here; the rest it inherits."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from holdfast_daemon.formats.base import (
    CannotHold,
    Converted,
    DamagedDocument,
    Document,
    Layout,
    Origin,
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
    #: A folder of music holds more than playlists.
    layouts = {"music": Layout(recognised=("*.m3u", "*.m3u8"))}
    conversions = {"list": "paths only, as every player reads them"}

    def recognise(self, document: Document) -> Recognition | None:
        """By its first line."""
        is_ours = document.keys() == {b""} and document[b""].startswith(MARK)
        return Recognition(generation="extended") if is_ours else None

    def read(self, document: Document) -> Reading:
        """A song's content is its lines; its path is its name."""
        recognition = self.recognise(document)
        if recognition is None:
            raise DamagedDocument("the first line is not #EXTM3U")
        parts = [_song(number, lines) for number, lines in enumerate(_cut(document[b""])[1], 1)]
        return Reading(recognition=recognition, parts=tuple(parts), facts={"songs": len(parts)})

    def write(self, parts: Sequence[Part], template: Document | None = None) -> Document:
        """The songs in this order, between what stands before the first and behind the last in the template."""
        head, _, rest = _cut(template[b""] if template else MARK + b"\n")
        if wrong := [part for part in parts if len(_cut(MARK + b"\n" + part.content)[1]) != 1]:
            raise CannotHold([(part.key, "a song is its comments and one path") for part in wrong])
        return {
            b"": head + b"".join(part.content + b"\n" * (not part.content.endswith(b"\n")) for part in parts) + rest
        }

    def new_part(self, name: str, content: bytes, beside: Sequence[Part]) -> Part:
        """A song more."""
        return _song(len(beside) + 1, content or name.encode())

    def cleared(self, document: Document, keep: Collection[str] = ()) -> Document:
        """An empty playlist."""
        return self.write([], document)

    def converted(self, document: Document, to: str, origin: Origin) -> Converted:
        """The paths, without what is said of them."""
        songs = self.read(document).parts
        losses = [(part.key, "its title") for part in songs if part.facts["title"]]
        return Converted(
            document={b"": b"".join(_path(part.content) + b"\n" for part in songs)}, suffix=".m3u", losses=losses
        )

    def resources(self, parts: Sequence[Part]) -> Sequence[Resource]:
        """Every song is a file or a URL."""
        return [Resource(key=part.key, role="song", reference=part.name) for part in parts]


def _cut(content: bytes) -> tuple[bytes, list[bytes], bytes]:
    """The first line, the songs with their line ends, and what stands behind the last of them."""
    head, *lines = content.splitlines(keepends=True)
    songs = [b""]
    for line in lines:
        songs[-1] += line
        if line.strip() and not line.startswith(b"#"):
            songs.append(b"")
    return head, songs[:-1], songs[-1]


def _path(song: bytes) -> bytes:
    return song.rstrip().rpartition(b"\n")[2].strip()


def _song(number: int, content: bytes) -> Part:
    path = _path(content)
    title = next((line for line in content.split(b"\n") if line.startswith(TITLE)), b"").partition(b",")[2]
    facts = {"title": title.decode(errors="replace")}
    return Part(key=f"song-{number}", name=path.decode(errors="replace"), kind="song", content=content, facts=facts)


M3U = Playlist()
