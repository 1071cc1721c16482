"""What the page shows of a session: timeline, previews, parts, and how two snapshots differ."""

from __future__ import annotations

import base64
import json
import re
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from holdfast import Client

MOSAIC = Path(__file__).parents[1] / "data" / "mosaic" / "mosaic-1.0.16.pickle"
LINE = "#" * 80
HOSTILE = '<img src=x onerror="alert(1)">'
FRAGMENT = {"hx-request": "true"}
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63"
    "64f8cf500f000e0301801a347d6b0000000049454e44ae426082"
)


def renardo(**buffers: str) -> bytes:
    """A session with these buffers."""
    return "".join(f"\n{LINE}\n######## {name}\n{LINE}\n{text}\n" for name, text in buffers.items()).encode()


def chat(*messages: object) -> bytes:
    """A session of AiderDesk."""
    return json.dumps({"version": 2, "contextMessages": messages, "contextFiles": []}).encode()


def text_of(page: TestClient, path: str, **query: str) -> str:
    """What the page answers as a fragment."""
    answer = page.get(path, params=query, headers=FRAGMENT)
    assert answer.status_code == 200, answer.text
    return answer.text


def words(html: str) -> str:
    """Without tags."""
    return unescape(re.sub(r"<[^>]*>", "", html))


@pytest.fixture
def verse(holdfast_client: Client) -> str:
    """The id of a session of Renardo with two snapshots."""
    holdfast_client.save("renardo", "verse", renardo(drums='d1 >> play("x-o-")', bass="b1 >> bass([0, 2])"))
    saved = holdfast_client.save("renardo", "verse", renardo(drums='d1 >> play("x-o-")', bass="b1 >> bass([0, 4])"))
    return saved.session.id


def test_a_session_shows_its_buffers_highlighted(page: TestClient, verse: str) -> None:
    """Every buffer is there under its name, its code in colours and with numbered lines."""
    html = text_of(page, f"/session/{verse}")
    assert "bass" in words(html)
    assert "b1 >> bass([0, 4])" in words(html)
    assert 'class="linenos"' in html
    assert '<span class="s2">' in html


def test_a_browser_itself_gets_the_whole_page(page: TestClient, verse: str) -> None:
    """An address that is typed or reloaded shows the list too; what htmx asks for is the session alone."""
    assert "<!doctype html>" in page.get(f"/session/{verse}").text
    assert "<!doctype html>" not in text_of(page, f"/session/{verse}")


def test_an_older_snapshot_is_shown_as_it_was(page: TestClient, holdfast_client: Client, verse: str) -> None:
    """``at`` leads back in time."""
    oldest = holdfast_client.log("renardo/verse").rows[-1].snapshot
    shown = words(text_of(page, f"/session/{verse}", at=oldest))
    assert "bass([0, 2])" in shown
    assert "bass([0, 4])" not in shown


def test_a_deleted_session_is_shown_with_its_history(page: TestClient, holdfast_client: Client, verse: str) -> None:
    """Yesterday's buffer of a session that is gone can be looked at."""
    holdfast_client.delete("renardo/verse")
    html = text_of(page, f"/session/{verse}")
    assert "deleted" in words(html)
    assert "bass([0, 4])" in words(html)
    assert html.count('<rect class="size"') == 2


def test_the_timeline_tells_pins_and_suspects(page: TestClient, holdfast_client: Client, verse: str) -> None:
    """A pin's label and the reason of a suspect save stand in the history, and both are drawn otherwise."""
    holdfast_client.pin("renardo/verse@-1", "the good one")
    assert holdfast_client.save("renardo", "verse", b"").outcome == "suspect"
    html = text_of(page, f"/session/{verse}")
    reason = next(row.suspect for row in holdfast_client.log("renardo/verse").rows if row.suspect)
    assert "pin the good one" in words(html)
    assert f"suspect: {reason}" in words(html)
    assert 'class="pin"' in html
    assert re.search(r'<g class="snapshot \w+ suspect', html)


