"""The links between accounts elsewhere and people here."""

from __future__ import annotations

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import Conflict
from apps.orgs.models import User


def name_of(source: str) -> str:
    """Return what people call a source, also one that is configured no longer."""
    known = settings.SIGN_IN_SOURCES.get(source)
    return known.name if known is not None else source


def of(user: User) -> list[SocialAccount]:
    """Return somebody's links, the oldest first."""
    return list(SocialAccount.objects.filter(user=user).order_by("pk"))


@transaction.atomic
def unlink(account: SocialAccount) -> None:
    """End a link; raise Conflict for the last way into an account."""
    user = User.objects.select_for_update().get(pk=account.user_id)
    others = SocialAccount.objects.filter(user=user).exclude(pk=account.pk)
    opens = user.has_usable_password() and (settings.PASSWORD_SIGN_IN or user.is_superuser)
    if not opens and not others.filter(provider__in=settings.SIGN_IN_SOURCES).exists():
        raise Conflict(
            _(
                "This is the only way into your account. Set a password or link another account first."
            ),
            code="last_link",
        )
    account.delete()
