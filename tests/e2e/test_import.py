"""Many documents by the command line: what is said of each, and of all."""

from __future__ import annotations

from pathlib import Path

from e2e_daemon import Daemon, renardo

CUT = b'{"version": 1, "contextMessages": [{"role": "user", "content": "Gr'


def put(folder: Path, files: dict[str, bytes]) -> Path:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def test_a_folder_is_summed_up(shared: Daemon, tmp_path: Path) -> None:
    """What is taken is told, and what is damaged, with the reason and exit 8; the rest is counted, and listed with
    -v."""
    put(tmp_path, {"a/summed.py": renardo("x = 1"), "b/notes.txt": b"mine", "b/cut.json": CUT})
    said = shared.cli("import", str(tmp_path))
    assert said.code == 8
    assert "taken renardo/summed" in said.text
    assert "cut.json: Not a readable aiderdesk document" in said.err
    assert "notes.txt" not in said.err
    assert said.err.endswith("holdfast: 1 taken, 1 not recognised, 1 damaged\n")
    assert shared.cli("import", str(tmp_path / "b" / "notes.txt"), str(tmp_path / "b" / "cut.json")).code == 8
    (tmp_path / "b" / "cut.json").unlink()
    again = shared.ok("import", str(tmp_path), "-v")
    assert "known renardo/summed" in again.text
    assert "notes.txt: not recognised" in again.err
    assert again.err.endswith("holdfast: 0 taken, 1 already known, 1 not recognised\n")
    quiet = shared.ok("import", str(tmp_path), "-q")
    assert (quiet.text, quiet.err) == ("", "")


def test_a_row_for_each_path_and_one_for_all(shared: Daemon, tmp_path: Path) -> None:
    """With --json: the outcome and, where there is one, the session; of one document that alone."""
    put(tmp_path, {"rows.py": renardo("x = 2"), "cut.json": CUT, "nobody": b"x"})
    said = shared.cli("import", str(tmp_path), "--json")
    *rows, last = said.rows
    assert {Path(row["path"]).name: row["outcome"] for row in rows} == {
        "rows.py": "taken", "cut.json": "damaged", "nobody": "unrecognised",
    }  # fmt: skip
    by_outcome = {row["outcome"]: row for row in rows}
    assert by_outcome["taken"]["session"]["name"] == "rows"
    assert by_outcome["damaged"]["code"] == "damaged"
    counts = {"taken": 1, "known": 0, "unrecognised": 1, "damaged": 1, "refused": 0}
    assert last == {"counts": counts, "interrupted": False}
    (row,) = shared.ok("import", str(tmp_path / "rows.py"), "--json").rows
    assert (row["outcome"], row["session"]["name"]) == ("known", "rows")


def test_what_one_names_has_to_be_a_document(shared: Daemon, tmp_path: Path) -> None:
    """Exit 1 for a file that nobody recognises, though others were taken; 4 for a name that is taken; 2 for one name
    of a folder of several."""
    put(tmp_path, {"named.py": renardo("x = 3"), "odd.txt": b"odd", "sub/other.py": renardo("x = 4")})
    said = shared.cli("import", str(tmp_path / "odd.txt"), str(tmp_path / "named.py"))
    assert said.code == 1
    assert "--app plain" in said.err
    assert "taken renardo/named" in said.text
    said = shared.cli("import", str(tmp_path / "sub" / "other.py"), "--name", "named")
    assert said.code == 4
    assert "--name" in said.err
    assert shared.cli("import", str(tmp_path / "sub"), "--name", "several").code == 2
    assert "taken plain/odd" in shared.ok("import", str(tmp_path / "odd.txt"), "--app", "plain").text


def test_no_name_of_a_file_forges_a_line(shared: Daemon, tmp_path: Path) -> None:
    """Whatever is said of it is on one line."""
    put(tmp_path, {"odd\nholdfast: 9 taken": b"of nobody"})
    said = shared.ok("import", str(tmp_path), "-v")
    assert said.err.splitlines()[1:] == ["holdfast: 0 taken, 1 not recognised"]


def test_a_folder_with_nothing_in_it_says_so(shared: Daemon, tmp_path: Path) -> None:
    """It is no failure."""
    said = shared.ok("import", str(tmp_path))
    assert (said.text, said.err) == ("", "holdfast: 0 taken\n")


def test_what_points_to_files_beside_it_is_told_how_to_find_them(daemon: Daemon, tmp_path: Path) -> None:
    """A copy in the store's folder finds nothing relative to that; the command that is named mends it, and before that
    an export says so too. Nothing is said at the import of what is missing there too, and of what leads on."""
    rows = "".join(f'<Resource path="{path}"/>' for path in ("../my data/genes.bed", "../my data/x/a.bed", "gone.bed"))
    session = f'<?xml version="1.0"?>\n<Session genome="hg38" version="8"><Resources>{rows}</Resources></Session>'
    put(tmp_path, {"s/moved.xml": session.encode(), "my data/genes.bed": b"", "my data/x/a.bed": b""})
    put(tmp_path, {"s/fixed.xml": session.replace("../my", f"{tmp_path}/my").encode()})
    said = daemon.ok("import", str(tmp_path / "s" / "moved.xml"))
    assert said.err.endswith(f": holdfast relink igv/moved --search '{tmp_path / 'my data'}'\n")
    target = str(tmp_path / "there" / "again.xml")
    (tmp_path / "there").mkdir()
    said = daemon.ok("export", "igv/moved", "--to", "xml", "-o", target)
    assert "../my data/genes.bed and 2 more: nothing" in said.err
    daemon.cli("relink", "igv/moved", "--search", str(tmp_path / "my data"))
    again = daemon.ok("export", "igv/moved", "--to", "relative", "-o", target, "--force")
    assert again.err.startswith("holdfast: gone.bed: nothing is there from where the session lies")
    assert b'"../my data/genes.bed"' in (tmp_path / "there" / "again.xml").read_bytes()
    rows = daemon.cli("check-resources", "igv/moved", "--json").rows
    assert [row["state"] for row in rows] == ["there", "there", "missing"]
    assert daemon.ok("import", str(tmp_path / "s" / "fixed.xml")).err == ""


def test_what_comes_through_a_pipe_is_recognised(shared: Daemon) -> None:
    """Under the name that is said."""
    content = renardo("x = 5")
    assert "taken renardo/piped" in shared.ok("import", "-", "--name", "piped", content=content).text
    assert shared.cli("import", "-", "--name", "other", content=b"of nobody").code == 1
    assert shared.ok("cat", "renardo/piped").out == content
