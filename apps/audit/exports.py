"""The log as a file: CSV for spreadsheets, or a JSON object a line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse

from apps.audit import search
from apps.audit.models import EntryQuerySet
from apps.audit.serializers import EntryOutput
from apps.core.text import table_cell

CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
COLUMNS = tuple(EntryOutput().fields)


def answer(entries: EntryQuerySet, form: str, *, is_async: bool) -> StreamingHttpResponse:
    """Stream entries in the form `csv` or `jsonl`, for an ASGI or a WSGI server."""
    parts = _parts(entries, form)
    return StreamingHttpResponse(
        _send(parts) if is_async else parts,
        content_type=CONTENT_TYPES[form],
        headers={"Content-Disposition": f'attachment; filename="audit.{form}"'},
    )


async def _send(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    read = sync_to_async(lambda: next(parts, None))
    while (part := await read()) is not None:
        yield part


def _parts(entries: EntryQuerySet, form: str) -> Iterator[bytes]:
    if form == "csv":
        yield _csv_lines([list(COLUMNS)])
    for batch in search.batches(entries):
        rows = [EntryOutput(entry).data for entry in batch]
        if form == "csv":
            yield _csv_lines([[_cell(row[name]) for name in COLUMNS] for row in rows])
        else:
            yield "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _csv_lines(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(value: object) -> str:
    """Return a value as a cell that no spreadsheet computes."""
    if value is None:
        return ""
    if isinstance(value, str | int | float):
        return table_cell(str(value))
    return table_cell(json.dumps(value, ensure_ascii=False))
