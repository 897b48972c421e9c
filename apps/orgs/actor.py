"""Who asks: built once at each door, and the only thing below it that speaks for the request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.orgs.permissions import ALL, Perm

if TYPE_CHECKING:
    from apps.orgs.models import ApiKey, User


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or nobody, and the most that this session, key or token lets them do.

    What they may do in the end is what their roles and grants say, cut down to `cap`, and to one org (with its
    children) or one project where the key was made for that only.
    """

    user_id: int | None
    username: str = ""
    is_superuser: bool = False
    cap: frozenset[Perm] = ALL
    key_id: int | None = None
    only_org_id: int | None = None
    only_project_id: int | None = None

    @classmethod
    def for_user(cls, user: User, cap: frozenset[Perm] = ALL) -> Actor:
        """Build the actor of a signed-in person."""
        return cls(user.pk, user.username, user.is_superuser, cap)

    @classmethod
    def for_key(cls, key: ApiKey) -> Actor:
        """Build the actor of an API key, its user loaded."""
        return cls(
            key.user_id,
            key.user.username,
            key.user.is_superuser,
            key.cap,
            key.pk,
            key.only_org_id,
            key.only_project_id,
        )

    @property
    def is_anonymous(self) -> bool:
        return self.user_id is None

    @property
    def throttle_name(self) -> str | None:
        """The name that requests are counted under; None for anonymous ones."""
        return None if self.user_id is None else f"user-{self.user_id}"


ANONYMOUS = Actor(None)
