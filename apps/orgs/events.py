"""News from orgs that upper apps listen to; sent on commit."""

from django.dispatch import Signal

# Somebody's rights may have shrunk: a key revoked, a member removed or changed, a person deactivated.
# Sent with user_id (int). Caches of who may do what drop that user.
access_changed = Signal()

# Sent with org_id and user_id within the transaction that ends a membership: what else they were given there ends.
member_left = Signal()
# A role's permissions changed. Sent with role_key within the transaction; who holds it elsewhere is told there.
role_changed = Signal()
# Asks what a team was given. Sent with team_id (int); each receiver answers with a frozenset of permissions.
team_asked = Signal()
# An organisation's own role was given these permissions. Sent with role, before and after, within the transaction.
permissions_set = Signal()
