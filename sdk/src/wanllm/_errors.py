"""What can go wrong, with the retry decision inside the error."""

from __future__ import annotations

from typing import Any


class Error(Exception):
    """Something the caller of `init`, `login` or the command line has to put right.

    `log` and everything else called inside a training loop never raises it.
    """


class Retry(Exception):  # noqa: N818 - named for what to do about it
    """The server did not answer or is busy: the same request may succeed later."""

    def __init__(self, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.after_s = after_s


class Refused(Exception):  # noqa: N818 - named for what the server did
    """The server said no; the same request will not succeed."""

    def __init__(self, status: int, code: str, message: str, body: dict[str, Any]) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.body = body