def test_the_timeline_goes_back_beyond_what_fits(page: TestClient, holdfast_client: Client) -> None:
    """A history of more snapshots than are drawn has a way to the earlier ones, and back."""
    for number in range(125):
        saved = holdfast_client.save("notes", "many", b"note %d" % number)
    html = text_of(page, f"/session/{saved.session.id}")
    assert html.count('<rect class="size"') == 120
    assert "Earlier ones" in html
    earlier = text_of(page, f"/session/{saved.session.id}", before="120")
    assert earlier.count('<rect class="size"') == 5
    assert "Later ones" in earlier


def test_two_snapshots_are_compared_part_by_part(page: TestClient, holdfast_client: Client, verse: str) -> None:
    """The lines that went and came are told apart, for any two snapshots."""
    oldest = holdfast_client.log("renardo/verse").rows[-1].snapshot
    for html in (
        text_of(page, f"/session/{verse}", tab="compare"),
        text_of(page, f"/session/{verse}", **{"with": oldest}),
    ):
        assert '<span class="removed">-b1 &gt;&gt; bass([0, 2])' in html
        assert '<span class="added">+b1 &gt;&gt; bass([0, 4])' in html
        assert "drums" not in words(html[html.index('class="change') :])


def test_a_comparison_that_fails_leaves_the_way_to_others(page: TestClient, verse: str) -> None:
    """The error has its code, and the timeline is still there."""
    html = text_of(page, f"/session/{verse}", **{"with": "f" * 32})
    assert "not-found" in html
    assert 'aria-label="History"' in html


def test_a_chat_is_bubbles_with_folded_tool_calls(page: TestClient, holdfast_client: Client) -> None:
    """What a tool gave stands folded at what was asked of it; thoughts are folded too."""
    call = {"type": "tool-call", "toolCallId": "1", "toolName": "power---bash", "input": {"command": "pytest -q"}}
    result = {
        "type": "tool-result",
        "toolCallId": "1",
        "toolName": "power---bash",
        "output": {"type": "error-text", "value": "1 failed"},
    }
    messages = (
        {"role": "user", "content": "Run **the** tests"},
        {
            "role": "assistant",
            "content": [{"type": "reasoning", "text": "Hm."}, {"type": "text", "text": "Running."}, call],
        },
        {"role": "tool", "content": [result]},
    )
    saved = holdfast_client.save("aiderdesk", "chat", chat(*messages))
    html = text_of(page, f"/session/{saved.session.id}")
    assert "<strong>the</strong>" in html
    assert html.count('class="bubble ') == 2
    folded = html[html.index('<details class="call failed">') :]
    assert words(folded).index("pytest -q") < words(folded).index("1 failed")


def test_earlier_messages_of_a_long_chat_are_a_page_away(page: TestClient, holdfast_client: Client) -> None:
    """From page to page one reaches the first, none left out or shown twice. A page stays what it is when the chat goes
    on."""
    texts = [f"number {number:03}!" for number in range(250)]
    saved = holdfast_client.save("aiderdesk", "long", chat(*({"role": "user", "content": each} for each in texts)))
    address, seen = f"/session/{saved.session.id}", list[str]()
    while address:
        html = page.get(address, headers=FRAGMENT).text
        seen = re.findall(r"number \d{3}!", html) + seen
        earlier = re.search(r'href="[^"]*(/session/[^"]*until=[^"]*)">Earlier messages', html)
        address = unescape(earlier[1]) if earlier else ""
    assert seen == texts
    assert "1 to 50 of 250" in words(html)
    more = [{"role": "user", "content": each} for each in [*texts, "and one more"]]
    holdfast_client.save("aiderdesk", "long", chat(*more))
    again = text_of(page, f"/session/{saved.session.id}", until="50")
    assert re.findall(r"number \d{3}!", again) == texts[:50]
    assert "Later messages" in again


@pytest.mark.parametrize("until", ["0", "x", "-3", "9" * 30, "١"])
def test_a_page_of_a_chat_that_there_is_not_is_one_that_there_is(
    page: TestClient, holdfast_client: Client, until: str
) -> None:
    """Whatever stands in the address."""
    saved = holdfast_client.save("aiderdesk", "short", chat({"role": "user", "content": "the only one"}))
    assert "the only one" in words(text_of(page, f"/session/{saved.session.id}", until=until))


