"""The limits of organisations: setting them, and whether one more person has a seat."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core import clock
from apps.core.errors import Invalid, QuotaExceeded
from apps.orgs.models import Org, OrgQuota, User


@transaction.atomic
def set_org_quota(*, org: Org, **amounts: int | None) -> OrgQuota:
    """Set the limits that are given, None for no limit; the others stay. Raises Invalid naming the field."""
    quota = OrgQuota.objects.select_for_update().filter(org=org).first() or OrgQuota(org=org)
    for name, amount in amounts.items():
        if name not in OrgQuota.AMOUNTS:
            raise ValueError(f"no limit of an org: {name}")
        setattr(quota, name, amount)
    quota.changed_at = clock.now()
    try:
        quota.full_clean(validate_unique=False)
    except ValidationError as error:
        raise Invalid(_("These limits cannot be set."), fields=error.message_dict) from None
    quota.save()
    return quota


def take_seat(*, org: Org, user: User) -> None:
    """Check that `user` may become a member of `org`; raise QuotaExceeded where all seats are taken.

    Somebody takes one seat in an org, however often they are a member of it and of those below. The limit's row is
    locked, so that the last seat is not given to two at once; call it in the transaction that makes the member.
    """
    if user.is_service or not user.is_active:
        return
    quotas = OrgQuota.objects.select_for_update().filter(org__descents__org=org)
    for quota in quotas.exclude(seats=None).order_by("org_id"):
        people = User.objects.filter(
            memberships__org__ascents__ancestor=quota.org_id, is_active=True, service_org=None
        )
        taken = set(people.values_list("pk", flat=True))
        if user.pk not in taken and len(taken) >= (quota.seats or 0):
            raise QuotaExceeded(
                _(
                    "All %(limit)d seats of %(org)s are taken. "
                    "Ask an administrator of this installation for more."
                )
                % {"limit": quota.seats, "org": quota.org},
                what="seats",
                used=len(taken),
                limit=quota.seats or 0,
                holder=quota.org.slug,
            )
