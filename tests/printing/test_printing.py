"""Sessions that leave the house for people to read: as one page, as paper, as a picture."""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path

import numpy
import pytest
from PIL import Image
from pypdf import PdfReader

from holdfast import Client
from holdfast.printing import cutting, glyphs
from holdfast.printing.blocks import Bubble, Code, Words
from holdfast.printing.nodes import is_rtl
from holdfast.printing.pieces import pieces
from holdfast.printing.samples import edges_of
from holdfast.printing.scene import VIEW, VIEWS, Shape, box_of, drawn
from holdfast_protocol.errors import NotFound

DATA = Path(__file__).parents[1] / "data"
sys.path.append(str(DATA / "mosaic"))
import mosaic_sessions as made  # noqa: E402  # the path must be there first

HOSTILE = "<img src=x onerror=alert(1)><script>alert(1)</script>"



def painted() -> str:
    """A picture as a chat holds it."""
    file = io.BytesIO()
    Image.effect_noise((64, 32), 40).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def chat(*messages):
    return json.dumps({"version": 2, "contextMessages": [*messages], "contextFiles": []}).encode()


def message(role, content, number=0):
    return {"id": f"{role}-{number}", "role": role, "content": content}


def call(name, arguments, number=1):
    piece = {"type": "tool-call", "toolCallId": f"c{number}", "toolName": name, "input": arguments}
    return message("assistant", [{"type": "text", "text": "Looking."}, piece], number)


def result(name, value, number=1):
    output = {"type": "text", "value": value}
    piece = {"type": "tool-result", "toolCallId": f"c{number}", "toolName": name, "output": output}
    return message("tool", [piece], number)


def exported(client: Client, ref: str, to: str, **more: bool) -> bytes:
    return b"".join(client.export(ref, to, **more).read())


