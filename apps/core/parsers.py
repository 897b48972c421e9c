"""How REST reads its bodies. Apart from rest.py, since DRF imports it while its views load."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.parsers import BaseParser

from apps.core.errors import LimitExceeded, Malformed

# Either half of a surrogate pair, as JSON escapes it.
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class JSONBodyParser(BaseParser):
    """JSON in UTF-8, of at most `DATA_UPLOAD_MAX_MEMORY_SIZE` bytes.

    NaN and infinities are read, since Python's json writes them. What no database stores (half of a surrogate
    pair) and what no reader survives (thousands of nested brackets) is refused with 400, a longer body with 413.
    """

    media_type = "application/json"
    max_bytes: int | None = None

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        limit: int = self.max_bytes or settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise LimitExceeded(f"The body has more than {limit} bytes, the most that is read.")
        return parse_json(body)


class ShortJSONBodyParser(JSONBodyParser):
    """For routes that anybody may post to, and that need a few words."""

    max_bytes = 64 * 1024


def parse_json(body: bytes) -> Any:
    """Return the value of a JSON document; raise Malformed when it is none that could be stored."""
    try:
        text = body.decode("utf-8-sig")
        value = json.loads(text)
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError:
        raise Malformed("The body cannot be read: it is not UTF-8.") from None
    except UnicodeEncodeError:
        raise Malformed("The body cannot be read: it has half of a surrogate pair.") from None
    except RecursionError:
        raise Malformed("The body cannot be read: it is nested too deep.") from None
    except ValueError as error:
        raise Malformed(f"The body cannot be read: {error}.") from None
    return value
