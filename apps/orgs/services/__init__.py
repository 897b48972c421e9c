"""Every write about people, their keys and orgs."""

from apps.orgs.services.changes import (
    announce_access_changed,
)
from apps.orgs.services.keys import (
    MAX_USABLE_KEYS,
    create_api_key,
    revoke_api_key,
    rotate_api_key,
)
from apps.orgs.services.orgs import (
    ORG_EDITABLE,
    create_org,
    remove_member,
    set_role,
    update_org,
)
from apps.orgs.services.people import (
    PROFILE,
    create_first_administrator,
    create_user,
    ensure_administrator,
    find_personal_org,
    forget_old_addresses,
    is_last_administrator,
    is_taken,
    prune_sign_ins,
    set_active,
    update_user,
)

__all__ = [
    "MAX_USABLE_KEYS",
    "ORG_EDITABLE",
    "PROFILE",
    "announce_access_changed",
    "create_api_key",
    "create_first_administrator",
    "create_org",
    "create_user",
    "ensure_administrator",
    "find_personal_org",
    "forget_old_addresses",
    "is_last_administrator",
    "is_taken",
    "prune_sign_ins",
    "remove_member",
    "revoke_api_key",
    "rotate_api_key",
    "set_active",
    "set_role",
    "update_org",
    "update_user",
]