class Seen(HTMLParser):
    """The elements of a page with their attributes, and its words."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page.decode())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words += data


def words_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


@pytest.fixture
def client(holdfast_client: Client) -> Client:
    """With a chat, buffers, tracks and points."""
    holdfast_client.save("aiderdesk", "talk", chat(
        message("user", f"Where is **the** login? {HOSTILE}"), call("power---bash", {"command": "grep -r login"}),
        result("power---bash", "src/login.py"), message("assistant", "In `src/login.py`:\n\n```python\nx = 1\n```", 9),
    ))  # fmt: skip
    holdfast_client.save("renardo", "verse", parts={"drums": b"d1 >> play('x-o-')", "bass": b"b1 >> bass([0, 4])"})
    holdfast_client.save("igv", "tracks", (DATA / "igv" / "session_8.xml").read_bytes())
    holdfast_client.save("mosaic", "cell", made.session())
    return holdfast_client


def test_a_page_needs_no_script_and_nothing_from_elsewhere(client: Client) -> None:
    """One file: no script, no address that is fetched, and what a session says is text."""
    for ref in ("aiderdesk/talk", "renardo/verse", "igv/tracks", "mosaic/cell"):
        page = exported(client, ref, "html", full=True)
        seen = Seen(page)
        tags = {tag for tag, _ in seen.elements}
        assert not tags & {"script", "iframe", "object", "embed", "link", "form"}
        named = [value or "" for _, attributes in seen.elements for name, value in attributes.items() if name == "src"]
        assert all(value.startswith("data:") for value in named)
        assert not any(name.startswith("on") for _, attributes in seen.elements for name in attributes)
        assert b"url(http" not in page
    assert HOSTILE in Seen(exported(client, "aiderdesk/talk", "html")).words


def test_a_chat_has_bubbles_and_highlighted_code(client: Client) -> None:
    """Of who said what; what tools were asked and gave is there where everything is wanted."""
    short, full = (exported(client, "aiderdesk/talk", "html", full=each) for each in (False, True))
    seen = Seen(short)
    classes = [attributes.get("class") or "" for tag, attributes in seen.elements if tag == "div"]
    assert [each for each in classes if "bubble" in each] == ["bubble user", "bubble assistant", "bubble assistant"]
    assert re.search(rb'<span class="n">x</span>', short)
    assert "power › bash" in seen.words
    assert "src/login.py" not in seen.words.split("power › bash")[1].split("Assistant")[0]
    assert b"grep -r login" not in short
    assert b"grep -r login" in full


@pytest.mark.parametrize(("ref", "said"), [
    ("aiderdesk/talk", "Where is the login?"), ("renardo/verse", "bass([0, 4])"), ("igv/tracks", "track"),
    ("mosaic/cell", "object"),
])  # fmt: skip
def test_each_application_is_typeset(client: Client, ref: str, said: str) -> None:
    """As pages whose words can be found, and as a picture."""
    assert said in re.sub(r"\s+", " ", words_of(exported(client, ref, "pdf")))
    with Image.open(io.BytesIO(exported(client, ref, "png"))) as picture:
        assert picture.width > 1000


def test_what_a_session_says_is_no_code_of_the_typesetter(client: Client) -> None:
    """Its signs are signs."""
    text = '#read("/etc/passwd") $x$ @a <b> *c* #panic() \\u{41} ```#panic()```'
    client.save("renardo", "odd", parts={"buffer": text.encode()})
    client.save("aiderdesk", "odd", chat(message("user", f"`{text.replace('`', '')}`")))
    assert '#read("/etc/passwd")' in words_of(exported(client, "renardo/odd", "pdf"))
    assert "#panic()" in words_of(exported(client, "aiderdesk/odd", "pdf"))


def test_a_long_session_is_paged_and_its_picture_cut(client: Client) -> None:
    """All of it is in the PDF, its pages are numbered on; the picture ends, and says so."""
    client.save("aiderdesk", "long", chat(*(message("user", f"Message number {at}.", at) for at in range(2000))))
    pages = PdfReader(io.BytesIO(exported(client, "aiderdesk/long", "pdf"))).pages
    assert len(pages) > 100
    assert "Message number 1999." in "".join(page.extract_text() for page in pages[-2:])
    assert str(len(pages)) in pages[-1].extract_text()
    export = client.export("aiderdesk/long", "png")
    picture = Image.open(io.BytesIO(b"".join(export.read())))
    assert picture.height < 40_000
    assert "cut" in " ".join(export.remarks)


def test_letters_that_no_font_has_are_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the package that has them, here and in the document; nothing is said of those that can be printed."""
    monkeypatch.setattr(glyphs, "_fonts", lambda: ())
    client.save("renardo", "east", parts={"buffer": "# 你好 😀 é Ж".encode()})
    export = client.export("renardo/east", "pdf")
    assert export.remarks == []
    document = words_of(b"".join(export.read()))
    for said in (" ".join(export.remarks), re.sub(r"\s+", " ", document)):
        assert "U+4F60" in said
        assert "fonts-noto-cjk" in said
        assert "the fonts Noto Sans CJK" in said
        assert "fonts-noto-color-emoji" in said
        assert "U+0416" not in said


