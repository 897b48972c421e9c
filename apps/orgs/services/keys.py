"""Every write about API keys."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core import clock
from apps.core.errors import Conflict, Invalid, NotFound
from apps.core.text import normalise
from apps.orgs import reach
from apps.orgs.actor import Actor
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
    only: str = "",
    made_with: int | None = None,
) -> tuple[ApiKey, str]:
    """Make a key and return it with its secret, which can't be had again.

    `only` names the org (`acme`) or project (`acme/mnist`) that it is for, empty for all. `made_with` is the id
    of the key that asks for it, if one does: the new one must not outlive it or open more. Raises Invalid naming
    each field that cannot be used, Conflict `too_many_keys`.
    """
    key = ApiKey(user=user, name=normalise(name.strip()), scope=scope, expires_at=expires_at)
    secret = _give_secret(key)
    maker = ApiKey.objects.filter(pk=made_with).first() if made_with is not None else None
    problems = _limit(key, only, maker)
    _check_key(key, maker, problems)
    if ApiKey.objects.usable().filter(user=user).count() >= MAX_USABLE_KEYS:
        raise Conflict(
            _("You have %(count)d API keys. Revoke some before you make another.")
            % {"count": MAX_USABLE_KEYS},
            code="too_many_keys",
        )
    key.save(force_insert=True)
    return key, secret


def _give_secret(key: ApiKey) -> str:
    secret = ApiKey.new_secret()
    key.prefix = secret[: ApiKey.PREFIX_LENGTH]
    key.digest = ApiKey.digest_of(secret)
    return secret


def _limit(key: ApiKey, only: str, maker: ApiKey | None) -> dict[str, list[str]]:
    """Make the key for what `only` names, which its owner and the key that asks for it must both see."""
    actors = [Actor.for_user(key.user)] + ([Actor.for_key(maker)] if maker is not None else [])
    try:
        for actor in actors:
            key.only_org_id, key.only_project_id = reach.find(actor, only)
    except NotFound as error:
        return {"only": [error.message]}
    return {}


def _check_key(key: ApiKey, maker: ApiKey | None, problems: dict[str, list[str]]) -> None:
    try:
        key.full_clean(validate_unique=False)
    except ValidationError as error:
        problems |= error.message_dict
    if key.is_expired:
        problems["expires_at"] = [_("This is in the past.")]
    if maker is not None and "scope" not in problems:
        problems |= _excess(key, maker)
    if problems:
        raise Invalid(_("This key cannot be made."), fields=problems)


def _excess(key: ApiKey, maker: ApiKey) -> dict[str, list[str]]:
    """Name where a key would be more than the one that makes it."""
    excess = {}
    if _outlives(key, maker):
        excess["expires_at"] = [_("A key cannot outlive the key that makes it.")]
    if maker.is_limited and not key.is_limited:
        excess["only"] = [_("A key cannot open more than the key that makes it.")]
    elif not ApiKey.CAPS[key.scope] <= ApiKey.CAPS[maker.scope]:
        excess["scope"] = [_("A key cannot open more than the key that makes it.")]
    return excess


def _outlives(key: ApiKey, maker: ApiKey) -> bool:
    if maker.expires_at is None:
        return False
    return key.expires_at is None or key.expires_at > maker.expires_at


@transaction.atomic
def rotate_api_key(
    *, key: ApiKey, overlap: timedelta, made_with: int | None = None
) -> tuple[ApiKey, str]:
    """Replace a key: return the new one with its secret; the old one ends after `overlap`, at once where it is nil.

    The new key may do the same. It lives as long as the old one was made for, or, where a key asks for it, ends
    when the old one would have. May be repeated while the new secret was never used, for when the answer was
    lost: the new key then gets another secret, and the old one ends no later. Raises Conflict `key_ended` or
    `already_rotated`, and Invalid where the new key would be more than the one that asks for it.
    """
    key = ApiKey.objects.select_for_update(of=("self",)).select_related("user").get(pk=key.pk)
    if not key.is_usable:
        raise Conflict(_("This key has ended. Make a new one."), code="key_ended")
    fresh = _successor(key, made_with)
    maker = ApiKey.objects.filter(pk=made_with).first() if made_with is not None else None
    if maker is not None and (excess := _excess(fresh, maker)):
        raise Invalid(_("This key cannot be made."), fields=excess)
    secret = _give_secret(fresh)
    fresh.save()
    end = clock.now() + overlap
    key.replaced_by, key.retires_at = fresh, min(end, key.retires_at or end)
    key.save(update_fields=["replaced_by", "retires_at"])
    if key.is_expired:
        revoke_api_key(key=key)
    return fresh, secret


def _successor(key: ApiKey, made_with: int | None) -> ApiKey:
    """Return the key that is to replace `key`: a new one, or the one whose secret got lost."""
    last = key.replaced_by
    if last is not None and last.is_usable:
        if last.last_used_at is None:
            return last
        raise Conflict(
            _("This key was replaced by %(key)s, which is in use. Rotate that one.")
            % {"key": last},
            code="already_rotated",
        )
    expires_at = key.expires_at
    if expires_at is not None and made_with is None:
        expires_at = clock.now() + (expires_at - key.created_at)
    return ApiKey(
        user=key.user,
        name=key.name,
        scope=key.scope,
        only_org_id=key.only_org_id,
        only_project_id=key.only_project_id,
        expires_at=expires_at,
    )


@transaction.atomic
def revoke_api_key(*, key: ApiKey) -> None:
    """End a key now. Revoking twice keeps the first time."""
    ours = ApiKey.objects.select_for_update(no_key=True).filter(pk=key.pk, revoked_at=None).first()
    if ours is not None:
        ours.revoked_at = clock.now()
        ours.save(update_fields=["revoked_at"])
    announce_access_changed(key.user_id)