def test_pictures_of_a_chat_are_shown_by_the_page_itself(page: TestClient, holdfast_client: Client) -> None:
    """Those of a message in its bubble, those that a tool gave folded with it; what says that it is a picture and is
    none is named and not shown."""
    picture, vector = base64.b64encode(PICTURE).decode(), base64.b64encode(b"<svg onload='alert(1)'/>").decode()
    messages = (
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "See"},
                {"type": "image", "image": f"data:image/svg+xml;base64,{picture}", "mediaType": "text/html"},
                {"type": "file", "data": vector, "mediaType": "image/svg+xml", "filename": HOSTILE},
                {"type": "image", "image": "https://evil.example/p.png"},
            ],
        },
        {"role": "assistant", "content": [{"type": "tool-call", "toolCallId": "1", "toolName": "shot", "input": {}}]},
        {
            "role": "tool",
            "content": [
                {
                    "type": "tool-result",
                    "toolCallId": "1",
                    "toolName": "shot",
                    "output": {"type": "content", "value": [{"type": "media", "data": picture, "mediaType": "x/y"}]},
                }
            ],
        },
    )
    saved = holdfast_client.save("aiderdesk", "chat", chat(*messages))
    html = text_of(page, f"/session/{saved.session.id}")
    sources = [unescape(each) for each in re.findall(r'<img [^>]*src="([^"]*)"', html)]
    assert len(sources) == 2
    for source in sources:
        answer = page.get(source.partition("/secret")[2])
        assert (answer.headers["content-type"], answer.content) == ("image/png", PICTURE)
    assert "shot · 1 picture" in words(html)
    assert f"Attached: {HOSTILE}" in words(html)
    assert picture[:40] not in html
    assert "evil.example" not in re.sub(r"<pre.*?</pre>", "", html)
    refused = page.get(sources[0].partition("/secret")[2].replace("number=0", "number=7"))
    assert "not-found" in refused.text


def test_a_message_with_a_large_picture_is_read_as_a_message(page: TestClient, holdfast_client: Client) -> None:
    """A screenshot of two megabytes does not turn it into raw JSON."""
    picture = base64.b64encode(PICTURE + b"x" * 2_000_000).decode()
    content = [{"type": "text", "text": "**Look**"}, {"type": "image", "image": picture}]
    saved = holdfast_client.save("aiderdesk", "chat", chat({"role": "user", "content": content}))
    html = text_of(page, f"/session/{saved.session.id}")
    assert "<strong>Look</strong>" in html
    assert html.count("<img ") == 1
    assert len(html) < 50_000


def test_nothing_of_a_chat_runs_or_asks_the_network(page: TestClient, holdfast_client: Client) -> None:
    """HTML is shown as text, a picture is a link to it that nobody fetches, and links lead to the web only."""
    text = (
        f"{HOSTILE} ![p](https://evil.example/p.png) [a](javascript:alert(1)) [b](/session/x) [c](https://example.org)"
    )
    saved = holdfast_client.save("aiderdesk", "chat", chat({"role": "user", "content": text}))
    html = text_of(page, f"/session/{saved.session.id}")
    assert "<img" not in html
    hostile = re.findall(r'<a href="([^"]*)" target="_blank" rel="noopener noreferrer nofollow">', html)
    assert hostile == ["https://evil.example/p.png", "https://example.org"]
    assert 'href="javascript' not in html


def test_hostile_names_and_texts_stay_text(page: TestClient, holdfast_client: Client) -> None:
    """Names, notes, tags, pins, messages and buffers with HTML in them are read, not obeyed."""
    name = HOSTILE.replace("/", "")
    saved = holdfast_client.save("renardo", name, renardo(**{name: HOSTILE}), message=HOSTILE, tags=[HOSTILE])
    ref = f"renardo/{name}"
    holdfast_client.note(ref, HOSTILE)
    holdfast_client.pin(ref, HOSTILE)
    holdfast_client.save("renardo", name, renardo(**{name: f"{HOSTILE}\n2"}))
    for tab in ("preview", "parts", "compare"):
        assert "<img" not in text_of(page, f"/session/{saved.session.id}", tab=tab)


def test_control_characters_and_endless_lines_are_shown_within_bounds(
    page: TestClient, holdfast_client: Client
) -> None:
    """An escape code is a picture of one, what turns the reading direction is told, a line of 10 MB is cut."""
    saved = holdfast_client.save("notes", "odd", "\x1b[31mred \u202e".encode() + b"x" * 10_000_000)
    html = text_of(page, f"/session/{saved.session.id}")
    assert "␛[31mred ⟨U+202E⟩" in words(html)
    assert "\x1b" not in html
    assert "signs more" in words(html)
    assert len(html) < 100_000


