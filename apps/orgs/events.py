"""News from orgs that upper apps listen to; sent on commit."""

from django.dispatch import Signal

# Somebody's rights may have shrunk: a key revoked, a member removed or changed, a person deactivated.
# Sent with user_id (int). Caches of who may do what drop that user.
access_changed = Signal()