def test_a_library_that_is_missing_is_named_with_what_installs_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is written; a page needs no typesetter."""
    monkeypatch.setitem(sys.modules, "typst", None)
    for module in ("typeset", "typesetter", "glyphs"):
        monkeypatch.delitem(sys.modules, f"holdfast.printing.{module}", raising=False)
    for form in ("pdf", "png"):
        with pytest.raises(NotFound, match=r"typst.*pip install 'holdfast\[print\]'"):
            client.export("renardo/verse", form)
    assert b"x-o-" in exported(client, "renardo/verse", "html")


def test_an_interrupted_print_leaves_nothing(
    client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither beside its place nor where the typesetter works."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def interrupted(*given: object, **more: object) -> None:
        assert [*tmp_path.glob("holdfast-print-*/sheet.json")]
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        client.export("renardo/verse", "pdf").write(tmp_path / "verse.pdf")
    assert [*tmp_path.iterdir()] == []


def test_a_text_of_many_lines_is_typeset_in_pieces() -> None:
    """None of it is lost, and its lines are numbered on."""
    text = "\n".join(f"line {number}, which is longer than a word" for number in range(1234))
    bubbles = [*pieces(Bubble("user", "You", [Words("short"), Code(text)]))]
    assert [each.speaker for each in bubbles if isinstance(each, Bubble)] == ["You", "You (continued)"]
    codes = [*pieces(Code(text, numbered=True))]
    assert "\n".join(each.text for each in codes) == text
    assert [each.first for each in codes] == [1, 501, 1001]


def test_pictures_of_a_chat_are_printed(client: Client) -> None:
    """Those that are some; damage is told in its place."""
    good = {"type": "image", "image": painted(), "mediaType": "image/png"}
    cut = {"type": "image", "image": painted()[:48], "mediaType": "image/png"}
    client.save("aiderdesk", "seen", chat(message("user", [{"type": "text", "text": "This"}, good, cut])))
    reader = PdfReader(io.BytesIO(exported(client, "aiderdesk/seen", "pdf")))
    assert sum(len(page.images) for page in reader.pages) == 1
    assert "cannot be drawn" in words_of(exported(client, "aiderdesk/seen", "pdf"))
    page = Seen(exported(client, "aiderdesk/seen", "html"))
    assert [tag for tag, _ in page.elements].count("img") == 2


def test_what_is_nearer_hides_what_is_farther() -> None:
    """A red square before a blue one is what is seen along z; at an angle both are."""
    def at(height: float, color: tuple[float, float, float]) -> Shape:
        corners, triangles = square((0, 1))
        points = numpy.array(corners, numpy.float32) + numpy.array((0, 0, height), numpy.float32)
        return Shape(points, numpy.array(triangles, numpy.uint32), color, 1.0)

    content = drawn([at(1, (1, 0, 0)), at(-1, (0, 0, 1))], "Å")
    assert content is not None
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.size == (VIEW * len(VIEWS), VIEW)
        red, _, blue = picture.convert("RGB").getpixel((VIEW // 2, VIEW // 2))
        assert red > 2 * blue
        colors = {picture.convert("RGB").getpixel((2 * VIEW + VIEW // 2, at)) for at in range(VIEW)}
        assert any(each[0] > 1.5 * each[2] for each in colors)
        assert any(each[2] > 1.2 * each[0] for each in colors)


def square(axes: tuple[int, int]) -> tuple[list[list[float]], list[list[int]]]:
    """Its corners, in the plane of two axes, and its triangles."""
    corners = [[0.0, 0.0, 0.0] for _ in range(4)]
    for corner, (first, second) in zip(corners, ((-1, -1), (1, -1), (1, 1), (-1, 1)), strict=True):
        corner[axes[0]], corner[axes[1]] = first, second
    return corners, [[0, 1, 2], [0, 2, 3]]


def reddened(content: bytes | None, view: int) -> int:
    """How many pixels of a view are red."""
    assert content is not None
    with Image.open(io.BytesIO(content)) as picture:
        pixels = picture.convert("RGB").crop((view * VIEW, 0, (view + 1) * VIEW, VIEW))
        red, green, _ = pixels.split()
        return sum(a > b + 40 for a, b in zip(red.tobytes(), green.tobytes(), strict=True))


def test_a_plane_that_is_seen_from_its_edge_is_a_line() -> None:
    """From the other side it is a surface."""
    corners, triangles = square((0, 1))
    shape = Shape(numpy.array(corners, numpy.float32), numpy.array(triangles, numpy.uint32), (1, 0, 0), 1.0)
    content = drawn([shape], "Å")
    assert reddened(content, 0) > VIEW * VIEW // 2
    assert VIEW // 2 < reddened(content, 1) < VIEW * 8


def test_wires_and_boxes_are_lines() -> None:
    """A wireframe has its edges, each once, and nothing in between; a box has twelve."""
    corners, triangles = square((0, 1))
    edges = edges_of(numpy.array(triangles, numpy.uint32))
    assert sorted(map(tuple, edges.tolist())) == [(0, 1), (0, 2), (0, 3), (1, 2), (2, 3)]
    shape = Shape(numpy.array(corners, numpy.float32), None, (1, 0, 0), 1.0, edges)
    assert VIEW < reddened(drawn([shape], "Å"), 0) < VIEW * 20
    box = box_of(shape, "volume")
    assert box.edges is not None
    assert len(box.edges) == 12


def test_nothing_to_draw_is_no_picture() -> None:
    """Neither is a point without a place."""
    assert drawn([], "Å") is None
    assert drawn([Shape(numpy.full((3, 3), numpy.nan, numpy.float32), None, (1, 0, 0), 1.0)], "Å") is None


@pytest.mark.parametrize(("text", "rtl"), [("مرحبا 1", True), ("1 שלום", True), ("abc مرحبا", False), ("12", False)])
def test_a_text_begins_where_its_script_does(text: str, rtl: bool) -> None:
    """By its first letter."""
    assert is_rtl(text) == rtl


def test_a_single_long_text_is_cut_within() -> None:
    """It begins in the picture, and its end is left out."""
    text = "\n".join(f"line {number}" for number in range(5000))

    class One:
        def __init__(self):
            self.blocks = [Code(text)]

        def next(self):
            found, self.blocks = self.blocks, []
            return found
            yield

    cut = cutting.Cut(One())
    with pytest.raises(StopIteration) as ended:
        next(cut.next())
    code, remark = ended.value.value
    assert code.text.startswith("line 0\n")
    assert "line 4999" not in code.text
    assert "cut" in remark.text
    assert cut.is_cut


@pytest.mark.parametrize("address", ["", "https://example.org/" + "a" * 9000])
def test_a_link_that_cannot_be_followed_on_paper_is_its_words(client: Client, address: str) -> None:
    """One that leads nowhere, or is longer than a typesetter takes, costs the link and not the print."""
    client.save("aiderdesk", "linked", chat(message("user", f"See [the other page]({address}) too")))
    assert "See the other page too" in words_of(exported(client, "aiderdesk/linked", "pdf"))


def test_nothing_is_left_out_of_what_was_said(client: Client) -> None:
    """Neither what stands deep in lists, nor the end of a paragraph that is one long line."""
    nested = "\n".join(f"{'  ' * depth}- depth{depth}" for depth in range(30))
    paragraph = "word " * 1000 + "lastword"
    client.save("aiderdesk", "all", chat(message("user", nested), message("assistant", paragraph)))
    page, paper = exported(client, "aiderdesk/all", "html").decode(), words_of(exported(client, "aiderdesk/all", "pdf"))
    assert all("depth29" in each and "lastword" in each for each in (page, paper))


def test_a_picture_that_would_fill_the_memory_is_not_unpacked(
    client: Client, recwarn: pytest.WarningsRecorder
) -> None:  # fmt: skip
    """It is said that it is not drawn, there, and nowhere else."""
    file = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(file, "PNG")
    piece = {"type": "image", "image": base64.b64encode(file.getvalue()).decode()}
    client.save("aiderdesk", "bomb", chat(message("user", [piece, {"type": "text", "text": "Look"}])))
    assert "cannot be drawn" in words_of(exported(client, "aiderdesk/bomb", "pdf"))
    assert not recwarn.list


def test_loci_for_which_there_is_no_room_are_counted(client: Client) -> None:
    """More than can stand beside each other are not left out without a word."""
    loci = " ".join(f"chr{number}:1-1,000" for number in range(1, 13))
    track = '<Panel name="P" height="50"><Track clazz="org.broad.igv.track.FeatureTrack" id="a.bed" name="a"/></Panel>'
    text = f'<Session genome="hg38" locus="{loci}" version="8"><Resources/>{track}</Session>'
    client.save("igv", "loci", text.encode())
    export = client.export("igv/loci", "html")
    assert "The first 8 of 12 loci are drawn." in b"".join(export.read()).decode()
    assert [*export.remarks] == ["The first 8 of 12 loci are drawn."]
