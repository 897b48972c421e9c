"""Every write about API keys."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core import clock
from apps.core.errors import Conflict, Invalid
from apps.core.text import normalise
from apps.orgs.models import ApiKey, User
from apps.orgs.services.changes import announce_access_changed

MAX_USABLE_KEYS = 200


@transaction.atomic
def create_api_key(
    *,
    user: User,
    name: str,
    scope: str = ApiKey.Scope.FULL,
    expires_at: datetime | None = None,
    made_with: int | None = None,
) -> tuple[ApiKey, str]:
    """Make a key and return it with its secret, which can't be had again.

    `made_with` is the id of the key that asks for it, if one does: the new one must not outlive it. Raises
    Invalid naming each field that cannot be used, Conflict `too_many_keys`.
    """
    secret = ApiKey.new_secret()
    key = ApiKey(
        user=user,
        name=normalise(name.strip()),
        prefix=secret[: ApiKey.PREFIX_LENGTH],
        digest=ApiKey.digest_of(secret),
        scope=scope,
        expires_at=expires_at,
    )
    _check_key(key, made_with)
    if ApiKey.objects.usable().filter(user=user).count() >= MAX_USABLE_KEYS:
        raise Conflict(
            _("You have %(count)d API keys. Revoke some before you make another.")
            % {"count": MAX_USABLE_KEYS},
            code="too_many_keys",
        )
    key.save(force_insert=True)
    return key, secret


def _check_key(key: ApiKey, made_with: int | None) -> None:
    problems: dict[str, list[str]] = {}
    try:
        key.full_clean(validate_unique=False)
    except ValidationError as error:
        problems = dict(error.message_dict)
    maker = ApiKey.objects.filter(pk=made_with).first() if made_with is not None else None
    if key.is_expired:
        problems["expires_at"] = [_("This is in the past.")]
    elif maker is not None and _outlives(key, maker):
        problems["expires_at"] = [_("A key cannot outlive the key that makes it.")]
    if problems:
        raise Invalid(_("This key cannot be made."), fields=problems)


def _outlives(key: ApiKey, maker: ApiKey) -> bool:
    if maker.expires_at is None:
        return False
    return key.expires_at is None or key.expires_at > maker.expires_at


@transaction.atomic
def revoke_api_key(*, key: ApiKey) -> None:
    """End a key now. Revoking twice keeps the first time."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=clock.now())
    announce_access_changed(key.user_id)
