"""The errors that every door of the product shows: one tree, one code and sentence each.

A page, REST, the W&B door and the socket render the same error in their own shape; nobody below them
knows HTTP. The message says what is wrong and what to do about it, and is safe to show.
"""

from collections.abc import Mapping

Fields = Mapping[str, list[str]]


class AppError(Exception):
    """Something the caller can understand and act on."""

    status = 400
    code = "bad_request"

    def __init__(
        self, message: str, *, code: str | None = None, fields: Fields | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.fields: Fields = fields or {}

    def to_dict(self) -> dict[str, object]:
        """Return the one error shape: `{"error": {"code", "message", "fields"}}`."""
        return {"error": {"code": self.code, "message": self.message, "fields": dict(self.fields)}}


class Invalid(AppError):
    """The input cannot be used (422)."""

    status = 422
    code = "invalid"


class Malformed(AppError):
    """The request cannot be parsed at all (400)."""

    status = 400
    code = "malformed"


class Unauthenticated(AppError):
    """Nobody is signed in, or the key or token is not good (401)."""

    status = 401
    code = "unauthenticated"


class Forbidden(AppError):
    """Visible, but not allowed (403)."""

    status = 403
    code = "forbidden"


class NotFound(AppError):
    """Not there, or not visible: the caller cannot tell which (404)."""

    status = 404
    code = "not_found"


class Conflict(AppError):
    """The thing exists already or has changed meanwhile (409)."""

    status = 409
    code = "conflict"


class Gone(AppError):
    """It was there and has been deleted (410)."""

    status = 410
    code = "gone"


class LimitExceeded(AppError):
    """Too large or too many (413)."""

    status = 413
    code = "limit_exceeded"


class QuotaExceeded(AppError):
    """A limit that somebody has set is reached (403): nothing of it is stored, and there may be room later."""

    status = 403
    code = "quota_exceeded"

    def __init__(self, message: str, *, what: str, used: int, limit: int, holder: str) -> None:
        super().__init__(message)
        self.quota = {"what": what, "used": used, "limit": limit, "of": holder}

    def to_dict(self) -> dict[str, object]:
        """Return the one error shape, with `quota`: which limit of whom, and the numbers."""
        return {**super().to_dict(), "quota": self.quota}


class RateLimited(AppError):
    """Too often (429)."""

    status = 429
    code = "rate_limited"