@pytest.mark.parametrize(
    ("name", "content", "seen", "view"),
    [
        ("sizes.csv", b"name,size\nkelp,3\n", '<td dir="auto">kelp</td>', "text"),
        ("sizes.tsv", "name\tقالب\nkelp\t3\n".encode(), '<th dir="auto">قالب</th>', "text"),
        ("sizes.json", b'[{"name": "kelp"}]', '<td dir="auto">kelp</td>', "text"),
        ("a.png", PICTURE, '<img class="picture"', "raw"),
        ("a.bin", bytes(600), "00 00 00 00", ""),
        ("a.svg", b"<svg onload='alert(1)'/>", "&lt;", ""),
        ("a.py", b"def one(): return 2", '<span class="k">def</span>', ""),
    ],
)
def test_a_document_is_shown_as_what_it_is(
    page: TestClient, holdfast_client: Client, name: str, content: bytes, seen: str, view: str
) -> None:
    """A table, a picture, bytes or text, without an application that knows it; from a table there is a way to its
    text."""
    saved = holdfast_client.save("notes", name, content)
    html = text_of(page, f"/session/{saved.session.id}")
    assert seen in html
    assert (f"as={view}" in html) == bool(view)


def test_code_reads_from_left_to_right_and_other_text_as_its_lines_do(
    page: TestClient, holdfast_client: Client
) -> None:
    """A buffer that begins in Arabic is not turned around; letters that are joined stay so."""
    text = "# مرحبا \u200c\U0001f469\u200d\U0001f3a4"
    code = holdfast_client.save("renardo", "أغنية", renardo(طبول=text))
    html = text_of(page, f"/session/{code.session.id}")
    assert '<div class="code">' in html
    assert "\u200c\U0001f469\u200d\U0001f3a4" in html
    note = holdfast_client.save("notes", "مذكرة", "مرحبا".encode())
    assert '<div class="code words">' in text_of(page, f"/session/{note.session.id}")


def test_many_remarks_are_folded(page: TestClient, holdfast_client: Client) -> None:
    """They do not push what the session holds off the screen."""
    saved = holdfast_client.save("renardo", "odd", renardo(**dict.fromkeys("abc", f"x = 1\n{LINE}\ny")))
    html = text_of(page, f"/session/{saved.session.id}")
    assert re.search(r"<details class=\"warnings\"><summary>\d+ remarks", html)


def parts_of(client: Client, app: str, content: bytes) -> tuple[str, str]:
    """A new session: the address of its snapshot's parts, and the key of the last part."""
    saved = client.save(app, "parts", content)
    return f"/part/{saved.session.id}/{saved.snapshot}", client.show(f"{app}/parts").parts[-1].key


@pytest.mark.parametrize(
    ("content", "view", "seen"),
    [
        (b"plain words", "text", "plain words"),
        (b"plain words", "hex", "70 6c 61 69 6e 20 77 6f 72 64 73"),
        (b"\x00\x01\xff", "", "00 01 ff"),
        (b"name,size\nkelp,3\n", "table", "kelp"),
        (b'[{"name": "kelp", "size": 3}]', "table", "kelp"),
        (b"no table", "table", "This part is no table"),
        (b"<svg onload='alert(1)'/>", "image", "This part is no picture"),
        (PICTURE, "", "as=raw"),
    ],
)
def test_a_part_is_text_table_picture_or_hex(
    page: TestClient, holdfast_client: Client, content: bytes, view: str, seen: str
) -> None:
    """Any part can be looked at in each way; without a choice, in the one that fits."""
    path, key = parts_of(holdfast_client, "notes", content)
    html = text_of(page, path, key=key, **({"as": view} if view else {}))
    assert seen in html.replace("&amp;", "&")


