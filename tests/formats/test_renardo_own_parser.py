"""Our view of Renardo's reading against Renardo's own parser, where its source is at hand.

Renardo is no dependency. Set ``RENARDO_EDITOR_SOURCE`` to ``webclient/src/CodeEditor.svelte`` of 1.0.0a10 to
run its own lines in Node.
"""

import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from holdfast_daemon.formats.renardo import as_renardo_would

SOURCE = os.environ.get("RENARDO_EDITOR_SOURCE")
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(not SOURCE or not NODE, reason="RENARDO_EDITOR_SOURCE or node is not there")

PIECES = [
    "\n",
    "\n\n",
    "#" * 80,
    "#" * 85,
    "\n######## a\n",
    "######## ",
    "//" + "=" * 78 + "\n",
    " ",
    "\u2028",
    "\x85",
]
PIECES += [
    "// STARTUP_FILE: s.py\n",
    "//" + "=" * 78 + "\n// STARTUP_FILE: t.py\n//" + "=" * 78 + "\n",
    "𝄞",
    "x",
    "\ufeff",
]
PIECES += ["\n" + "#" * 80 + "\n######## b\n" + "#" * 80 + "\n"]

HARNESS = """
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
async function load(content) {
  const data = {content}; const startupFiles = []; const loadStartupFiles = async () => {};
  const currentSession = {}; let tabs, selectedStartupFile; console.warn = () => {};
  %s
  return tabs.map(tab => [tab.name, tab.content]);
}
Promise.all(texts.map(load)).then(all => process.stdout.write(JSON.stringify(all)));
"""


def test_fact_20_our_reading_is_that_of_renardos_own_parser():
    """Fact 20: 20 000 texts of the pieces that matter give the same tabs in both."""
    chance = random.Random(20)
    texts = ["".join(chance.choices(PIECES, k=chance.randint(0, 14))) for _ in range(20_000)]
    source = Path(SOURCE).read_text("utf-8")
    begin = source.index("const startupFileMatch = data.content.match", source.index("async function loadSessionFile"))
    body = source[begin : source.index("activeTabId = tabs[0].id", begin)]
    run = subprocess.run(
        [NODE, "-e", HARNESS % body], input=json.dumps(texts), capture_output=True, text=True, check=True
    )
    for text, tabs in zip(texts, json.loads(run.stdout), strict=True):
        assert [list(tab) for tab in as_renardo_would(text.encode())] == tabs
