"""Small documents of the four applications, as these write them themselves."""

from __future__ import annotations

import json
from typing import Any

from mosaic_sessions import World

RULE = "//" + "=" * 78
SEPARATOR = "#" * 80


def renardo(startup: str, *buffers: tuple[str, str]) -> str:
    """A session as Renardo a1 to a10 writes it: the startup file's text, then (name, text) of each buffer."""
    head = f"{RULE}\n// STARTUP_FILE: startup.py\n{RULE}\n{startup}\n\n"
    return head + "\n".join(f"{SEPARATOR}\n######## {name}\n{SEPARATOR}\n{text}" for name, text in buffers)


def chat(*texts: str, files: tuple[str, ...] = (), **more: Any) -> bytes:
    """A session of AiderDesk, or a task's ``context.json``: user and assistant by turns."""
    messages = [
        {"id": f"m{place}-{text[:12]}", "role": "assistant" if place % 2 else "user", "content": text}
        for place, text in enumerate(texts)
    ]
    return as_javascript({**more, "contextMessages": messages, "contextFiles": [{"path": path} for path in files]})


def long_chat(messages_count: int, about: str, text_bytes: int = 80, **more: Any) -> bytes:
    """A chat that somebody spent a day on."""
    texts = (f"{about} {place} ".ljust(text_bytes, "x") for place in range(messages_count))
    return chat(*texts, files=("src/app.ts",), **more)


def task(name: str, state: str = "IN_PROGRESS") -> bytes:
    """The ``settings.json`` of one of AiderDesk's tasks."""
    return as_javascript({"id": name, "baseDir": "/home/ann/project", "name": name, "state": state, "archived": False})


def as_javascript(value: object) -> bytes:
    """``JSON.stringify(value, null, 2)``."""
    return json.dumps(value, indent=2, ensure_ascii=False).encode()


def igv(*tracks: str, locus: str = "chr1:1000-9000", color: str = "0,0,178", more: str = "") -> bytes:
    """A session as IGV 2 writes it; ``tracks`` are paths, ``more`` further attributes of each track."""
    resources = "".join(f'        <Resource path="{path}" type="wig"/>\n' for path in tracks)
    styled = "".join(
        f'        <Track clazz="org.broad.igv.track.DataSourceTrack" color="{color}" height="40" id="{path}"{more} '
        f'name="{path.rpartition("/")[2]}" renderer="BAR_CHART" visible="true" windowFunction="mean">\n'
        '            <DataRange baseline="0.0" maximum="10.0" minimum="0.0" type="LINEAR"/>\n'
        "        </Track>\n"
        for path in tracks
    )
    reference = 'clazz="org.broad.igv.track.SequenceTrack" id="Reference sequence" name="Reference sequence"'
    return "".join(
        (
            '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n',
            f'<Session genome="/genomes/toy.fa" locus="{locus}" version="8">\n',
            f"    <Resources>\n{resources}    </Resources>\n" if tracks else "",
            f'    <Panel height="390" name="DataPanel" width="1131">\n{styled}    </Panel>\n' if tracks else "",
            f'    <Panel height="60" name="FeaturePanel" width="1131">\n        <Track {reference}/>\n    </Panel>\n',
            '    <PanelLayout dividerFractions="0.8"/>\n',
            '    <HiddenAttributes>\n        <Attribute name="NAME"/>\n    </HiddenAttributes>\n',
            "</Session>\n",
        )
    ).encode()


#: What IGV saves after New: the genome and nothing else.
IGV_NEW = igv(locus="All")


def mosaic(*counts: int) -> bytes:
    """A session of Mosaic with a cluster of so many points each."""
    world = World()
    return world.pickled(world.session(clusters(world, *counts)))


def clusters(world: World, *counts: int) -> list[object]:
    """Membranes, the same whenever they have as many points; what stands beside the points is left out."""
    made = [world.geometry(f"membrane {place}", count, seed=place) for place, count in enumerate(counts, 1)]
    for each in made:
        each.vertex_properties._properties = {}
    return made
