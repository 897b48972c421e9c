"""Every write about people, their keys and orgs."""

from apps.orgs.services.changes import (
    announce_access_changed,
)
from apps.orgs.services.invitations import (
    accept_invitation,
    create_invitation,
    find_invitation,
    mail_invitation,
    revoke_invitation,
)
from apps.orgs.services.keys import (
    MAX_USABLE_KEYS,
    create_api_key,
    revoke_api_key,
    rotate_api_key,
)
from apps.orgs.services.members import (
    remove_member,
    set_role,
    transfer_org,
)
from apps.orgs.services.orgs import (
    ORG_EDITABLE,
    create_org,
    move_org,
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
from apps.orgs.services.quotas import (
    set_org_quota,
    take_seat,
)
from apps.orgs.services.roles import (
    create_role,
    delete_role,
    update_role,
)
from apps.orgs.services.service_accounts import (
    create_service_account,
    require_control,
    set_account_active,
)
from apps.orgs.services.teams import (
    create_team,
    delete_team,
    join_team,
    leave_team,
    update_team,
)

__all__ = [
    "MAX_USABLE_KEYS",
    "ORG_EDITABLE",
    "PROFILE",
    "accept_invitation",
    "announce_access_changed",
    "create_api_key",
    "create_first_administrator",
    "create_invitation",
    "create_org",
    "create_role",
    "create_service_account",
    "create_team",
    "create_user",
    "delete_role",
    "delete_team",
    "ensure_administrator",
    "find_invitation",
    "find_personal_org",
    "forget_old_addresses",
    "is_last_administrator",
    "is_taken",
    "join_team",
    "leave_team",
    "mail_invitation",
    "move_org",
    "prune_sign_ins",
    "remove_member",
    "require_control",
    "revoke_api_key",
    "revoke_invitation",
    "rotate_api_key",
    "set_account_active",
    "set_active",
    "set_org_quota",
    "set_role",
    "take_seat",
    "transfer_org",
    "update_org",
    "update_role",
    "update_team",
    "update_user",
]
