"""Who asks: built once at each door, and the only thing below it that speaks for the request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.orgs.permissions import ALL, Perm

if TYPE_CHECKING:
    from apps.orgs.models import User


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or nobody, and the most that this session, key or token lets them do.

    What they may do in the end is what their roles grant, cut down to `cap`.
    """

    user_id: int | None
    username: str = ""
    is_superuser: bool = False
    cap: frozenset[Perm] = ALL
    key_id: int | None = None

    @classmethod
    def for_user(cls, user: User, cap: frozenset[Perm] = ALL, key_id: int | None = None) -> Actor:
        """Build the actor of a signed-in person."""
        return cls(user.pk, user.username, user.is_superuser, cap, key_id)

    @property
    def is_anonymous(self) -> bool:
        return self.user_id is None

    @property
    def throttle_name(self) -> str | None:
        """The name that requests are counted under; None for anonymous ones."""
        return None if self.user_id is None else f"user-{self.user_id}"


ANONYMOUS = Actor(None)