def test_only_pictures_are_given_out_as_they_are(page: TestClient, holdfast_client: Client) -> None:
    """A picture has its type by its content; HTML or SVG of a session never reaches the browser as such."""
    path, key = parts_of(holdfast_client, "notes", PICTURE)
    answer = page.get(path, params={"key": key, "as": "raw"})
    assert (answer.headers["content-type"], answer.content) == ("image/png", PICTURE)
    holdfast_client.save("notes", "svg", b"<svg onload='alert(1)'/>")
    row = holdfast_client.show("notes/svg")
    assert row.snapshot is not None
    refused = page.get(
        f"/part/{row.session.id}/{row.snapshot.snapshot}", params={"key": row.parts[-1].key, "as": "raw"}
    )
    assert "onload" not in refused.text
    assert "not-found" in refused.text


def test_a_long_part_is_read_in_pieces(page: TestClient, holdfast_client: Client) -> None:
    """From the first bytes of a long part one goes on to those behind them."""
    path, key = parts_of(holdfast_client, "notes", b"a" * 4096 + b"\xfebehind")
    first = text_of(page, path, key=key, **{"as": "hex"})
    assert "offset=4096" in first
    assert "fe 62 65 68 69 6e 64" in text_of(page, path, key=key, **{"as": "hex", "offset": "4096"})


def test_the_parts_of_a_session_can_be_ticked(page: TestClient, verse: str) -> None:
    """The tab lists every part with a tick and a way to look at it."""
    html = text_of(page, f"/session/{verse}", tab="parts")
    assert html.count('type="checkbox" name="part"') == 2
    assert f"/ask/restore/{verse}" in html


def test_numbers_of_an_array_are_a_table(page: TestClient, holdfast_client: Client) -> None:
    """The coordinates of a cluster of Mosaic stand in rows, with the number of each."""
    saved = holdfast_client.import_document("cell", MOSAIC.read_bytes())
    part = next(part for part in holdfast_client.show("mosaic/cell").parts if part.arrays)
    html = text_of(page, f"/part/{saved.session.id}/{saved.snapshot}", key=f"{part.key}/{part.arrays[0].name}")
    assert 'dir="auto">x</th>' in html
    assert '<td dir="auto">0</td>' in html


def test_a_session_that_is_not_there_is_refused_in_words(page: TestClient) -> None:
    """The error has its code, in the place of the session."""
    answer = page.get(f"/session/{'0' * 32}", headers=FRAGMENT)
    assert (answer.status_code, "not-found" in answer.text) == (404, True)


@pytest.mark.parametrize("query", [{"before": "x"}, {"tab": "<b>"}, {"at": "%00"}, {"before": "9" * 40}])
def test_an_odd_address_is_no_failure_of_the_server(page: TestClient, verse: str, query: dict[str, str]) -> None:
    """Whatever stands behind the question mark, there is an answer."""
    assert page.get(f"/session/{verse}", params=query, headers=FRAGMENT).status_code < 500


def test_what_is_hostile_in_a_table_a_chat_or_a_remark_stays_text(page: TestClient, holdfast_client: Client) -> None:
    """HTML in a cell, in what a file is called, in a tool's name, in a thought; escape codes, halves of letters and
    lines that end oddly are shown within bounds."""
    odd = f"{HOSTILE}\u001b[31m\u2028\u202e\u0000" + "y" * 10_000_000
    call = {"type": "tool-call", "toolCallId": HOSTILE, "toolName": f"s---{odd[:99]}", "input": {HOSTILE: odd[:5000]}}
    pieces = [{"type": "reasoning", "text": odd[:5000]}, {"type": "file", "filename": odd[:5000]}, call]
    half = json.dumps({"version": 2, "contextMessages": [{"role": HOSTILE, "content": pieces}], "contextFiles": []})
    documents = {
        ("notes", "odd.csv"): f'name,size\n"{HOSTILE}",{"z" * 200_000}\n\u2028,\u202e\n'.encode(),
        ("notes", "odd.json"): json.dumps([{HOSTILE: odd[:3000], "half": "\ud800"}]).encode(),
        ("notes", "cut.json"): b'[{"a": "' + b"x" * 10_000_000,
        ("aiderdesk", "odd"): half.replace('"size"', '"\\ud800"').encode(),
    }
    for (app, name), content in documents.items():
        saved = holdfast_client.save(app, name, content)
        html = text_of(page, f"/session/{saved.session.id}")
        assert "<img src=x" not in html
        assert not {"\x1b", "\x00", "\u202e"} & {*html}
        assert len(html) < 200_000
