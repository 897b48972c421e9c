"""Console lines: those of one writer by their numbers, those of several side by side in time.

A line that is written again (a progress bar) replaces the one of its number. Lines are numbered 0, 1, 2 … in
the order they are shown, which for one writer is the number it gave.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from apps.metrics import sql
from apps.metrics.blocks import Block, Part
from apps.metrics.codec import Floats, Ints
from apps.metrics.models import Kind
from apps.metrics.reading import read_waiting_blocks
from apps.metrics.shelf import CONSOLE_IDS
from apps.metrics.tile_reader import Contents, TileReader, list_tiles
from apps.metrics.tiles import SHARED

STREAM_NAMES = ("stdout", "stderr")
MAX_POSITIONS = 10_000
TEXT, STREAM = CONSOLE_IDS["text"], CONSOLE_IDS["stream"]

Line = tuple[int, float, str, str]


@dataclass(slots=True)
class Console:
    """A part of a run's console."""

    lines: list[Line]
    total: int  # lines there are
    # Of a search: the numbers of the lines that match, the first MAX_POSITIONS of them, and how many do.
    positions: list[int] | None = None
    matches: int | None = None


@dataclass(slots=True)
class _Source:
    """Lines that lie together: a tile, whose texts are read when wanted, or a waiting block."""

    stream: int
    numbers: Ints
    times: Floats
    tile_id: int | None = None
    block: Block | None = None


@dataclass(slots=True)
class _Shown:
    """Every shown line: its source, its place there and its time."""

    sources: list[_Source]
    source: Ints
    place: Ints
    times: Floats


def read_console(
    run_id: int,
    *,
    first: int = 0,
    limit: int = 1000,
    tail: int | None = None,
    search: str = "",
) -> Console:
    """Return `limit` lines from number `first` on, or the last `tail`; with `search`, of those that hold it.

    Case does not matter in a search.
    """
    with sql.snapshot():
        reader = TileReader()
        shown = _arrange(_sources(run_id, reader))
        total = len(shown.times)
        if search:
            matching = _find(shown, reader, search)
            chosen = matching[matching >= first]
            chosen = chosen[-tail:] if tail is not None else chosen[:limit]
            lines = _read_lines(shown, reader, chosen)
            return Console(lines, total, matching[:MAX_POSITIONS].tolist(), len(matching))
        start = max(0, total - tail) if tail is not None else min(first, total)
        end = total if tail is not None else min(start + limit, total)
        return Console(_read_lines(shown, reader, np.arange(start, end)), total)


def _sources(run_id: int, reader: TileReader) -> list[_Source]:
    tiles = list_tiles([run_id], Kind.CONSOLE)[run_id]
    contents = reader.find([t.tile_id for t in tiles], [], {Part.STEP, Part.TIME})
    reader.fetch(contents)
    sources = [
        _Source(
            tile.stream_id,
            contents[tile.tile_id].read(SHARED, Part.STEP),
            contents[tile.tile_id].read(SHARED, Part.TIME),
            tile_id=tile.tile_id,
        )
        for tile in tiles
    ]
    waiting = read_waiting_blocks([run_id], Kind.CONSOLE, None).get(run_id, {})
    sources += [_Source(s, block.steps, block.times, block=block) for s, block in waiting.items()]
    return sorted(sources, key=lambda source: source.stream)


def _arrange(sources: list[_Source]) -> _Shown:
    """Put the lines of all sources in the order they are shown."""
    nothing = np.zeros(0, np.int64)
    columns: list[tuple[Ints, Ints, Floats, Floats]] = []
    for stream in dict.fromkeys(source.stream for source in sources):
        own = [(i, s) for i, s in enumerate(sources) if s.stream == stream]
        numbers = np.concatenate([s.numbers for _, s in own])
        source = np.concatenate([np.full(len(s.numbers), i) for i, s in own])
        place = np.concatenate([np.arange(len(s.numbers)) for _, s in own])
        times = np.concatenate([s.times for _, s in own])
        order = np.argsort(numbers, kind="stable")
        ordered = numbers[order]
        order = order[np.append(ordered[1:] != ordered[:-1], True)]
        # Within a stream numbers rule; a clock that was set back must not mix its lines up.
        columns.append(
            (source[order], place[order], times[order], np.maximum.accumulate(times[order]))
        )
    if not columns:
        return _Shown([], nothing, nothing, np.zeros(0))
    source, place, times, clock = (np.concatenate(parts) for parts in zip(*columns, strict=True))
    if len(columns) > 1:
        order = np.argsort(clock, kind="stable")
        source, place, times = source[order], place[order], times[order]
    return _Shown(sources, source, place, times)


def _read_texts(
    shown: _Shown, reader: TileReader, wanted: Ints
) -> dict[int, tuple[Any, list[bytes]]]:
    """Return stream codes and texts of the wanted sources."""
    tile_ids = {shown.sources[i].tile_id: i for i in wanted.tolist()}
    contents: dict[int, Contents] = reader.find(
        [tile_id for tile_id in tile_ids if tile_id is not None],
        [TEXT, STREAM],
        {Part.VALUE, Part.OBJECTS},
    )
    reader.fetch(contents)
    texts: dict[int, tuple[Any, list[bytes]]] = {}
    for index in wanted.tolist():
        source = shown.sources[index]
        if source.block is not None:
            column, objects = source.block.columns["stream"], source.block.objects["text"]
            texts[index] = column.parts[Part.VALUE], objects.texts
        elif source.tile_id is not None:
            content = contents[source.tile_id]
            texts[index] = (content.read(STREAM, Part.VALUE), content.read(TEXT, Part.OBJECTS))
    return texts


def _read_lines(shown: _Shown, reader: TileReader, chosen: Ints) -> list[Line]:
    texts = _read_texts(shown, reader, np.unique(shown.source[chosen]))
    lines = []
    for number in chosen.tolist():
        codes, found = texts[int(shown.source[number])]
        place = int(shown.place[number])
        text = found[place].decode("utf-8", "replace")
        lines.append((number, float(shown.times[number]), STREAM_NAMES[int(codes[place])], text))
    return lines


def _find(shown: _Shown, reader: TileReader, search: str) -> Ints:
    """Return the numbers of the lines that hold a text."""
    needle = search.casefold()
    texts = _read_texts(shown, reader, np.unique(shown.source))
    hits = {
        index: np.fromiter(
            (needle in text.decode("utf-8", "replace").casefold() for text in found),
            np.bool_,
            len(found),
        )
        for index, (_, found) in texts.items()
    }
    matching = np.zeros(len(shown.source), np.bool_)
    for index, hit in hits.items():
        own = shown.source == index
        matching[own] = hit[shown.place[own]]
    return np.flatnonzero(matching)
