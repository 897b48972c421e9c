"""All rows of a run as a Parquet file, where pyarrow is installed."""

from __future__ import annotations

import asyncio
import importlib.util
import tempfile
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, BinaryIO

import numpy as np
from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _

from apps.core.errors import AppError
from apps.metrics import store
from apps.metrics.blocks import Block, Part
from apps.metrics.models import Stream
from apps.runs.models import Run

CHUNK_BYTES = 1024 * 1024
MEMORY_BYTES = 16 * 1024 * 1024


class NotAvailable(AppError):
    """This server lacks an optional part (501)."""

    status = 501
    code = "not_available"


def answer_parquet(run: Run, *, is_async: bool) -> StreamingHttpResponse:
    """Return the file as an answer, for an ASGI or a WSGI server; raise NotAvailable without pyarrow."""
    if importlib.util.find_spec("pyarrow") is None:
        raise NotAvailable(_("This server makes no Parquet files: install pyarrow beside it."))
    # Made whole first, since an error half-way could not be told any more.
    file = tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115 - closed when it is sent
    write_parquet(run, file)
    size = file.tell()
    file.seek(0)
    return StreamingHttpResponse(
        _send(file) if is_async else iter(partial(file.read, CHUNK_BYTES), b""),
        content_type="application/vnd.apache.parquet",
        headers={
            "Content-Length": str(size),
            "Content-Disposition": f'attachment; filename="{run.short_id}.parquet"',
        },
    )


async def _send(file: Any) -> AsyncIterator[bytes]:
    with file:
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield chunk


def write_parquet(run: Run, file: BinaryIO | Any) -> None:
    """Write every row of a run, a row group a tile: `_step`, `_time`, `_stream`, then a column a key."""
    import pyarrow  # noqa: PLC0415 - optional, and slow to import
    from pyarrow import parquet  # noqa: PLC0415 - as above

    are_numbers = _are_numbers(run)
    own = _own_columns(are_numbers)
    types = [pyarrow.int64(), pyarrow.float64(), pyarrow.string()]
    fields = list(zip(own, types, strict=True)) + [
        (key, pyarrow.float64() if is_number else pyarrow.string())
        for key, is_number in are_numbers.items()
    ]
    schema = pyarrow.schema(fields)
    streams = dict(Stream.objects.filter(run=run).values_list("pk", "uuid"))
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for stream_id, block in store.history(run=run):
            names = pyarrow.array([str(streams[stream_id])] * len(block), pyarrow.string())
            arrays = [pyarrow.array(block.steps), pyarrow.array(block.times), names]
            for key, is_number in are_numbers.items():
                arrays.append(_number_array(block, key) if is_number else _text_array(block, key))
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))


def _are_numbers(run: Run) -> dict[str, bool]:
    """Return the keys by name, and whether all that each ever held are numbers."""
    heads = store.summary(run=run)["keys"]
    return {key: head["type"] in ("number", "bool") for key, head in heads.items()}


def _own_columns(keys: dict[str, bool]) -> list[str]:
    """Name our columns so that they are not taken for a key's."""
    names = ["_step", "_time", "_stream"]
    while any(name in keys for name in names):
        names = [f"_{name}" for name in names]
    return names


def _number_array(block: Block, key: str) -> Any:
    import pyarrow  # noqa: PLC0415 - as above

    column = block.columns.get(key)
    if column is None:
        return pyarrow.nulls(len(block), pyarrow.float64())
    if column.rows is None:
        return pyarrow.array(column.parts[Part.VALUE])
    values, is_missing = np.zeros(len(block)), np.ones(len(block), np.bool_)
    values[column.rows] = column.parts[Part.VALUE]
    is_missing[column.rows] = False
    return pyarrow.array(values, mask=is_missing)


def _text_array(block: Block, key: str) -> Any:
    """Return the values of a key as JSON text; an exact integer rather than its float."""
    import pyarrow  # noqa: PLC0415 - as above

    texts: list[str | None] = [None] * len(block)
    column, objects = block.columns.get(key), block.objects.get(key)
    if column is not None:
        rows = range(len(block)) if column.rows is None else column.rows.tolist()
        for row, value in zip(rows, column.parts[Part.VALUE].tolist(), strict=True):
            texts[row] = repr(value)
    if objects is not None:
        for row, text in zip(objects.rows.tolist(), objects.texts, strict=True):
            texts[row] = text.decode()
    return pyarrow.array(texts, pyarrow.string())
